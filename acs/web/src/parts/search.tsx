import { TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useState } from "react";
import { SearchIcon } from "./icons.tsx";

/** A text that is searched for; `settled` follows when typing pauses. */
export function useSearchText(): { text: string; settled: string; setText: (text: string) => void } {
  const [text, setText] = useState("");
  const [settled] = useDebouncedValue(text, 250);
  return { text, settled, setText };
}

export function SearchField({
  label,
  text,
  onChange,
  width = 320,
}: {
  label: string;
  text: string;
  onChange: (text: string) => void;
  width?: number;
}) {
  return (
    <TextInput
      type="search"
      aria-label={label}
      placeholder={label}
      leftSection={<SearchIcon />}
      value={text}
      maxLength={100}
      w={width}
      maw="100%"
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  );
}
