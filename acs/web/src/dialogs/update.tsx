import type { Device, FirmwareImage, ProviderTerms } from "@tonalite/acs/api";
import { Alert, Button, Select, Stack, Switch, Text } from "@mantine/core";
import { useState } from "react";
import { useFirmware, useRelease, useStartUpdate, useTerms } from "../api/queries.ts";
import { useLanguage } from "../language/language.tsx";
import { Dialog, DialogEnd } from "../parts/dialog.tsx";
import { Failure, Waiting } from "../parts/failure.tsx";
import { isReleased, ReleaseNotice } from "../parts/release.tsx";

/** Orders an update; with force, it says on which clause that rests before anything is done. @param onClose told of what was done, if anything */
export function UpdateDialog({ device, onClose }: { device: Device; onClose: (done?: string) => void }) {
  const { t } = useLanguage();
  const terms = useTerms();
  const images = useFirmware();
  return (
    <Dialog title={t.firmware.dialog} onClose={() => onClose()} wide>
      {terms.isPending || images.isPending ? (
        <Waiting />
      ) : terms.data && images.rows ? (
        <Form
          device={device}
          images={images.rows.filter(
            (image) => device.profile === null || image.hardware.includes(device.profile),
          )}
          provider={terms.data.providers.find((one) => one.id === device.provider)}
          onClose={onClose}
        />
      ) : (
        <Failure error={terms.error ?? images.error} />
      )}
    </Dialog>
  );
}

type FormProps = {
  device: Device;
  images: FirmwareImage[];
  provider: ProviderTerms | undefined;
  onClose: (done?: string) => void;
};

function Form({ device, images, provider, onClose }: FormProps) {
  const { t } = useLanguage();
  const start = useStartUpdate(device.id);
  const { data: release } = useRelease();
  const rule = provider?.forcedUpdate
    ? provider.rules.find((one) => one.rule === "softwareUpdate")
    : undefined;
  const [imageId, setImageId] = useState<string | null>(
    images.find((image) => image.version !== device.softwareVersion)?.id ?? null,
  );
  const [force, setForce] = useState(rule !== undefined);
  const hours = Number(rule?.values["deadlineHours"]);
  if (images.length === 0) return <Alert color="yellow">{t.firmware.noneFits}</Alert>;
  return (
    <Stack>
      <ReleaseNotice release={release} />
      <Select
        label={t.firmware.choose}
        description={`${t.firmware.running}: ${device.softwareVersion ?? t.common.unknown}`}
        data={images.map((image) => ({
          value: image.id,
          label: `${image.version} · ${image.fileName}${isReleased(release, image) === false ? ` · ${t.firmware.notReleased}` : ""}`,
        }))}
        value={imageId}
        onChange={setImageId}
        allowDeselect={false}
        data-autofocus
      />
      <Switch
        label={t.firmware.force}
        description={force ? t.firmware.forceHint : t.firmware.offerHint}
        checked={force}
        disabled={rule === undefined}
        onChange={(event) => setForce(event.currentTarget.checked)}
      />
      {rule === undefined && (
        <Alert color="yellow">{provider ? t.firmware.noGrounds(provider.name) : t.firmware.noProvider}</Alert>
      )}
      {rule && provider && force && (
        <Alert color="indigo" title={t.firmware.grounds(provider.name, rule.clause)}>
          <Stack gap={4}>
            <Text size="sm">{`“${rule.summary}”`}</Text>
            <Text size="xs" c="dimmed">
              {provider.document.title}, {provider.document.version}
            </Text>
            {Number.isFinite(hours) && <Text size="sm">{t.firmware.deadlineText(hours)}</Text>}
          </Stack>
        </Alert>
      )}
      {start.isError && <Failure error={start.error} />}
      <DialogEnd onCancel={() => onClose()}>
        <Button
          disabled={imageId === null}
          loading={start.isPending}
          onClick={() =>
            imageId !== null &&
            start.mutate({ imageId, force }, { onSuccess: () => onClose(t.firmware.started) })
          }
        >
          {force && rule ? t.firmware.startForced(rule.clause) : t.firmware.start}
        </Button>
      </DialogEnd>
    </Stack>
  );
}
