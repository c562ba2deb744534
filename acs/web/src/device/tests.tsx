import type { NetworkTest, NewNetworkTest } from "@tonalite/acs/api";
import {
  Badge,
  Button,
  Card,
  Group,
  NativeSelect,
  Stack,
  Table,
  Text,
  TextInput,
  Title,
} from "@mantine/core";
import { useState } from "react";
import { useNetworkTests, useStartTest } from "../api/diagnostics.ts";
import { useLanguage, word } from "../language/language.tsx";
import { Failure, Waiting } from "../parts/failure.tsx";
import { Pairs } from "../parts/pairs.tsx";
import { Time } from "../parts/time.tsx";

const kinds = [
  "ping",
  "trace-route",
  "name-lookup",
  "download",
  "echo-call",
  "registration",
  "ring",
  "line",
] as const;
/** Tests of the first line itself: there is nothing to aim them at. */
const ofLine: ReadonlySet<string> = new Set(["registration", "ring", "line"]);
type Kind = (typeof kinds)[number];

const orderOf = (test: Kind, target: string): NewNetworkTest => {
  if (test === "download") return { test, url: target };
  if (test === "echo-call") return { test, number: target };
  if (test === "registration" || test === "ring" || test === "line") return { test };
  return test === "name-lookup" ? { test, name: target } : { test, host: target };
};

/** Tests of the network from the device's place: ask for one, and see what the last ones found. */
export function NetworkTests({ id }: { id: string }) {
  const { t } = useLanguage();
  const [kind, setKind] = useState<Kind>("ping");
  const [target, setTarget] = useState("");
  const start = useStartTest(id);
  const tests = useNetworkTests(id);
  return (
    <Stack>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          start.mutate(orderOf(kind, target.trim()));
        }}
      >
        <Group align="flex-end">
          <NativeSelect
            label={t.tests.kind}
            value={kind}
            data={kinds.map((value) => ({ value, label: word(t.tests.kinds, value) }))}
            onChange={({ currentTarget }) =>
              setKind(kinds.find((one) => one === currentTarget.value) ?? "ping")
            }
          />
          {!ofLine.has(kind) && (
            <TextInput
              label={
                kind === "download" ? t.tests.url : kind === "echo-call" ? t.tests.echoNumber : t.tests.host
              }
              value={target}
              required
              maxLength={kind === "download" ? 2048 : kind === "echo-call" ? 32 : 256}
              style={{ flexGrow: 1, maxWidth: "28rem" }}
              onChange={({ currentTarget }) => setTarget(currentTarget.value)}
            />
          )}
          <Button
            type="submit"
            loading={start.isPending}
            disabled={!ofLine.has(kind) && target.trim() === ""}
          >
            {t.tests.start}
          </Button>
        </Group>
      </form>
      {start.isError && <Failure error={start.error} />}
      {start.isSuccess && (
        <Text size="sm" c="dimmed" role="status">
          {t.tests.started}
        </Text>
      )}
      {tests.isPending && <Waiting />}
      {tests.isError && <Failure error={tests.error} />}
      {tests.data?.length === 0 && <Text c="dimmed">{t.tests.empty}</Text>}
      {tests.data?.map((test) => (
        <TestCard key={test.test} test={test} />
      ))}
    </Stack>
  );
}

function TestCard({ test }: { test: NetworkTest }) {
  const { t } = useLanguage();
  const { rows, state, target } = test;
  const good = state.startsWith("Complete");
  const columns = Object.keys(rows[0] ?? {});
  const order = Object.keys(t.tests.results);
  const results = Object.entries(test.results)
    .filter(([name, value]) => wanted(name, value) && name !== "Result" && !ofLine.has(test.test))
    .sort(([one], [other]) => place(order, one) - place(order, other));
  return (
    <Card withBorder padding="lg" component="section">
      <Group justify="space-between" mb="sm">
        <Title order={2} size="h4">
          {word(t.tests.kinds, test.test)}{" "}
          <Text span c="dimmed" className="mono">
            {target}
          </Text>
        </Title>
        <Group gap="sm">
          <Badge color={good ? "teal" : state === "Requested" ? "blue" : "red"} variant="light">
            {word(t.tests.states, state)}
          </Badge>
          <Text size="sm" c="dimmed">
            <Time at={test.updatedAt} />
          </Text>
        </Group>
      </Group>
      {test.results["Result"] !== undefined && <Text mb="sm">{test.results["Result"]}</Text>}
      {good && (
        <Pairs pairs={results.map(([name, value]) => [word(t.tests.results, name), value] as const)} />
      )}
      {rows.length > 0 && (
        <Table mt="sm">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>#</Table.Th>
              {columns.map((name) => (
                <Table.Th key={name}>{word(t.tests.results, name)}</Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {rows.map((row, index) => (
              // A hop has no name of its own: its place is what it is.
              <Table.Tr key={`${index}-${row[columns[0] ?? ""] ?? ""}`}>
                <Table.Td>{index + 1}</Table.Td>
                {columns.map((name) => (
                  <Table.Td key={name} className="mono">
                    {row[name]}
                  </Table.Td>
                ))}
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
    </Card>
  );
}

/** In the order in which the language names them; what has no name comes last. */
const place = (order: readonly string[], name: string): number => {
  const at = order.indexOf(name);
  return at === -1 ? order.length : at;
};

const unhelpful =
  /NumberOfEntries$|Max(?:Connections|IncrementalResult)$|Transports$|UnderFullLoading$|(?:Average|Minimum|Maximum)ResponseTime$/;

/** What helps a person: no counts of tables or limits of the device, nothing twice, no times that never came. */
const wanted = (name: string, value: string): boolean =>
  value !== "" && !value.startsWith("0001-") && !unhelpful.test(name);
