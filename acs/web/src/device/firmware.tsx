import type { Device, FirmwareSlot, Update } from "@tonalite/acs/api";
import { Badge, Card, Group, SimpleGrid, Stack, Text, Title } from "@mantine/core";
import { useTerms, useUpdates } from "../api/queries.ts";
import { useLanguage, word } from "../language/language.tsx";
import { Failure, Waiting } from "../parts/failure.tsx";
import { Pairs } from "../parts/pairs.tsx";
import { UpdateState } from "../parts/state.tsx";
import { Time } from "../parts/time.tsx";

/** What the device runs, what lies in its slots, and how its updates went. */
export function Firmware({ device }: { device: Device }) {
  const { t } = useLanguage();
  const { slots } = device.firmware;
  return (
    <Stack gap="lg">
      <section>
        <Title order={2} size="h4" mb="sm">
          {t.firmware.slots}
        </Title>
        {slots.length === 0 && <Text c="dimmed">{t.firmware.slotsNone}</Text>}
        <SimpleGrid cols={{ base: 1, sm: 2 }}>
          {slots.map((slot) => (
            <Slot key={slot.slot} slot={slot} />
          ))}
        </SimpleGrid>
      </section>
      <section>
        <Title order={2} size="h4" mb="sm">
          {t.firmware.updates}
        </Title>
        <Updates id={device.id} />
      </section>
    </Stack>
  );
}

function Slot({ slot }: { slot: FirmwareSlot }) {
  const { t } = useLanguage();
  return (
    <Card withBorder padding="lg">
      <Group justify="space-between" wrap="nowrap">
        <Text size="sm" c="dimmed">
          {t.firmware.slot(slot.slot)}
        </Text>
        <Group gap={6}>
          {slot.active && <Badge tt="none">{t.firmware.active}</Badge>}
          {slot.boot && !slot.active && (
            <Badge variant="light" tt="none">
              {t.firmware.boot}
            </Badge>
          )}
        </Group>
      </Group>
      <Text size="xl" fw={600} className="figure">
        {slot.version ?? "–"}
      </Text>
      <Text size="sm" c="dimmed">
        {slot.status === null ? t.common.unknown : word(t.firmware.slotStates, slot.status)}
      </Text>
    </Card>
  );
}

function Updates({ id }: { id: string }) {
  const { t } = useLanguage();
  const updates = useUpdates(id);
  if (updates.isPending) return <Waiting />;
  if (updates.rows === undefined)
    return <Failure error={updates.error} onRetry={() => void updates.refetch()} />;
  if (updates.rows.length === 0) return <Text c="dimmed">{t.firmware.updatesNone}</Text>;
  return (
    <Stack gap="sm">
      {updates.rows.map((update) => (
        <UpdateCard key={update.id} update={update} />
      ))}
    </Stack>
  );
}

function UpdateCard({ update }: { update: Update }) {
  const { t } = useLanguage();
  const terms = useTerms();
  const provider = terms.data?.providers.find((one) => one.id === update.provider)?.name ?? update.provider;
  return (
    <Card withBorder padding="lg" component="article">
      <Group justify="space-between" mb="sm">
        <Group gap="sm">
          <Text fw={600} className="figure">
            {update.from ?? "–"} → {update.version}
          </Text>
          <Badge variant="default" tt="none">
            {update.forced ? t.firmware.forced : t.firmware.offered}
          </Badge>
        </Group>
        <span role="status" aria-live="polite">
          <UpdateState state={update.state} />
        </span>
      </Group>
      <Pairs
        pairs={[
          ...(update.waitsFor === null
            ? []
            : [[t.firmware.waits, <strong>{update.waitsFor}</strong>] as const]),
          ...(update.waitsFor === null && update.reason !== null
            ? [[t.common.details, update.reason] as const]
            : []),
          ...(update.fault === null
            ? []
            : [[t.errors.title, `${update.fault.message} (${update.fault.code})`] as const]),
          ...(update.clause === null
            ? []
            : [[t.firmware.clause, `${provider ?? ""}, ${t.calls.clause(update.clause)}`] as const]),
          ...(update.deadlineAt === null
            ? []
            : [[t.firmware.deadline, <Time at={update.deadlineAt} />] as const]),
          [
            t.firmware.ordered,
            <>
              <Time at={update.createdAt} /> {t.firmware.by} {update.requestedBy}
            </>,
          ],
          ...(update.finishedAt === null
            ? []
            : [[t.firmware.finished, <Time at={update.finishedAt} />] as const]),
        ]}
      />
    </Card>
  );
}
