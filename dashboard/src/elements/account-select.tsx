import { type ComboboxItem, type OptionsFilter, Select } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { client } from "../client.ts";
import { useApi } from "../layout/apis.ts";
import { usePowers } from "../session/session.tsx";

interface AccountSelectProps {
  readonly value?: string | null | undefined;
  readonly onChange: (accountId: string | null) => void;
  readonly error?: string | undefined;
  readonly required?: boolean;
  /** Without a visible label, as in a row of filters. */
  readonly isFilter?: boolean;
  /** What it means to choose none; absent: one must be chosen. */
  readonly none?: string;
}

const SHOWN = 20;
const PAUSE_MILLIS = 200;
const everyOption: OptionsFilter = ({ options }) => options;

/** Chooses an account by part of its name; a customer who has one alone is not asked. */
export function AccountSelect(props: AccountSelectProps) {
  const { value, onChange, error, required, isFilter } = props;
  const none = props.none ?? (isFilter === true ? "Every account" : undefined);
  const api = useApi();
  const { isOperator, accounts } = usePowers();
  const [text, setText] = useState("");
  const [picked, setPicked] = useState<ComboboxItem>();
  const [search] = useDebouncedValue(text, PAUSE_MILLIS);
  const { data } = useQuery({
    queryKey: [api, "accounts", "choice", search],
    queryFn: ({ signal }) =>
      client.listAccounts({ api, limit: SHOWN, ...(search !== "" && { search }) }, { signal }),
    enabled: isOperator,
  });
  // The way back to a list brings an id alone.
  const { data: named } = useQuery({
    queryKey: [api, "accounts", "named", value],
    queryFn: ({ signal }) => client.getAccount({ api, id: value ?? "" }, { signal }),
    enabled: isOperator && typeof value === "string" && picked?.value !== value,
  });
  const chosen = picked?.value === value ? picked : named && { value: named.id, label: named.name };
  if (!isOperator && accounts.length < 2) return null;
  const found = isOperator ? data?.data : accounts;
  const options = found?.map(({ id, name }) => ({ value: id, label: name })) ?? [];
  const isFound = options.some((option) => option.value === value);
  return (
    <Select
      {...(isFilter === true ? { "aria-label": "Account" } : { label: "Account" })}
      placeholder={none ?? "Choose an account"}
      // What the server finds next may not have the one that was chosen.
      data={chosen === undefined || isFound ? options : [chosen, ...options]}
      value={value ?? null}
      onChange={(id, option) => {
        setPicked(option ?? undefined);
        onChange(id);
      }}
      searchable
      clearable={none !== undefined}
      clearButtonProps={{ "aria-label": none ?? "" }}
      required={required === true}
      error={error}
      nothingFoundMessage={
        search === "" ? "There is none yet: make one under Accounts" : "No account has this name"
      }
      // The server has searched; the label would be searched once more.
      {...(isOperator && { filter: everyOption })}
      onSearchChange={(next) => setText(next === chosen?.label ? "" : next)}
      w={isFilter === true ? { base: "100%", xs: 220 } : undefined}
    />
  );
}
