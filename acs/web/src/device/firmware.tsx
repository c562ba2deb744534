import type { Device, FirmwareSlot } from "@tonalite/acs/api";
import { Badge, Card, Group, SimpleGrid, Stack, Text, Title } from "@mantine/core";
import { useUpdates } from "../api/queries.ts";
import { useLanguage, word } from "../language/language.tsx";
import { Failure, Waiting } from "../parts/failure.tsx";
import { UpdateCard } from "./update-card.tsx";

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
        <Updates device={device} />
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
          {slot.active && <Badge>{t.firmware.active}</Badge>}
          {slot.boot && !slot.active && <Badge variant="light">{t.firmware.boot}</Badge>}
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

function Updates({ device: { id, connection } }: { device: Device }) {
  const { t } = useLanguage();
  const updates = useUpdates(id);
  if (updates.isPending) return <Waiting />;
  if (updates.rows === undefined)
    return <Failure error={updates.error} onRetry={() => void updates.refetch()} />;
  if (updates.rows.length === 0) return <Text c="dimmed">{t.firmware.updatesNone}</Text>;
  return (
    <Stack gap="sm">
      {updates.rows.map((update, index) => (
        <UpdateCard key={update.id} update={update} connection={connection} latest={index === 0} />
      ))}
    </Stack>
  );
}
