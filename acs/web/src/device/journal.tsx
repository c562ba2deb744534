import type { JournalRow } from "@tonalite/acs/api";
import { useJournal } from "../api/queries.ts";
import { duration } from "../language/format.ts";
import type { Messages } from "../language/en.ts";
import { useLanguage, word } from "../language/language.tsx";
import { List } from "../parts/list.tsx";
import { Time } from "../parts/time.tsx";

/** Everything the device put down, in one line each. */
export function Journal({ id }: { id: string }) {
  const { t } = useLanguage();
  return (
    <List
      pages={useJournal(id)}
      id={(entry) => entry.id}
      empty={t.journal.empty}
      columns={[
        {
          accessor: "sequence",
          title: t.journal.sequence,
          textAlign: "right",
          render: (entry) => <span className="figure">{entry.sequence}</span>,
        },
        { accessor: "occurredAt", title: t.journal.at, render: (entry) => <Time at={entry.occurredAt} /> },
        { accessor: "kind", title: t.journal.kind, render: (entry) => word(t.journal.kinds, entry.kind) },
        {
          accessor: "data",
          title: t.journal.what,
          render: (entry) => <span style={{ overflowWrap: "anywhere" }}>{sentence(t, entry)}</span>,
        },
      ]}
    />
  );
}

function sentence(t: Messages, { kind, data }: JournalRow): string {
  const text = (key: string) => {
    const value = data[key];
    return typeof value === "string" || typeof value === "number" ? String(value) : "";
  };
  const join = (...parts: string[]) => parts.filter((part) => part !== "").join(" · ");
  switch (kind) {
    case "call":
      return join(
        `${text("from")} → ${text("to")}`,
        word(t.calls.causes, text("cause")),
        data["answer"] === null ? "" : duration(Number(data["durationSeconds"])),
        join(text("sipCode"), text("sipReason")),
      );
    case "registration":
      return join(
        word(t.registration, text("status")),
        text("code") === "0" ? "" : text("code"),
        text("reason"),
        text("registrar"),
      );
    case "refusal":
      return join(text("what"), word(t.terms.rules, text("rule")), t.calls.clause(text("clause")));
    case "update":
      return join(
        `${text("from")} → ${text("version")}`,
        word(t.firmware.states, text("state")),
        text("reason"),
      );
    case "system":
      return join(word(t.journal.system, text("what")), text("detail"));
    case "alarm":
      return join(
        word(t.journal.alarms, text("change")),
        word(t.journal.severities, text("severity")),
        text("problem"),
        text("text"),
      );
    default:
      return JSON.stringify(data);
  }
}
