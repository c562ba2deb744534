import type { Device, Line } from "@tonalite/acs/api";
import {
  Alert,
  Anchor,
  Card,
  Code,
  Group,
  SimpleGrid,
  Stack,
  Text,
  Title,
  VisuallyHidden,
} from "@mantine/core";
import { useDeviceCalls, useTerms, useUpdates } from "../api/queries.ts";
import { useLanguage, word } from "../language/language.tsx";
import { HandsetIcon, IncomingIcon, OutgoingIcon } from "../parts/icons.tsx";
import { Pairs } from "../parts/pairs.tsx";
import { callColour, CallCause, isInCall, RegistrationState } from "../parts/state.tsx";
import { Ago, Time } from "../parts/time.tsx";
import { linkTo } from "../route.ts";
import { Alarms } from "./alarms.tsx";
import { BoxCard } from "./box-card.tsx";
import { UpdateCard } from "./update-card.tsx";

/** The device's lines as they are at this moment, its firmware and latest calls, and who it is. */
export function Overview({ device }: { device: Device }) {
  const { t } = useLanguage();
  return (
    <SimpleGrid cols={{ base: 1, md: 2 }} spacing="md">
      <Stack>
        <Alarms id={device.id} />
        {device.lines.map((line) => (
          <LineCard key={line.line} line={line} />
        ))}
        {device.lines.length === 0 && <Text c="dimmed">{t.device.noLines}</Text>}
        <LatestUpdate device={device} />
        <LatestCalls device={device} />
      </Stack>
      <Stack>
        <Identity device={device} />
        <BoxCard id={device.id} />
        <Faults device={device} />
        <Overrides device={device} />
      </Stack>
    </SimpleGrid>
  );
}

/** An update that is under way belongs on the first page; finished ones do not. */
function LatestUpdate({ device }: { device: Device }) {
  const updates = useUpdates(device.id);
  const latest = updates.rows?.[0];
  return latest?.finishedAt === null ? (
    <UpdateCard update={latest} connection={device.connection} latest />
  ) : null;
}

function LatestCalls({ device }: { device: Device }) {
  const { t } = useLanguage();
  const calls = useDeviceCalls(device.id);
  const latest = calls.rows?.slice(0, 5) ?? [];
  return (
    <Card withBorder padding="lg" component="section">
      <Group justify="space-between" mb="sm">
        <Title order={2} size="h4">
          {t.calls.latest}
        </Title>
        <Anchor size="sm" href={linkTo({ page: "device", id: device.id, tab: "calls" })}>
          {t.calls.all}
        </Anchor>
      </Group>
      {latest.length === 0 && (
        <Text size="sm" c="dimmed">
          {calls.isPending ? t.common.loading : t.calls.empty}
        </Text>
      )}
      <Stack gap={6}>
        {latest.map((call) => (
          <Group key={call.id} gap="sm" wrap="nowrap" justify="space-between">
            <Group gap={6} wrap="nowrap">
              {call.direction === "outgoing" ? <OutgoingIcon /> : <IncomingIcon />}
              <VisuallyHidden>{t.calls[call.direction]}</VisuallyHidden>
              <Text size="sm" className="figure">
                {(call.direction === "outgoing" ? call.to : call.from) || "–"}
              </Text>
            </Group>
            <Group gap="sm" wrap="nowrap">
              <Text size="sm" c="dimmed" component="span">
                <Ago at={call.start} />
              </Text>
              <CallCause cause={call.cause} />
            </Group>
          </Group>
        ))}
      </Stack>
    </Card>
  );
}

