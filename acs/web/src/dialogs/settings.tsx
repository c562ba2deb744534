import type { Device, DevicePatch } from "@tonalite/acs/api";
import { Button, Group, Select, SimpleGrid, Stack, Text, TextInput } from "@mantine/core";
import { useState } from "react";
import { useChangeDevice } from "../api/boxes.ts";
import { useTerms } from "../api/queries.ts";
import { useLanguage } from "../language/language.tsx";
import { Dialog, DialogEnd } from "../parts/dialog.tsx";
import { Failure } from "../parts/failure.tsx";
import { changesOf, draftOf, isWhole, newLine, type LineDraft } from "./line-draft.ts";
import { LineFields } from "./line-fields.tsx";
import { choiceOf, servicePatch } from "./service.ts";
import { ServiceFields } from "./service-fields.tsx";

/** What a device should be: its label, provider, region and lines. @param onClose told of what was done, if anything */
export function SettingsDialog({ device, onClose }: { device: Device; onClose: (done?: string) => void }) {
  const { t } = useLanguage();
  const terms = useTerms();
  const change = useChangeDevice(device.id);
  const [label, setLabel] = useState(device.label ?? "");
  const [provider, setProvider] = useState(device.provider);
  const [region, setRegion] = useState(device.region);
  const [lines, setLines] = useState<readonly LineDraft[]>(device.lines.map(draftOf));
  const [service, setService] = useState(choiceOf(device));
  const provided = terms.data?.providers.find(({ id }) => id === provider);
  const desired = servicePatch(choiceOf(device), service, provided);
  const isKnown = (draft: LineDraft) => device.lines.some(({ line }) => line === draft.line);
  const patch = {
    ...patchOf(device, { label, provider, region }, lines),
    ...(Object.keys(desired).length > 0 && { desired }),
  };
  const mayGo = Object.keys(patch).length > 0 && lines.every((draft) => isWhole(draft, isKnown(draft)));
  const choices = (known: readonly { id: string; name: string }[] | undefined, present: string | null) =>
    (known ?? (present === null ? [] : [{ id: present, name: present }])).map(({ id, name }) => ({
      value: id,
      label: name,
    }));
  return (
    <Dialog title={t.settings.title} onClose={() => onClose()} wide>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (mayGo) change.mutate(patch, { onSuccess: () => onClose(t.settings.saved) });
        }}
      >
        <Stack>
          <Text size="sm">{t.settings.text}</Text>
          <TextInput
            label={t.settings.label}
            description={t.settings.labelHint}
            value={label}
            maxLength={120}
            data-autofocus
            onChange={(event) => setLabel(event.currentTarget.value)}
          />
          <SimpleGrid cols={{ base: 1, xs: 2 }}>
            <Select
              label={t.settings.provider}
              data={choices(terms.data?.providers, device.provider)}
              value={provider}
              onChange={setProvider}
              allowDeselect={false}
              {...(provider === device.provider ? {} : { description: t.settings.providerHint })}
              inputWrapperOrder={["label", "input", "description", "error"]}
            />
            <Select
              label={t.settings.region}
              data={choices(terms.data?.regions, device.region)}
              value={region}
              onChange={setRegion}
              allowDeselect={false}
            />
          </SimpleGrid>
          <ServiceFields choice={service} provider={provided} onChange={setService} />
          {lines.map((draft) => (
            <LineFields
              key={draft.line}
              draft={draft}
              isKnown={isKnown(draft)}
              onChange={(next) => setLines(lines.map((one) => (one.line === next.line ? next : one)))}
              onRemove={() => setLines(lines.filter((one) => one.line !== draft.line))}
            />
          ))}
          <Group>
            <Button
              variant="light"
              size="compact-sm"
              onClick={() => setLines([...lines, newLine(freeLine(lines))])}
            >
              {t.settings.addLine}
            </Button>
          </Group>
          {change.isError && <Failure error={change.error} />}
          <DialogEnd onCancel={() => onClose()}>
            <Button type="submit" disabled={!mayGo} loading={change.isPending}>
              {t.settings.save}
            </Button>
          </DialogEnd>
        </Stack>
      </form>
    </Dialog>
  );
}

function freeLine(lines: readonly LineDraft[]): number {
  let line = 1;
  while (lines.some((one) => one.line === line)) line += 1;
  return line;
}

function patchOf(
  device: Device,
  { label, provider, region }: { label: string; provider: string | null; region: string | null },
  drafts: readonly LineDraft[],
): DevicePatch {
  const lines = changesOf(device.lines, drafts);
  const named = label.trim() === "" ? null : label.trim();
  return {
    ...(named === device.label ? {} : { label: named }),
    ...(provider === null || provider === device.provider ? {} : { provider }),
    ...(region === null || region === device.region ? {} : { region }),
    ...(lines.length === 0 ? {} : { lines }),
  };
}
