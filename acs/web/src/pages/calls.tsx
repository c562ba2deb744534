import { SegmentedControl, Stack } from "@mantine/core";
import { useState } from "react";
import { useAllCalls } from "../api/queries.ts";
import { useLanguage } from "../language/language.tsx";
import { CallsTable } from "../parts/calls-table.tsx";
import { Heading } from "../parts/heading.tsx";
import { SearchField, useSearchText } from "../parts/search.tsx";

/** The calls of all devices. */
export default function CallsPage() {
  const { t } = useLanguage();
  const { text, settled, setText } = useSearchText();
  const [direction, setDirection] = useState("");
  const calls = useAllCalls({ number: settled, direction: direction === "" ? undefined : direction });
  return (
    <Stack>
      <Heading title={t.calls.title}>
        <SegmentedControl
          aria-label={t.calls.direction}
          size="xs"
          value={direction}
          onChange={setDirection}
          data={[
            { value: "", label: t.devices.all },
            { value: "outgoing", label: t.calls.outgoing },
            { value: "incoming", label: t.calls.incoming },
          ]}
        />
        <SearchField label={t.calls.numberSearch} text={text} onChange={setText} width={220} />
      </Heading>
      <CallsTable calls={calls} withDevice />
    </Stack>
  );
}
