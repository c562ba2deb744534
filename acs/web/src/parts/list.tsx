import { Button, Center, Paper, Stack, Text } from "@mantine/core";
import { DataTable, type DataTableColumn } from "mantine-datatable";
import type { Pages } from "../api/queries.ts";
import { useLanguage } from "../language/language.tsx";
import { Failure } from "./failure.tsx";

type ListProps<T> = {
  pages: Pages<T>;
  columns: DataTableColumn<T>[];
  id: (record: T) => string;
  empty: string;
  emptyHint?: string;
  onOpen?: (record: T) => void;
};

/** A list as a table: loading, failed, empty and "more" included. */
export function List<T>({ pages, columns, id, empty, emptyHint, onOpen }: ListProps<T>) {
  const { t } = useLanguage();
  const { rows } = pages;
  if (pages.isError && rows === undefined)
    return <Failure error={pages.error} onRetry={() => void pages.refetch()} />;
  return (
    <Stack gap="sm">
      {pages.isError && <Failure error={pages.error} />}
      <Paper withBorder radius="md" style={{ overflow: "hidden" }}>
        <DataTable<T>
          records={rows ?? []}
          columns={columns}
          idAccessor={(record) => id(record)}
          fetching={pages.isPending}
          minHeight={rows === undefined || rows.length === 0 ? 160 : 0}
          verticalSpacing="xs"
          horizontalSpacing="md"
          highlightOnHover={onOpen !== undefined}
          noRecordsText={empty}
          emptyState={
            pages.isPending ? (
              <span />
            ) : (
              <Stack gap={4} align="center" p="md">
                <Text c="dimmed">{empty}</Text>
                {emptyHint !== undefined && (
                  <Text c="dimmed" size="sm" ta="center">
                    {emptyHint}
                  </Text>
                )}
              </Stack>
            )
          }
          {...(onOpen ? { onRowClick: ({ record }: { record: T }) => onOpen(record) } : {})}
        />
      </Paper>
      {pages.hasNextPage && (
        <Center>
          <Button
            variant="default"
            loading={pages.isFetchingNextPage}
            onClick={() => void pages.fetchNextPage()}
          >
            {t.common.more}
          </Button>
        </Center>
      )}
    </Stack>
  );
}
