import { Badge, Group, Text, Tooltip } from "@mantine/core";
import { useLanguage, word } from "../language/language.tsx";

const connectionColour: Record<string, string> = {
  usp: "var(--live)",
  cwmp: "var(--mantine-color-blue-5)",
  quiet: "var(--mantine-color-red-6)",
  never: "var(--mantine-color-gray-5)",
};

/** How the ACS reaches a device now. */
export function ConnectionState({ connection }: { connection: string }) {
  const { t } = useLanguage();
  return (
    <Tooltip
      label={word(t.connectionHint, connection)}
      multiline
      maw={280}
      events={{ hover: true, focus: true, touch: true }}
    >
      <Group gap={8} wrap="nowrap" w="fit-content">
        <span className="lamp" style={{ color: connectionColour[connection] }} />
        <Text size="sm" component="span" className="nowrap">
          {word(t.connection, connection)}
        </Text>
      </Group>
    </Tooltip>
  );
}

function registrationColour(status: string | null): string {
  if (status === "Up") return "teal";
  if (status === null || status === "Disabled" || status === "Quiescent") return "gray";
  return status.startsWith("Error") ? "red" : "blue";
}

/** A line's SIP registration. */
export function RegistrationState({ status }: { status: string | null }) {
  const { t } = useLanguage();
  return (
    <Badge variant="light" color={registrationColour(status)}>
      {status === null ? t.registrationUnknown : word(t.registration, status)}
    </Badge>
  );
}

export const isInCall = (callStatus: string | null): boolean =>
  callStatus !== null && callStatus !== "Idle" && callStatus !== "Disconnected";

export function callColour(callStatus: string | null): string {
  switch (callStatus) {
    case "Connected":
      return "var(--live)";
    case "Alerting":
      return "var(--ringing)";
    case "Dialing":
    case "Delivered":
      return "var(--mantine-color-blue-6)";
    case null:
    default:
      return "var(--mantine-color-gray-5)";
  }
}

/** What the telephone does at this moment. */
export function CallState({ callStatus }: { callStatus: string | null }) {
  const { t } = useLanguage();
  const live = isInCall(callStatus);
  return (
    <Group gap={8} wrap="nowrap">
      <span className="lamp" data-alive={live || undefined} style={{ color: callColour(callStatus) }} />
      <Text size="sm" component="span" {...(live ? {} : { c: "dimmed" })}>
        {callStatus === null ? t.callStatusUnknown : word(t.callStatus, callStatus)}
      </Text>
    </Group>
  );
}

const updateColours: Record<string, string> = {
  committed: "teal",
  "rolled-back": "red",
  rejected: "red",
  failed: "red",
  waiting: "yellow",
  requested: "gray",
};

export function UpdateState({ state }: { state: string }) {
  const { t } = useLanguage();
  return (
    <Badge variant="light" color={updateColours[state] ?? "blue"}>
      {word(t.firmware.states, state)}
    </Badge>
  );
}

const causeColours: Record<string, string> = {
  normal: "teal",
  busy: "yellow",
  "no-answer": "gray",
  cancelled: "gray",
  forwarded: "blue",
  limit: "orange",
  "refused-by-terms": "grape",
};

/** How a call came out. */
export function CallCause({ cause }: { cause: string }) {
  const { t } = useLanguage();
  return (
    <Badge variant="light" color={causeColours[cause] ?? "red"}>
      {word(t.calls.causes, cause)}
    </Badge>
  );
}
