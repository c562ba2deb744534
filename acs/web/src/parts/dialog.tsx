import { Button, Group, Modal, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { useLanguage } from "../language/language.tsx";

type DialogProps = { title: string; onClose: () => void; wide?: boolean; children: ReactNode };

/** A window over the page, with its title and a way out that screen readers can name. */
export function Dialog({ title, onClose, wide = false, children }: DialogProps) {
  const { t } = useLanguage();
  return (
    <Modal
      opened
      onClose={onClose}
      size={wide ? "lg" : "md"}
      title={<Text fw={650}>{title}</Text>}
      closeButtonProps={{ "aria-label": t.common.close }}
    >
      {children}
    </Modal>
  );
}

/** How a dialog ends: by leaving things as they are, or by the act, which stands beside. */
export function DialogEnd({
  onCancel,
  isGrave = false,
  children,
}: {
  onCancel: () => void;
  /** What follows cannot be taken back: the keyboard stands on the way out. */
  isGrave?: boolean;
  children: ReactNode;
}) {
  const { t } = useLanguage();
  return (
    <Group justify="flex-end">
      <Button variant="default" onClick={onCancel} {...(isGrave ? { "data-autofocus": true } : {})}>
        {t.common.cancel}
      </Button>
      {children}
    </Group>
  );
}
