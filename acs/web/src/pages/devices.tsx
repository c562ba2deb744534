import type { DeviceSummary } from "@tonalite/acs/api";
import { Group, SegmentedControl, Stack, Text } from "@mantine/core";
import type { DataTableColumn } from "mantine-datatable";
import { useState } from "react";
import { useDevices, useTerms } from "../api/queries.ts";
import { useLanguage } from "../language/language.tsx";
import type { Messages } from "../language/en.ts";
import { DeviceName } from "../parts/device-name.tsx";
import { Heading } from "../parts/heading.tsx";
import { List } from "../parts/list.tsx";
import { SearchField, useSearchText } from "../parts/search.tsx";
import { CallState, ConnectionState, RegistrationState } from "../parts/state.tsx";
import { Ago } from "../parts/time.tsx";
import { go } from "../route.ts";

const connections = ["usp", "cwmp", "quiet", "never"] as const;

/** Every device with its live state. */
export function Devices() {
  const { t } = useLanguage();
  const { text, settled, setText } = useSearchText();
  const [connection, setConnection] = useState("");
  const devices = useDevices({ search: settled, connection: connection === "" ? undefined : connection });
  const terms = useTerms();
  const providerName = (id: string) =>
    terms.data?.providers.find((provider) => provider.id === id)?.name ?? id;
  const isFiltered = settled !== "" || connection !== "";
  return (
    <Stack>
      <Heading title={t.devices.title}>
        <SegmentedControl
          aria-label={t.devices.state}
          value={connection}
          onChange={setConnection}
          size="xs"
          data={[
            { value: "", label: t.devices.all },
            ...connections.map((value) => ({ value, label: t.connection[value] ?? value })),
          ]}
        />
        <SearchField label={t.devices.search} text={text} onChange={setText} />
      </Heading>
      <List
        pages={devices}
        columns={columns(t, providerName)}
        id={(device) => device.id}
        empty={isFiltered ? t.devices.nothing : t.devices.empty}
        {...(isFiltered ? {} : { emptyHint: t.devices.emptyHint })}
        onOpen={(device) => go({ page: "device", id: device.id, tab: "overview" })}
      />
    </Stack>
  );
}

export const nameOf = (device: Pick<DeviceSummary, "label" | "serialNumber">): string =>
  device.label ?? device.serialNumber;

function columns(t: Messages, providerName: (id: string) => string): DataTableColumn<DeviceSummary>[] {
  return [
    {
      accessor: "label",
      title: t.devices.device,
      render: (device) => (
        <DeviceName id={device.id} name={nameOf(device)} note={<span className="mono">{device.id}</span>} />
      ),
    },
    {
      accessor: "connection",
      title: t.devices.state,
      render: (device) => <ConnectionState connection={device.connection} />,
    },
    {
      accessor: "lines",
      title: t.devices.line,
      render: (device) => (
        <Stack gap={4}>
          {device.lines.map((line) => (
            <Group key={line.line} gap="xs" wrap="nowrap">
              <Text size="sm" className="figure nowrap">
                {line.directoryNumber}
              </Text>
              <RegistrationState status={line.enabled ? line.status : "Disabled"} />
            </Group>
          ))}
        </Stack>
      ),
    },
    {
      accessor: "callStatus",
      title: t.devices.call,
      render: (device) => (
        <Stack gap={4}>
          {device.lines.map((line) => (
            <CallState key={line.line} callStatus={line.callStatus} />
          ))}
        </Stack>
      ),
    },
    {
      accessor: "softwareVersion",
      title: t.devices.firmware,
      render: (device) => <span className="figure nowrap">{device.softwareVersion ?? "–"}</span>,
    },
    {
      accessor: "provider",
      title: t.devices.provider,
      render: (device) => (device.provider === null ? "–" : providerName(device.provider)),
    },
    {
      accessor: "lastInformAt",
      title: t.devices.heard,
      render: (device) => <Ago at={device.lastInformAt} />,
    },
  ];
}
