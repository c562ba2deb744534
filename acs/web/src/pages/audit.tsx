import { Alert, Anchor, Button, Stack, Text } from "@mantine/core";
import { useAudit, useAuditVerification } from "../api/queries.ts";
import { useLanguage, word } from "../language/language.tsx";
import { Failure } from "../parts/failure.tsx";
import { Heading } from "../parts/heading.tsx";
import { List } from "../parts/list.tsx";
import { Time } from "../parts/time.tsx";
import { linkTo } from "../route.ts";

/** Who did what, by which clause. */
export default function AuditPage() {
  const { t } = useLanguage();
  const verification = useAuditVerification();
  const { data } = verification;
  return (
    <Stack>
      <Heading title={t.audit.title} intro={t.audit.intro}>
        <Button variant="default" loading={verification.isPending} onClick={() => verification.mutate()}>
          {t.audit.verify}
        </Button>
      </Heading>
      {verification.isError && <Failure error={verification.error} />}
      {data && (
        <Alert color={data.ok ? "teal" : "red"} role="status">
          {data.ok ? t.audit.ok(data.entries) : t.audit.broken(data.brokenAt ?? 0, data.reason ?? "")}
        </Alert>
      )}
      <List
        pages={useAudit()}
        id={(entry) => String(entry.id)}
        empty={t.audit.empty}
        columns={[
          { accessor: "at", title: t.audit.at, render: (entry) => <Time at={entry.at} /> },
          { accessor: "actor", title: t.audit.actor },
          {
            accessor: "action",
            title: t.audit.action,
            render: (entry) => word(t.audit.actions, entry.action),
          },
          {
            accessor: "deviceId",
            title: t.audit.device,
            render: (entry) =>
              entry.deviceId === null ? (
                "–"
              ) : (
                <Anchor
                  href={linkTo({ page: "device", id: entry.deviceId, tab: "overview" })}
                  size="sm"
                  className="mono"
                >
                  {entry.deviceId}
                </Anchor>
              ),
          },
          { accessor: "clause", title: t.audit.clause, render: (entry) => entry.clause ?? "–" },
          {
            accessor: "detail",
            title: t.audit.detail,
            render: (entry) => (
              <Text size="xs" className="mono" lineClamp={3} maw={480}>
                {JSON.stringify(entry.detail)}
              </Text>
            ),
          },
        ]}
      />
    </Stack>
  );
}
