import type { Account } from "@latchkey/sdk/client";
import { Button, Group, Menu, Select, Stack, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { client } from "../client.ts";
import { Confirm } from "../elements/confirm.tsx";
import { Deeds } from "../elements/deeds.tsx";
import { Draft, useDraft } from "../elements/draft.tsx";
import { useKept } from "../elements/kept.ts";
import { Id } from "../elements/mono.tsx";
import { Name, NameInput } from "../elements/name.tsx";
import { Page } from "../elements/page.tsx";
import { usePages } from "../elements/pages.ts";
import { Rows } from "../elements/rows.tsx";
import { Search } from "../elements/search.tsx";
import { Status } from "../elements/status.tsx";
import { Time } from "../elements/time.tsx";
import { IconPlus } from "../icons.ts";
import { useApi, useApiDetail } from "../layout/apis.ts";
import { usePowers } from "../session/session.tsx";

const STATUSES = ["active", "suspended"] as const;
const KINDS = ["account", "platform", "organization", "team"] as const;

/** The customers that own credentials. */
export function AccountsPage() {
  const api = useApi();
  const { mayManage } = usePowers();
  const [search, setSearch] = useKept<string | undefined>("search", undefined);
  const [status, setStatus] = useKept<Account["status"] | undefined>("status", undefined);
  const [draft, setDraft] = useState<Account | "new">();
  const pages = usePages([api, "accounts", search, status], (cursor, signal) =>
    client.listAccounts({ api, limit: 25, cursor, search, status }, { signal }),
  );
  return (
    <Page
      title="Accounts"
      about="The customers of the API. Suspending one refuses all of its credentials at once."
      deeds={
        mayManage && (
          <Button leftSection={<IconPlus size={16} />} onClick={() => setDraft("new")}>
            New account
          </Button>
        )
      }
    >
      <Stack gap="sm">
        <Group gap="sm">
          <Search label="Name, id or external id" value={search} onChange={setSearch} />
          <Select
            aria-label="Status"
            placeholder="Every status"
            clearable
            clearButtonProps={{ "aria-label": "Every status" }}
            data={[...STATUSES]}
            value={status ?? null}
            onChange={(value) => setStatus(STATUSES.find((each) => each === value))}
            w={{ base: "100%", xs: 160 }}
          />
        </Group>
        <Rows
          label="Accounts"
          pages={pages}
          keyOf={({ id }) => id}
          empty={
            search === undefined && status === undefined
              ? "There are no accounts yet. Make one for each customer: keys, users and applications are its."
              : "No account is like that."
          }
          columns={[
            {
              head: "Name",
              cell: ({ name }) => <Name>{name}</Name>,
            },
            { head: "Id", cell: ({ id }) => <Id>{id}</Id> },
            { head: "Kind", cell: ({ kind }) => kind },
            { head: "Plan", cell: ({ plan }) => plan ?? "–" },
            { head: "Status", cell: (account) => <Status of={account.status} /> },
            { head: "Made", cell: ({ createdAt }) => <Time at={createdAt} /> },
            {
              head: "Deeds",
              isQuiet: true,
              align: "right",
              cell: (account) =>
                mayManage && <AccountDeeds account={account} onEdit={() => setDraft(account)} />,
            },
          ]}
        />
      </Stack>
      {draft !== undefined && (
        <AccountDraft
          {...(draft !== "new" && { account: draft })}
          onClose={() => setDraft(undefined)}
        />
      )}
    </Page>
  );
}

function AccountDeeds({
  account,
  onEdit,
}: {
  readonly account: Account;
  readonly onEdit: () => void;
}) {
  const api = useApi();
  const queries = useQueryClient();
  const [isAsking, setAsking] = useState(false);
  const [isActive, setActive] = useState(true);
  const { id, name, status } = account;
  // The question goes on being the one that was asked when the list has the answer to it.
  const ask = () => {
    setActive(status === "active");
    setAsking(true);
  };
  const change = async () => {
    await (isActive ? client.suspendAccount({ api, id }) : client.resumeAccount({ api, id }));
    await queries.invalidateQueries({ queryKey: [api, "accounts"] });
  };
  return (
    <>
      <Deeds of={name}>
        <Menu.Item onClick={onEdit}>Edit</Menu.Item>
        <Menu.Item {...(status === "active" && { color: "red" })} onClick={ask}>
          {status === "active" ? "Suspend" : "Resume"}
        </Menu.Item>
      </Deeds>
      <Confirm
        title={`${isActive ? "Suspend" : "Resume"} “${name}”?`}
        verb={isActive ? "Suspend" : "Resume"}
        isHarmless={!isActive}
        isOpen={isAsking}
        onClose={() => setAsking(false)}
        deed={change}
      >
        {isActive
          ? "All of its credentials are refused until it is resumed."
          : "Its credentials work again."}
      </Confirm>
    </>
  );
}

function AccountDraft({
  account,
  onClose,
}: {
  readonly account?: Account;
  readonly onClose: () => void;
}) {
  const api = useApi();
  const detail = useApiDetail();
  const { form, draft } = useDraft({
    initialValues: {
      name: account?.name ?? "",
      kind: account?.kind ?? ("account" as Account["kind"]),
      plan: account?.plan ?? "",
      externalId: account?.externalId ?? "",
    },
    changes: [api, "accounts"],
    onClose,
    send: async ({ kind, name, plan, externalId }) => {
      const body = { name, plan: orNull(plan), externalId: orNull(externalId) };
      await (account === undefined
        ? client.createAccount({ api, body: { ...body, kind } })
        : client.updateAccount({ api, id: account.id, body }));
    },
  });
  return (
    <Draft
      title={account === undefined ? "New account" : "Edit the account"}
      verb={account === undefined ? "Make the account" : "Save"}
      draft={draft}
    >
      <NameInput {...form.getInputProps("name")} />
      {account === undefined && (
        <Select
          label="Kind"
          data={[...KINDS]}
          allowDeselect={false}
          {...form.getInputProps("kind")}
        />
      )}
      <TextInput
        label="Plan"
        description={
          detail?.plans.length ? `One of ${detail.plans.join(", ")}.` : "What it has bought."
        }
        maxLength={100}
        {...form.getInputProps("plan")}
      />
      <TextInput
        label="External id"
        description="The account's id in your own system."
        maxLength={200}
        {...form.getInputProps("externalId")}
      />
    </Draft>
  );
}

function orNull(text: string): string | null {
  return text.trim() === "" ? null : text.trim();
}
