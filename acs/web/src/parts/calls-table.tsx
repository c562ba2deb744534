import type { Call } from "@tonalite/acs/api";
import { Anchor, Group, Text } from "@mantine/core";
import type { DataTableColumn } from "mantine-datatable";
import { useState } from "react";
import type { Pages } from "../api/queries.ts";
import { CallDrawer } from "../dialogs/call.tsx";
import { duration } from "../language/format.ts";
import type { Messages } from "../language/en.ts";
import { useLanguage } from "../language/language.tsx";
import { linkTo } from "../route.ts";
import { IncomingIcon, OutgoingIcon } from "./icons.tsx";
import { List } from "./list.tsx";
import { CallCause } from "./state.tsx";
import { Time } from "./time.tsx";

/** Calls, and the whole record of the one that is opened. */
export function CallsTable({ calls, withDevice = false }: { calls: Pages<Call>; withDevice?: boolean }) {
  const { t } = useLanguage();
  const [open, setOpen] = useState<Call>();
  return (
    <>
      <List
        pages={calls}
        columns={columns(t, withDevice, setOpen)}
        id={(call) => call.id}
        empty={t.calls.empty}
        onOpen={setOpen}
      />
      <CallDrawer call={open} onClose={() => setOpen(undefined)} />
    </>
  );
}

function columns(t: Messages, withDevice: boolean, open: (call: Call) => void): DataTableColumn<Call>[] {
  return [
    {
      accessor: "start",
      title: t.calls.start,
      render: (call) => (
        <Anchor
          component="button"
          type="button"
          size="sm"
          onClick={(event) => {
            event.stopPropagation();
            open(call);
          }}
        >
          <Time at={call.start} />
        </Anchor>
      ),
    },
    {
      accessor: "direction",
      title: t.calls.direction,
      render: (call) => (
        <Group gap={6} wrap="nowrap">
          {call.direction === "outgoing" ? <OutgoingIcon /> : <IncomingIcon />}
          {t.calls[call.direction]}
        </Group>
      ),
    },
    {
      accessor: "from",
      title: t.calls.from,
      render: (call) => <Number number={call.from} name={call.name} />,
    },
    { accessor: "to", title: t.calls.to, render: (call) => <Number number={call.to} name={null} /> },
    {
      accessor: "durationSeconds",
      title: t.calls.duration,
      textAlign: "right",
      render: (call) => (
        <span className="figure">{call.answer === null ? "–" : duration(call.durationSeconds)}</span>
      ),
    },
    { accessor: "cause", title: t.calls.cause, render: (call) => <CallCause cause={call.cause} /> },
    {
      accessor: "sipCode",
      title: "SIP",
      render: (call) => <span className="figure">{call.sipCode ?? "–"}</span>,
    },
    { accessor: "codec", title: t.calls.codec, render: (call) => call.codec ?? "–" },
    ...(withDevice
      ? [
          {
            accessor: "deviceId" as const,
            title: t.calls.device,
            render: (call: Call) => (
              <Anchor
                href={linkTo({ page: "device", id: call.deviceId, tab: "calls" })}
                size="sm"
                className="mono"
                onClick={(event) => event.stopPropagation()}
              >
                {call.deviceId}
              </Anchor>
            ),
          },
        ]
      : []),
  ];
}

function Number({ number, name }: { number: string; name: string | null }) {
  return (
    <>
      <span className="figure nowrap">{number === "" ? "–" : number}</span>
      {name !== null && name !== "" && (
        <Text size="xs" c="dimmed">
          {name}
        </Text>
      )}
    </>
  );
}
