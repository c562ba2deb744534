import { useRegistrations } from "../api/queries.ts";
import { useLanguage } from "../language/language.tsx";
import { List } from "../parts/list.tsx";
import { RegistrationState } from "../parts/state.tsx";
import { Time } from "../parts/time.tsx";

export function Registrations({ id }: { id: string }) {
  const { t } = useLanguage();
  return (
    <List
      pages={useRegistrations(id)}
      id={(change) => change.id}
      empty={t.registrations.empty}
      columns={[
        { accessor: "at", title: t.registrations.at, render: (change) => <Time at={change.at} /> },
        { accessor: "line", title: t.calls.line },
        {
          accessor: "status",
          title: t.registrations.status,
          render: (change) => <RegistrationState status={change.status} />,
        },
        {
          accessor: "code",
          title: t.registrations.answer,
          render: (change) =>
            [change.code === 0 ? null : change.code, change.reason]
              .filter((part) => part !== null && part !== "")
              .join(" ") || "–",
        },
        {
          accessor: "registrar",
          title: t.registrations.registrar,
          render: (change) => <span className="mono">{change.registrar ?? "–"}</span>,
        },
      ]}
    />
  );
}
