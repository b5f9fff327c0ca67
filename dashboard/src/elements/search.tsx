import { TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { useState } from "react";
import { IconSearch } from "../icons.ts";

interface SearchProps {
  readonly label: string;
  readonly value: string | undefined;
  readonly onChange: (value: string | undefined) => void;
}

const PAUSE_MILLIS = 250;

/** A field that searches when typing pauses. */
export function Search({ label, value, onChange }: SearchProps) {
  const [text, setText] = useState(value ?? "");
  const search = useDebouncedCallback(
    (next: string) => onChange(next.trim() === "" ? undefined : next.trim()),
    PAUSE_MILLIS,
  );
  return (
    <TextInput
      type="search"
      aria-label={label}
      placeholder={label}
      leftSection={<IconSearch size={16} />}
      maxLength={200}
      w={{ base: "100%", xs: 280 }}
      value={text}
      onChange={(event) => {
        setText(event.currentTarget.value);
        search(event.currentTarget.value);
      }}
    />
  );
}
