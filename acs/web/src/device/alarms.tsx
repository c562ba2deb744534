import { Alert, Stack, Text } from "@mantine/core";
import { useAlarms } from "../api/diagnostics.ts";
import { useLanguage, word } from "../language/language.tsx";
import { Time } from "../parts/time.tsx";

const colours: Readonly<Record<string, string>> = { Critical: "red", Major: "red", Minor: "orange" };

/** What is wrong with the device now; nothing when all is well. */
export function Alarms({ id }: { id: string }) {
  const { t } = useLanguage();
  const alarms = useAlarms(id);
  if (alarms.data === undefined || alarms.data.length === 0) return null;
  return (
    <Stack gap="xs">
      {alarms.data.map((alarm) => (
        <Alert
          key={alarm.identifier}
          color={colours[alarm.severity] ?? "yellow"}
          title={`${word(t.alarms.problems, alarm.kind)} · ${word(t.journal.severities, alarm.severity)}`}
        >
          <Text size="sm">
            {alarm.text} · <Time at={alarm.raisedAt} />
          </Text>
        </Alert>
      ))}
    </Stack>
  );
}
