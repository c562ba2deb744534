import { Alert, Anchor, Button, Group, Stack, Tabs, Text } from "@mantine/core";
import { useState } from "react";
import { useDevice, useOrder } from "../api/queries.ts";
import { Commands } from "../device/commands.tsx";
import { Firmware } from "../device/firmware.tsx";
import { Journal } from "../device/journal.tsx";
import { Overview } from "../device/overview.tsx";
import { Parameters } from "../device/parameters.tsx";
import { NetworkTests } from "../device/tests.tsx";
import { DeviceCalls } from "../device/calls.tsx";
import { Registrations } from "../device/registrations.tsx";
import { RebootDialog } from "../dialogs/reboot.tsx";
import { SettingsDialog } from "../dialogs/settings.tsx";
import { UpdateDialog } from "../dialogs/update.tsx";
import { useLanguage } from "../language/language.tsx";
import { Failure, Waiting } from "../parts/failure.tsx";
import { Heading } from "../parts/heading.tsx";
import { ConnectionState } from "../parts/state.tsx";
import { deviceTabs, go, linkTo, type DeviceTab } from "../route.ts";
import { useSession } from "../session.tsx";
import { nameOf } from "./devices.tsx";

/** Everything about one device. */
export default function DevicePage({ id, tab }: { id: string; tab: DeviceTab }) {
  const { t } = useLanguage();
  const { role } = useSession();
  const device = useDevice(id);
  const wake = useOrder(id);
  const [dialog, setDialog] = useState<"reboot" | "update" | "settings">();
  const [notice, setNotice] = useState<string>();
  const close = (done?: string) => {
    setDialog(undefined);
    if (done !== undefined) setNotice(done);
  };

  const back = (
    <Anchor href={linkTo({ page: "devices" })} size="sm">
      ← {t.device.back}
    </Anchor>
  );
  if (device.isPending) return <Waiting />;
  if (device.data === undefined)
    return (
      <Stack>
        {back}
        <Failure error={device.error} onRetry={() => void device.refetch()} />
      </Stack>
    );
  const { data } = device;
  return (
    <Stack>
      {back}
      <Heading title={nameOf(data)}>
        <Button
          variant="default"
          title={t.device.wakeHint}
          loading={wake.isPending}
          onClick={() => wake.mutate({ kind: "wake" }, { onSuccess: () => setNotice(t.device.woken) })}
        >
          {t.device.wake}
        </Button>
        {role === "admin" && (
          <Button variant="default" onClick={() => setDialog("settings")}>
            {t.settings.open}
          </Button>
        )}
        <Button variant="default" onClick={() => setDialog("reboot")}>
          {t.device.reboot}
        </Button>
        <Button onClick={() => setDialog("update")}>{t.firmware.update}</Button>
      </Heading>
      <Group gap="lg">
        <ConnectionState connection={data.connection} />
        <Text size="sm" c="dimmed" className="mono">
          {data.id}
        </Text>
      </Group>
      {device.isError && <Failure error={device.error} />}
      {wake.isError && <Failure error={wake.error} />}
      {notice !== undefined && (
        <Alert
          color="teal"
          role="status"
          withCloseButton
          closeButtonLabel={t.common.close}
          onClose={() => setNotice(undefined)}
        >
          {notice}
        </Alert>
      )}
      <Tabs
        value={tab}
        onChange={(next) =>
          go({ page: "device", id, tab: deviceTabs.find((one) => one === next) ?? "overview" })
        }
        keepMounted={false}
      >
        <Tabs.List mb="md">
          {deviceTabs.map((one) => (
            <Tabs.Tab key={one} value={one}>
              {t.device.tabs[one]}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <Tabs.Panel value="overview">
          <Overview device={data} />
        </Tabs.Panel>
        <Tabs.Panel value="calls">
          <DeviceCalls id={id} />
        </Tabs.Panel>
        <Tabs.Panel value="registrations">
          <Registrations id={id} />
        </Tabs.Panel>
        <Tabs.Panel value="firmware">
          <Firmware device={data} />
        </Tabs.Panel>
        <Tabs.Panel value="tests">
          <NetworkTests id={id} />
        </Tabs.Panel>
        <Tabs.Panel value="parameters">
          <Parameters id={id} />
        </Tabs.Panel>
        <Tabs.Panel value="commands">
          <Commands id={id} />
        </Tabs.Panel>
        <Tabs.Panel value="journal">
          <Journal id={id} />
        </Tabs.Panel>
      </Tabs>
      {dialog === "reboot" && <RebootDialog device={data} onClose={close} />}
      {dialog === "settings" && <SettingsDialog device={data} onClose={close} />}
      {dialog === "update" && <UpdateDialog device={data} onClose={close} />}
    </Stack>
  );
}
