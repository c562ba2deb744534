import type { Update } from "@tonalite/acs/api";
import { Badge, Card, Group, Text } from "@mantine/core";
import { useTerms } from "../api/queries.ts";
import type { Messages } from "../language/en.ts";
import { useLanguage } from "../language/language.tsx";
import { Pairs } from "../parts/pairs.tsx";
import { UpdateState } from "../parts/state.tsx";
import { Time } from "../parts/time.tsx";
import { whyItWaits } from "../parts/why-it-waits.ts";
import { UpdateActs } from "./update-acts.tsx";

/** `latest`: only the last one can still be acted upon. */
type UpdateCardProps = { update: Update; connection: string; latest: boolean };

/** An update: from what to what, how far it is, why it waits, and what it rests on. */
export function UpdateCard({ update, connection, latest }: UpdateCardProps) {
  const { t } = useLanguage();
  const terms = useTerms();
  const provider = terms.data?.providers.find((one) => one.id === update.provider)?.name ?? update.provider;
  return (
    <Card withBorder padding="lg" component="article">
      <Group justify="space-between" mb="sm">
        <Group gap="sm">
          <Text fw={600} className="figure">
            {update.from ?? "–"} → {update.version || t.firmware.former}
          </Text>
          <Badge variant="default">{kindOf(t, update)}</Badge>
        </Group>
        <span role="status" aria-live="polite">
          <UpdateState state={update.state} />
        </span>
      </Group>
      <Pairs
        pairs={[
          ...(update.waitsFor === null
            ? []
            : [[t.firmware.waits, <strong>{whyItWaits(t, update, connection)}</strong>] as const]),
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
      <UpdateActs update={update} latest={latest} />
    </Card>
  );
}

function kindOf(t: Messages, { kind, forced }: Update): string {
  if (kind === "recall") return t.firmware.recall;
  return forced ? t.firmware.forced : t.firmware.offered;
}
