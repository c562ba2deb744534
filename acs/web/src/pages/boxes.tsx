import type { BoxSummary } from "@tonalite/acs/api";
import { Badge, Button, SegmentedControl, Stack } from "@mantine/core";
import type { DataTableColumn } from "mantine-datatable";
import { useState } from "react";
import { useBoxes } from "../api/boxes.ts";
import { GiveBoxDialog } from "../dialogs/give-box.tsx";
import type { Messages } from "../language/en.ts";
import { useLanguage, word } from "../language/language.tsx";
import { DeviceName } from "../parts/device-name.tsx";
import { Heading } from "../parts/heading.tsx";
import { List } from "../parts/list.tsx";
import { SearchField, useSearchText } from "../parts/search.tsx";
import { Time } from "../parts/time.tsx";
import { go } from "../route.ts";
import { useSession } from "../session.tsx";

const states = ["ready", "ordered", "faulty", "making"] as const;
const colours: Record<string, string> = { ready: "teal", ordered: "indigo", faulty: "red", making: "gray" };

/** Every box that a factory station made, and where it is on its way to a subscriber. */
export default function BoxesPage() {
  const { t } = useLanguage();
  const { role } = useSession();
  const { text, settled, setText } = useSearchText();
  const [state, setState] = useState("");
  const [isGiving, setGiving] = useState(false);
  const boxes = useBoxes({ search: settled, state: state === "" ? undefined : state });
  const isFiltered = settled !== "" || state !== "";
  return (
    <Stack>
      <Heading title={t.boxes.title} intro={t.boxes.intro}>
        <SegmentedControl
          aria-label={t.boxes.state}
          value={state}
          onChange={setState}
          size="xs"
          data={[
            { value: "", label: t.boxes.all },
            ...states.map((value) => ({ value, label: word(t.boxes.states, value) })),
          ]}
        />
        <SearchField label={t.boxes.search} text={text} onChange={setText} />
        {role === "admin" && <Button onClick={() => setGiving(true)}>{t.boxes.give}</Button>}
      </Heading>
      <List
        pages={boxes}
        columns={columns(t)}
        id={(box) => box.deviceId}
        empty={isFiltered ? t.boxes.nothing : t.boxes.empty}
        {...(isFiltered ? {} : { emptyHint: t.boxes.emptyHint })}
        onOpen={(box) => go({ page: "device", id: box.deviceId, tab: "overview" })}
      />
      {isGiving && (
        <GiveBoxDialog
          onClose={(deviceId) => {
            setGiving(false);
            if (deviceId !== undefined) go({ page: "device", id: deviceId, tab: "overview" });
          }}
        />
      )}
    </Stack>
  );
}

/** Where a box is on its way to a subscriber. */
export function BoxState({ state }: Pick<BoxSummary, "state">) {
  const { t } = useLanguage();
  return (
    <Badge variant="light" color={colours[state] ?? "gray"}>
      {word(t.boxes.states, state)}
    </Badge>
  );
}

function columns(t: Messages): DataTableColumn<BoxSummary>[] {
  const moment = (at: string | null) => (at === null ? t.boxes.notYet : <Time at={at} />);
  return [
    {
      accessor: "serialNumber",
      title: t.boxes.box,
      render: (box) => <DeviceName id={box.deviceId} name={box.serialNumber} note={box.label} />,
    },
    { accessor: "state", title: t.boxes.state, render: (box) => <BoxState state={box.state} /> },
    { accessor: "mac", title: t.boxes.mac, render: (box) => <span className="mono nowrap">{box.mac}</span> },
    { accessor: "station", title: t.boxes.station },
    { accessor: "createdAt", title: t.boxes.made, render: (box) => <Time at={box.createdAt} /> },
    { accessor: "reportedAt", title: t.boxes.tested, render: (box) => moment(box.reportedAt) },
    { accessor: "orderedAt", title: t.boxes.ordered, render: (box) => moment(box.orderedAt) },
    { accessor: "firstSeenAt", title: t.boxes.seen, render: (box) => moment(box.firstSeenAt) },
  ];
}