function LineCard({ line }: { line: Line }) {
  const { t } = useLanguage();
  const live = isInCall(line.callStatus);
  return (
    <Card withBorder padding="lg" component="section" aria-label={t.device.line(line.line)}>
      <Group justify="space-between" wrap="nowrap" align="flex-start">
        <div>
          <Text size="sm" c="dimmed">
            {t.device.line(line.line)}
          </Text>
          <Title order={2} size="h3" className="figure">
            {line.directoryNumber ?? line.sipUser ?? "–"}
          </Title>
        </div>
        <RegistrationState status={line.enabled ? line.status : "Disabled"} />
      </Group>
      <Group my="lg" gap="md" role="status" aria-live="polite">
        <span
          className="handset"
          data-ringing={line.callStatus === "Alerting" || undefined}
          style={{ color: callColour(line.callStatus), display: "flex" }}
        >
          <HandsetIcon size={40} />
        </span>
        <Text size="xl" fw={live ? 650 : 400} {...(live ? {} : { c: "dimmed" })}>
          {line.callStatus === null ? t.callStatusUnknown : word(t.callStatus, line.callStatus)}
        </Text>
      </Group>
      <Pairs
        pairs={[
          [
            t.device.sip,
            line.sipUser === null ? null : (
              <span className="mono">{`${line.sipUser}@${line.domain ?? ""}`}</span>
            ),
          ],
          [t.device.proxy, proxyOf(line) ?? t.common.none],
          [
            t.registrations.status,
            <>
              {line.status === null ? t.registrationUnknown : word(t.registration, line.status)}
              {line.statusSince !== null && (
                <>
                  , {t.device.since} <Time at={line.statusSince} />
                </>
              )}
            </>,
          ],
        ]}
      />
    </Card>
  );
}

function proxyOf({ proxyHost, proxyPort }: Line): string | null {
  if (proxyHost === null) return null;
  return proxyPort === null ? proxyHost : `${proxyHost}:${proxyPort}`;
}

function Identity({ device }: { device: Device }) {
  const { t } = useLanguage();
  const terms = useTerms();
  const provider = terms.data?.providers.find((one) => one.id === device.provider);
  const region = terms.data?.regions.find((one) => one.id === device.region);
  return (
    <Card withBorder padding="lg" component="section">
      <Title order={2} size="h4" mb="md">
        {t.device.identity}
      </Title>
      <Pairs
        pairs={[
          [t.device.serial, <span className="mono">{device.serialNumber}</span>],
          [t.device.oui, [device.manufacturer, device.oui].filter((one) => one !== null).join(" · ")],
          [t.device.productClass, device.productClass],
          [t.device.profile, device.profile],
          [t.device.hardware, device.firmware.hardwareVersion],
          [t.device.software, device.softwareVersion],
          [t.device.provider, provider?.name ?? device.provider],
          [t.device.region, region?.name ?? device.region],
          [
            t.device.service,
            device.serviceState === null ? null : word(t.device.services, device.serviceState),
          ],
          [
            t.device.endpoint,
            device.endpointId === null ? null : <span className="mono">{device.endpointId}</span>,
          ],
          [t.device.firstSeen, <Time at={device.firstSeenAt} />],
          [t.device.lastBoot, <Time at={device.lastBootAt} />],
          [t.device.lastInform, <Ago at={device.lastInformAt} />],
        ]}
      />
    </Card>
  );
}

function Faults({ device }: { device: Device }) {
  const { t } = useLanguage();
  if (device.faults.length === 0) return null;
  return (
    <Alert color="orange" title={t.device.faults}>
      <Pairs
        pairs={device.faults.map((fault) => [fault.path, `${fault.message} (${fault.code})`] as const)}
      />
    </Alert>
  );
}

function Overrides({ device }: { device: Device }) {
  const { t } = useLanguage();
  const overrides = Object.entries(device.desired);
  if (overrides.length === 0) return null;
  return (
    <Card withBorder padding="lg" component="section">
      <Title order={2} size="h4" mb="md">
        {t.device.overrides}
      </Title>
      <Pairs pairs={overrides.map(([path, value]) => [path, <Code>{value}</Code>] as const)} />
    </Card>
  );
}
