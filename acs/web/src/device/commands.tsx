import type { Command } from "@tonalite/acs/api";
import { Badge, Text } from "@mantine/core";
import { useCommands } from "../api/queries.ts";
import { useLanguage, word } from "../language/language.tsx";
import { List } from "../parts/list.tsx";
import { Time } from "../parts/time.tsx";

const colours: Record<Command["state"], string> = {
  pending: "yellow",
  sent: "blue",
  done: "teal",
  failed: "red",
};

/** What was ordered from the device, and what came of it. */
export function Commands({ id }: { id: string }) {
  const { t } = useLanguage();
  return (
    <List
      pages={useCommands(id)}
      id={(command) => command.id}
      empty={t.commands.empty}
      columns={[
        {
          accessor: "createdAt",
          title: t.commands.created,
          render: (command) => <Time at={command.createdAt} />,
        },
        {
          accessor: "kind",
          title: t.commands.kind,
          render: (command) => (
            <>
              {word(t.commands.kinds, command.kind)}
              <Text size="xs" c="dimmed" className="mono" lineClamp={2}>
                {argumentsOf(command)}
              </Text>
            </>
          ),
        },
        {
          accessor: "state",
          title: t.commands.state,
          render: (command) => (
            <Badge variant="light" color={colours[command.state]}>
              {word(t.commands.states, command.state)}
            </Badge>
          ),
        },
        {
          accessor: "result",
          title: t.commands.result,
          render: (command) => (
            <Text size="xs" className="mono" lineClamp={2} maw={320}>
              {resultOf(command)}
            </Text>
          ),
        },
        { accessor: "doneAt", title: t.commands.done, render: (command) => <Time at={command.doneAt} /> },
        { accessor: "requestedBy", title: t.commands.by },
        { accessor: "clause", title: t.commands.clause, render: (command) => command.clause ?? "–" },
      ]}
    />
  );
}

function argumentsOf(command: Command): string {
  const { paths, parameters, targetFileName } = command.arguments;
  if (Array.isArray(paths)) return paths.join(", ");
  if (Array.isArray(parameters))
    return parameters
      .map(
        (parameter: { path?: unknown; value?: unknown }) =>
          `${String(parameter.path)} = ${String(parameter.value)}`,
      )
      .join(", ");
  return typeof targetFileName === "string" ? targetFileName : "";
}

function resultOf({ result, state }: Command): string {
  if (state === "pending" || result === null || typeof result !== "object") return "";
  const { faultCode, faultString, reason } = result as Record<string, unknown>;
  if (typeof faultCode === "number")
    return `${faultCode} ${typeof faultString === "string" ? faultString : ""}`;
  return typeof reason === "string" ? reason : "";
}
