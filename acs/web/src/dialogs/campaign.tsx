import { Alert, Button, Group, NumberInput, Select, Stack, Switch, TextInput } from "@mantine/core";
import type { FirmwareImage, ProviderTerms } from "@tonalite/acs/api";
import { useState } from "react";
import { useStartCampaign } from "../api/campaigns.ts";
import { useFirmware, useRelease, useTerms } from "../api/queries.ts";
import { useLanguage } from "../language/language.tsx";
import { Dialog, DialogEnd } from "../parts/dialog.tsx";
import { Failure, Waiting } from "../parts/failure.tsx";
import { isReleased, ReleaseNotice } from "../parts/release.tsx";
import { readWaves } from "./waves.ts";

/** Begins a campaign. @param onClose told which one it is, if it was begun */
export function CampaignDialog({ onClose }: { onClose: (id?: string) => void }) {
  const { t } = useLanguage();
  const images = useFirmware();
  const terms = useTerms();
  return (
    <Dialog title={t.campaigns.createTitle} onClose={() => onClose()} wide>
      {images.isPending || terms.isPending ? (
        <Waiting />
      ) : images.rows && terms.data ? (
        <Form images={images.rows} providers={terms.data.providers} onClose={onClose} />
      ) : (
        <Failure error={images.error ?? terms.error} />
      )}
    </Dialog>
  );
}

type FormProps = { images: FirmwareImage[]; providers: ProviderTerms[]; onClose: (id?: string) => void };

function Form({ images, providers, onClose }: FormProps) {
  const { t } = useLanguage();
  const start = useStartCampaign();
  const { data: release } = useRelease();
  const [name, setName] = useState("");
  const [imageId, setImageId] = useState<string | null>(images[0]?.id ?? null);
  const [provider, setProvider] = useState("");
  const [force, setForce] = useState(false);
  const [urgent, setUrgent] = useState(false);
  const [wavesText, setWavesText] = useState("1, 10, 100");
  const [pauseHours, setPauseHours] = useState<number | string>(12);
  const [abortPercent, setAbortPercent] = useState<number | string>(5);
  const [announced, setAnnounced] = useState("");
  if (images.length === 0) return <Alert color="yellow">{t.firmware.empty}</Alert>;
  const waves = readWaves(wavesText);
  const figures = typeof pauseHours === "number" && typeof abortPercent === "number";
  const mayGo = name.trim() !== "" && imageId !== null && waves !== undefined && figures;
  const begin = (): void => {
    if (!mayGo) return;
    start.mutate(
      {
        name: name.trim(),
        imageId,
        force,
        urgent,
        waves,
        pauseHours,
        abortPercent,
        ...(provider === "" ? {} : { select: { provider } }),
        ...(announced === "" ? {} : { announcedAt: new Date(announced) }),
      },
      { onSuccess: ({ id }) => onClose(id) },
    );
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        begin();
      }}
    >
      <Stack>
        <ReleaseNotice release={release} />
        <TextInput
          label={t.campaigns.name}
          value={name}
          maxLength={80}
          required
          data-autofocus
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Select
          label={t.campaigns.image}
          data={images.map((image) => ({
            value: image.id,
            label: `${image.version} · ${image.hardware.join(", ")}${isReleased(release, image) === false ? ` · ${t.firmware.notReleased}` : ""}`,
          }))}
          value={imageId}
          onChange={setImageId}
          allowDeselect={false}
        />
        <Select
          label={t.campaigns.provider}
          data={[
            { value: "", label: t.campaigns.everybody },
            ...providers.map(({ id, name: label }) => ({ value: id, label })),
          ]}
          value={provider}
          onChange={(value) => setProvider(value ?? "")}
          allowDeselect={false}
        />
        <Switch
          label={t.campaigns.force}
          description={t.campaigns.forceHint}
          checked={force}
          onChange={(event) => setForce(event.currentTarget.checked)}
        />
        <Switch
          label={t.campaigns.urgent}
          description={t.campaigns.urgentHint}
          checked={urgent}
          onChange={(event) => setUrgent(event.currentTarget.checked)}
        />
        <TextInput
          label={t.campaigns.waves}
          description={waves ? t.campaigns.wavesHint : t.campaigns.wavesWrong}
          error={waves === undefined}
          value={wavesText}
          maxLength={60}
          onChange={(event) => setWavesText(event.currentTarget.value)}
        />
        <Group grow>
          <NumberInput
            label={t.campaigns.pause}
            min={0}
            max={720}
            value={pauseHours}
            onChange={setPauseHours}
          />
          <NumberInput
            label={t.campaigns.abort}
            min={0}
            max={100}
            value={abortPercent}
            onChange={setAbortPercent}
          />
        </Group>
        <TextInput
          type="datetime-local"
          label={t.campaigns.announced}
          description={t.campaigns.announcedHint}
          value={announced}
          onChange={(event) => setAnnounced(event.currentTarget.value)}
        />
        {start.isError && <Failure error={start.error} />}
        <DialogEnd onCancel={() => onClose()}>
          <Button type="submit" disabled={!mayGo} loading={start.isPending}>
            {t.campaigns.createConfirm}
          </Button>
        </DialogEnd>
      </Stack>
    </form>
  );
}
