import { Anchor, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { linkTo, type DeviceTab } from "../route.ts";

/** A device in a list: its name as the way to it, and a line of small print. */
export function DeviceName(props: { id: string; name: string; note: ReactNode; tab?: DeviceTab }) {
  const { id, name, note, tab = "overview" } = props;
  return (
    <>
      <Anchor
        href={linkTo({ page: "device", id, tab })}
        fw={600}
        size="sm"
        onClick={(event) => event.stopPropagation()}
      >
        {name}
      </Anchor>
      {note !== null && (
        <Text size="xs" c="dimmed">
          {note}
        </Text>
      )}
    </>
  );
}
