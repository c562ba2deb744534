import type { AppliedTerm, Call, CallFax, CallMedia } from "@tonalite/acs/api";
import { Badge, Divider, Drawer, Group, Paper, Stack, Table, Text, Title } from "@mantine/core";
import { useTerms } from "../api/queries.ts";
import { duration, useFormat } from "../language/format.ts";
import { useLanguage, word } from "../language/language.tsx";
import { Pairs } from "../parts/pairs.tsx";
import { CallCause } from "../parts/state.tsx";

/** A call's whole record. */
export function CallDrawer({ call, onClose }: { call: Call | undefined; onClose: () => void }) {
  const { t } = useLanguage();
  return (
    <Drawer
      opened={call !== undefined}
      onClose={onClose}
      position="right"
      size="lg"
      title={<Text fw={650}>{t.calls.record}</Text>}
      closeButtonProps={{ "aria-label": t.common.close }}
    >
      {call && <CallRecord call={call} />}
    </Drawer>
  );
}

function CallRecord({ call }: { call: Call }) {
  const { t } = useLanguage();
  const format = useFormat();
  const precise = (at: string | null) => (
    <span className="figure">{at === null ? t.calls.notAnswered : format.preciseTime(at)}</span>
  );
  const from = call.name === null || call.name === "" ? call.from : `${call.from} (${call.name})`;
  return (
    <Stack gap="lg">
      <Group gap="xs">
        <Badge variant="default">{t.calls[call.direction]}</Badge>
        <CallCause cause={call.cause} />
        <Badge variant="default">{t.device.line(call.line)}</Badge>
      </Group>
      <Pairs
        pairs={[
          [t.calls.from, <span className="figure">{from || "–"}</span>],
          [t.calls.to, <span className="figure">{call.to || "–"}</span>],
          [t.calls.start, precise(call.start)],
          [t.calls.answer, precise(call.answer)],
          [t.calls.end, precise(call.end)],
          [
            t.calls.duration,
            <span className="figure">
              {call.answer === null
                ? "–"
                : `${duration(call.durationSeconds)} (${call.durationSeconds.toFixed(1)} s)`}
            </span>,
          ],
          [
            t.calls.chargeable,
            call.chargeableSeconds === null ? (
              t.calls.chargeableNone
            ) : (
              <span className="figure">{`${call.chargeableSeconds} s`}</span>
            ),
          ],
          [t.calls.ended, word(t.calls.endedBy, call.endedBy)],
          [t.calls.sip, call.sipCode === null ? "–" : `${call.sipCode} ${call.sipReason ?? ""}`],
          [t.calls.codec, call.codec ?? "–"],
          ...(call.fax === null ? [] : [[t.calls.fax, <Fax fax={call.fax} />] as const]),
        ]}
      />
      <Divider />
      <Media media={call.media} />
      <Divider />
      <AppliedTerms terms={call.terms} />
      <Divider />
      <Pairs
        pairs={[
          [t.calls.device, <span className="mono">{call.deviceId}</span>],
          [t.calls.sipCallId, call.sipCallId === null ? "–" : <span className="mono">{call.sipCallId}</span>],
          [t.calls.id, <span className="mono">{call.id}</span>],
          [t.calls.received, precise(call.receivedAt)],
        ]}
      />
    </Stack>
  );
}

function Fax({ fax }: { fax: CallFax }) {
  const { t } = useLanguage();
  const speed = `${fax.bitRate} bit/s${fax.errorCorrection ? ", ECM" : ""}`;
  const result = fax.complete ? "" : `, ${t.calls.faxIncomplete}`;
  return <span className="figure">{`${fax.mode}, ${fax.pages} ${t.calls.faxPages}, ${speed}${result}`}</span>;
}

function Media({ media }: { media: CallMedia | null }) {
  const { t } = useLanguage();
  const format = useFormat();
  const count = (value: number | undefined) => (value === undefined ? "–" : format.number(value));
  const ms = (value: number | undefined) => (value === undefined ? "–" : `${format.number(value)} ms`);
  return (
    <section>
      <Title order={3} size="h5" mb="xs">
        {t.calls.media}
      </Title>
      {media === null ? (
        <Text size="sm" c="dimmed">
          {t.calls.mediaNone}
        </Text>
      ) : (
        <Table className="figure" withRowBorders={false} verticalSpacing={4} horizontalSpacing={0}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th scope="col" aria-label={t.calls.media} />
              <Table.Th scope="col" ta="right">
                {t.calls.here}
              </Table.Th>
              <Table.Th scope="col" ta="right">
                {t.calls.far}
              </Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            <Figures name={t.calls.packets} here={`${count(media.txPackets)} / ${count(media.rxPackets)}`} />
            <Figures name={t.calls.lost} here={count(media.lost)} far={count(media.remoteLost)} />
            <Figures name={t.calls.jitter} here={ms(media.jitterMs)} far={ms(media.remoteJitterMs)} />
            <Figures name={t.calls.roundTrip} here={ms(media.roundTripMs)} />
            <Figures name={t.calls.late} here={count(media.late)} />
            <Figures name={t.calls.underruns} here={count(media.underruns)} />
          </Table.Tbody>
        </Table>
      )}
    </section>
  );
}

function Figures({ name, here, far }: { name: string; here: string; far?: string }) {
  return (
    <Table.Tr>
      <Table.Th scope="row" fw={400} c="dimmed">
        {name}
      </Table.Th>
      <Table.Td ta="right">{here}</Table.Td>
      <Table.Td ta="right">{far ?? ""}</Table.Td>
    </Table.Tr>
  );
}

function AppliedTerms({ terms }: { terms: AppliedTerm[] }) {
  const { t } = useLanguage();
  const known = useTerms();
  const nameOf = (id: string) => known.data?.providers.find((provider) => provider.id === id)?.name ?? id;
  return (
    <section>
      <Title order={3} size="h5" mb="xs">
        {t.calls.terms}
      </Title>
      {terms.length === 0 && (
        <Text size="sm" c="dimmed">
          {t.calls.termsNone}
        </Text>
      )}
      <Stack gap="xs">
        {terms.map((term) => (
          <Paper key={`${term.rule} ${term.clause} ${term.effect}`} withBorder p="sm">
            <Group justify="space-between" gap="xs">
              <Text size="sm" fw={600}>
                {word(t.terms.rules, term.rule)}
              </Text>
              <Badge variant="light">
                {nameOf(term.provider)}, {t.calls.clause(term.clause)}
              </Badge>
            </Group>
            <Text size="sm" c="dimmed">
              <Effect effect={term.effect} />
            </Text>
          </Paper>
        ))}
      </Stack>
    </section>
  );
}

/** `refused`, or a word and seconds such as `limit:3600`. */
function Effect({ effect }: { effect: string }) {
  const { t } = useLanguage();
  const [what = "", amount] = effect.split(":");
  const words = word(t.calls.effects, what);
  if (amount === undefined) return words;
  return `${words} ${/^\d+$/.test(amount) ? duration(globalThis.Number(amount)) : amount}`;
}
