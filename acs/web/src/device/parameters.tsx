import { Button, Group, Stack, Text } from "@mantine/core";
import { useOrder, useParameters } from "../api/queries.ts";
import { useLanguage } from "../language/language.tsx";
import { Failure } from "../parts/failure.tsx";
import { List } from "../parts/list.tsx";
import { SearchField, useSearchText } from "../parts/search.tsx";
import { Time } from "../parts/time.tsx";

/** The device's data model as it last reported it. */
export function Parameters({ id }: { id: string }) {
  const { t } = useLanguage();
  const { text, settled, setText } = useSearchText();
  const order = useOrder(id);
  return (
    <Stack>
      <Group justify="space-between">
        <SearchField label={t.parameters.search} text={text} onChange={setText} />
        <Group>
          {order.isSuccess && (
            <Text size="sm" c="dimmed" role="status">
              {t.parameters.readDone}
            </Text>
          )}
          <Button
            variant="default"
            loading={order.isPending}
            onClick={() => order.mutate({ kind: "get", paths: ["Device."] })}
          >
            {t.parameters.read}
          </Button>
        </Group>
      </Group>
      {order.isError && <Failure error={order.error} />}
      <List
        pages={useParameters(id, settled)}
        id={(parameter) => parameter.path}
        empty={settled === "" ? t.parameters.empty : t.parameters.nothing}
        columns={[
          {
            accessor: "path",
            title: t.parameters.path,
            render: (parameter) => <span className="mono">{parameter.path}</span>,
          },
          {
            accessor: "value",
            title: t.parameters.value,
            render: (parameter) => <span className="mono">{parameter.value}</span>,
          },
          { accessor: "type", title: t.parameters.type },
          {
            accessor: "writable",
            title: t.parameters.access,
            render: (parameter) => (parameter.writable ? t.common.yes : t.common.no),
          },
          {
            accessor: "updatedAt",
            title: t.parameters.updated,
            render: (parameter) => <Time at={parameter.updatedAt} />,
          },
        ]}
      />
    </Stack>
  );
}
