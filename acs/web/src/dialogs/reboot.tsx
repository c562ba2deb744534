import type { Device } from "@tonalite/acs/api";
import { Alert, Button, Stack, Text } from "@mantine/core";
import { useOrder } from "../api/queries.ts";
import { useLanguage } from "../language/language.tsx";
import { Dialog, DialogEnd } from "../parts/dialog.tsx";
import { Failure } from "../parts/failure.tsx";
import { isInCall } from "../parts/state.tsx";

/** @param onClose told of what was done, if anything */
export function RebootDialog({ device, onClose }: { device: Device; onClose: (done?: string) => void }) {
  const { t } = useLanguage();
  const order = useOrder(device.id);
  const busy = device.lines.some((line) => isInCall(line.callStatus));
  return (
    <Dialog title={t.device.rebootTitle} onClose={() => onClose()}>
      <Stack>
        <Text size="sm">{t.device.rebootText}</Text>
        {busy && <Alert color="orange">{t.device.rebootInCall}</Alert>}
        {order.isError && <Failure error={order.error} />}
        <DialogEnd onCancel={() => onClose()} isGrave>
          <Button
            color="red"
            loading={order.isPending}
            onClick={() =>
              order.mutate({ kind: "reboot" }, { onSuccess: () => onClose(t.device.rebootOrdered) })
            }
          >
            {t.device.rebootConfirm}
          </Button>
        </DialogEnd>
      </Stack>
    </Dialog>
  );
}
