import { useLocation, useNavigate } from "@tanstack/react-router";
import { useState } from "react";

declare module "@tanstack/react-router" {
  interface HistoryState {
    readonly kept?: Readonly<Record<string, unknown>>;
  }
}

/**
 * State that the way back to a page, and a reload, find again: kept beside the page's address and not
 * in it, where a key that somebody pastes into a search would stay to be read.
 */
export function useKept<Value>(name: string, initial: Value): [Value, (value: Value) => void] {
  const navigate = useNavigate();
  const kept = useLocation({ select: ({ state }) => state.kept });
  const [value, setValue] = useState(() => (kept?.[name] as Value | undefined) ?? initial);
  const keep = (next: Value) => {
    setValue(next);
    void navigate({
      to: ".",
      search: true,
      state: ({ kept: others, ...state }) => ({ ...state, kept: { ...others, [name]: next } }),
      replace: true,
      resetScroll: false,
    });
  };
  return [value, keep];
}
