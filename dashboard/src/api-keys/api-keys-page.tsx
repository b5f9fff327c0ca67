import type { ApiKey, IssuedApiKey } from "@latchkey/sdk/client";
import { Anchor, Badge, Button, Checkbox, Group, Select, Stack, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { client } from "../client.ts";
import { AccountSelect } from "../elements/account-select.tsx";
import { Confirm } from "../elements/confirm.tsx";
import { useKept } from "../elements/kept.ts";
import { Page } from "../elements/page.tsx";
import { usePages } from "../elements/pages.ts";
import { type Column, Rows } from "../elements/rows.tsx";
import { Search } from "../elements/search.tsx";
import { Secrets } from "../elements/secret.tsx";
import { Status } from "../elements/status.tsx";
import { Time } from "../elements/time.tsx";
import { IconPlus } from "../icons.ts";
import { useApi } from "../layout/apis.ts";
import { usePowers } from "../session/session.tsx";
import { Findings } from "./findings.tsx";
import { issuedSecrets } from "./issued-secrets.ts";
import type { KeyFilter } from "./key-filter.ts";
import { NewApiKey } from "./new-api-key.tsx";

const STATUSES = ["active", "rotated", "expired", "revoked"] as const;

/** The list of keys, and what is done to several of them at once. */
export function ApiKeysPage() {
  const api = useApi();
  const { mayWrite, accounts } = usePowers();
  const [filter, setFilter] = useKept<KeyFilter>("keys", {});
  const [isMaking, setMaking] = useState(false);
  const [issued, setIssued] = useState<IssuedApiKey>();
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const pages = usePages([api, "api-keys", filter], (cursor, signal) =>
    client.listApiKeys({ api, limit: 25, cursor, ...filter }, { signal }),
  );
  const narrow = (change: KeyFilter) => {
    setChosen(new Set());
    setFilter({ ...filter, ...change });
  };
  const mayChange = mayWrite("api-keys");
  return (
    <Page
      title="API keys"
      about="A key is shown once, when it is made. Lists show how it begins and its last characters."
      deeds={
        mayChange && (
          <Button leftSection={<IconPlus size={16} />} onClick={() => setMaking(true)}>
            New key
          </Button>
        )
      }
    >
      <Findings chosen={filter.finding} onChoose={(finding) => narrow({ finding })} />
      <Stack gap="sm">
        <Group gap="sm">
          <Search
            label="Name, id or last four"
            value={filter.search}
            onChange={(search) => narrow({ search })}
          />
          <Select
            aria-label="Status"
            placeholder="Every status"
            clearable
            clearButtonProps={{ "aria-label": "Every status" }}
            data={[...STATUSES]}
            value={filter.status ?? null}
            onChange={(status) => narrow({ status: STATUSES.find((each) => each === status) })}
            w={{ base: "100%", xs: 160 }}
          />
          <AccountSelect
            isFilter
            value={filter.accountId ?? null}
            onChange={(accountId) => narrow({ accountId: accountId ?? undefined })}
          />
          {chosen.size > 0 && <RevokeChosen ids={chosen} onDone={() => setChosen(new Set())} />}
        </Group>
        <Rows
          label="API keys"
          pages={pages}
          columns={columns({
            ...{ api, accounts, chosen, keys: pages.rows ?? [] },
            onChoose: mayChange ? setChosen : undefined,
          })}
          keyOf={({ id }) => id}
          empty={<Empty isFiltered={Object.values(filter).some((each) => each !== undefined)} />}
        />
      </Stack>
      {isMaking && <NewApiKey onClose={() => setMaking(false)} onIssued={setIssued} />}
      <Secrets
        title="Your new key"
        secrets={issued === undefined ? undefined : issuedSecrets(issued)}
        onClose={() => setIssued(undefined)}
      />
    </Page>
  );
}

function Empty({ isFiltered }: { readonly isFiltered: boolean }) {
  if (isFiltered) return <Text c="dimmed">No key is like that.</Text>;
  return (
    <>
      <Text fw={600}>No keys yet</Text>
      <Text c="dimmed" ta="center" maw={420}>
        A key lets a program call the API. Make one, give it only the scopes it needs, and say when
        it ends.
      </Text>
    </>
  );
}

function columns({
  api,
  accounts,
  keys,
  chosen,
  onChoose,
}: {
  /** Those that are shown. */
  readonly keys: readonly ApiKey[];
  readonly api: string;
  /** Those of a customer, who is told which if there are several. */
  readonly accounts: readonly { readonly id: string; readonly name: string }[];
  readonly chosen: ReadonlySet<string>;
  readonly onChoose: ((ids: ReadonlySet<string>) => void) | undefined;
}): readonly Column<ApiKey>[] {
  const shown = keys.filter(({ status }) => status !== "revoked").map(({ id }) => id);
  const chosenHere = shown.filter((id) => chosen.has(id)).length;
  const choice: Column<ApiKey> = {
    head: "Choice",
    isQuiet: true,
    headCell: (
      <Checkbox
        aria-label="Choose all that are shown"
        checked={chosenHere > 0 && chosenHere === shown.length}
        indeterminate={chosenHere > 0 && chosenHere < shown.length}
        disabled={shown.length === 0}
        onChange={({ currentTarget: { checked } }) =>
          onChoose?.(new Set(checked ? [...chosen, ...shown] : []))
        }
      />
    ),
    cell: ({ id, name, status }) =>
      status !== "revoked" && (
        <Checkbox
          aria-label={`Choose ${name}`}
          checked={chosen.has(id)}
          onChange={({ currentTarget: { checked } }) =>
            onChoose?.(new Set([...chosen].filter((each) => each !== id).concat(checked ? id : [])))
          }
        />
      ),
  };
  return [
    ...(onChoose === undefined ? [] : [choice]),
    {
      head: "Name",
      cell: ({ id, name }) => (
        <Anchor
          size="sm"
          fw={550}
          renderRoot={(props) => (
            <Link to="/apis/$api/api-keys/$id" params={{ api, id }} {...props} />
          )}
        >
          {name}
        </Anchor>
      ),
    },
    {
      head: "Key",
      cell: ({ prefix, lastFour }) => (
        <span className="mono whole">
          {prefix}…{lastFour}
        </span>
      ),
    },
    ...(accounts.length < 2 ? [] : [accountOf(accounts)]),
    { head: "Status", cell: ({ status }) => <Status of={status} /> },
    {
      head: "Mode",
      cell: ({ mode }) => (
        <Badge variant="default" tt="none" fw={500}>
          {mode}
        </Badge>
      ),
    },
    { head: "Scopes", cell: ({ scopes }) => spokenScopes(scopes) },
    { head: "Last used", cell: ({ lastUsedAt }) => <Time at={lastUsedAt} /> },
    { head: "Made", cell: ({ createdAt }) => <Time at={createdAt} /> },
    { head: "Ends", cell: ({ expiresAt }) => <Time at={expiresAt} /> },
  ];
}

function accountOf(accounts: Parameters<typeof columns>[0]["accounts"]): Column<ApiKey> {
  const names = new Map(accounts.map(({ id, name }) => [id, name]));
  return { head: "Account", cell: ({ accountId }) => names.get(accountId) };
}

function spokenScopes(scopes: readonly string[]) {
  const [first, ...more] = scopes;
  if (first === undefined) {
    return (
      <Text span inherit c="dimmed">
        none
      </Text>
    );
  }
  return (
    <span title={scopes.join(", ")}>
      {first}
      {more.length > 0 && ` +${more.length}`}
    </span>
  );
}

function RevokeChosen({
  ids,
  onDone,
}: {
  readonly ids: ReadonlySet<string>;
  readonly onDone: () => void;
}) {
  const api = useApi();
  const queries = useQueryClient();
  const [isOpen, setOpen] = useState(false);
  const noun = ids.size === 1 ? "key" : "keys";
  const revoke = async () => {
    try {
      for (const id of ids) await client.revokeApiKey({ api, id });
    } finally {
      // Those before the one that failed are revoked; to revoke them again changes nothing.
      await queries.invalidateQueries({ queryKey: [api] });
    }
    notifications.show({ message: `${ids.size} ${noun} revoked.` });
    onDone();
  };
  return (
    <>
      <Button variant="light" color="red" onClick={() => setOpen(true)}>
        Revoke {ids.size} {noun}
      </Button>
      <Confirm
        title={`Revoke ${ids.size} ${noun}?`}
        verb="Revoke"
        isOpen={isOpen}
        onClose={() => setOpen(false)}
        deed={revoke}
      >
        Whoever uses them is refused at once. This cannot be undone.
      </Confirm>
    </>
  );
}
