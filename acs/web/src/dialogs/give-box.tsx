import { Button, Stack, Text, TextInput } from "@mantine/core";
import { useState } from "react";
import { useGiveBox } from "../api/boxes.ts";
import { useLanguage } from "../language/language.tsx";
import { Dialog, DialogEnd } from "../parts/dialog.tsx";
import { Failure } from "../parts/failure.tsx";
import { accountOf, isWhole, newLine } from "./line-draft.ts";
import { LineFields } from "./line-fields.tsx";

/** Gives a ready box to a subscriber, with a line. @param onClose told which device it is, if it was given */
export function GiveBoxDialog({ onClose }: { onClose: (deviceId?: string) => void }) {
  const { t } = useLanguage();
  const give = useGiveBox();
  const [claimCode, setClaimCode] = useState("");
  const [label, setLabel] = useState("");
  const [draft, setDraft] = useState(newLine(1));
  const mayGo = claimCode.trim() !== "" && isWhole(draft, false);
  const order = () =>
    give.mutate(
      {
        claimCode: claimCode.trim(),
        lines: [accountOf(draft)],
        ...(label.trim() === "" ? {} : { label: label.trim() }),
      },
      { onSuccess: ({ device }) => onClose(device.id) },
    );
  return (
    <Dialog title={t.boxes.giveTitle} onClose={() => onClose()} wide>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (mayGo) order();
        }}
      >
        <Stack>
          <Text size="sm">{t.boxes.giveText}</Text>
          <TextInput
            label={t.boxes.code}
            description={t.boxes.codeHint}
            value={claimCode}
            maxLength={40}
            required
            data-autofocus
            autoComplete="off"
            onChange={(event) => setClaimCode(event.currentTarget.value)}
          />
          <TextInput
            label={t.settings.label}
            description={t.settings.labelHint}
            value={label}
            maxLength={120}
            onChange={(event) => setLabel(event.currentTarget.value)}
          />
          <LineFields draft={draft} onChange={setDraft} />
          {give.isError && <Failure error={give.error} />}
          <DialogEnd onCancel={() => onClose()}>
            <Button type="submit" disabled={!mayGo} loading={give.isPending}>
              {t.boxes.giveConfirm}
            </Button>
          </DialogEnd>
        </Stack>
      </form>
    </Dialog>
  );
}
