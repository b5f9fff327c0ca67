import { Button, Group, Select, Stack, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { client } from "../client.ts";
import { AccountSelect } from "../elements/account-select.tsx";
import { Draft } from "../elements/draft.tsx";
import { Id } from "../elements/mono.tsx";
import { Page } from "../elements/page.tsx";
import { usePages } from "../elements/pages.ts";
import { Rows } from "../elements/rows.tsx";
import { Search } from "../elements/search.tsx";
import { Time } from "../elements/time.tsx";
import { IconPlus } from "../icons.ts";
import { useApi } from "../layout/apis.ts";
import { useDeed } from "../session/proof.tsx";
import { usePowers } from "../session/session.tsx";

const ROLES = ["owner", "admin", "member"] as const;

/** The people of accounts. */
export function UsersPage() {
  const api = useApi();
  const { mayManage } = usePowers();
  const [search, setSearch] = useState<string>();
  const [accountId, setAccountId] = useState<string | null>(null);
  const [isMaking, setMaking] = useState(false);
  const pages = usePages([api, "users", search, accountId], (cursor, signal) =>
    client.listUsers(
      { api, limit: 25, cursor, search, accountId: accountId ?? undefined },
      { signal },
    ),
  );
  return (
    <Page
      title="Users"
      about="People of your customers: keys and tokens can act for one of them."
      deeds={
        mayManage && (
          <Button leftSection={<IconPlus size={16} />} onClick={() => setMaking(true)}>
            New user
          </Button>
        )
      }
    >
      <Stack gap="sm">
        <Group gap="sm">
          <Search label="Name, e-mail or id" value={search} onChange={setSearch} />
          <AccountSelect isFilter value={accountId} onChange={setAccountId} />
        </Group>
        <Rows
          label="Users"
          pages={pages}
          keyOf={({ id }) => id}
          empty="No user is like that."
          columns={[
            {
              head: "Name",
              cell: ({ name }) => (
                <Text size="sm" fw={550}>
                  {name ?? "–"}
                </Text>
              ),
            },
            { head: "E-mail", cell: ({ email }) => email ?? "–" },
            { head: "Id", cell: ({ id }) => <Id>{id}</Id> },
            {
              head: "Member of",
              cell: ({ memberships }) =>
                memberships.map(({ accountId: id, role }) => (
                  <Text key={id} size="sm">
                    <span className="mono">{id}</span> · {role}
                  </Text>
                )),
            },
            { head: "Made", cell: ({ createdAt }) => <Time at={createdAt} /> },
          ]}
        />
      </Stack>
      {isMaking && <UserDraft onClose={() => setMaking(false)} />}
    </Page>
  );
}

function UserDraft({ onClose }: { readonly onClose: () => void }) {
  const api = useApi();
  const queries = useQueryClient();
  const { attempt, isBusy, error } = useDeed();
  const form = useForm({
    initialValues: {
      name: "",
      email: "",
      accountId: null as string | null,
      role: "member" as (typeof ROLES)[number],
    },
    validate: { accountId: (id) => (id === null ? "Choose an account." : null) },
  });
  const save = form.onSubmit(({ name, email, accountId, role }) =>
    attempt(async () => {
      const person = { name, ...(email !== "" && { email }), role };
      await client.createUser({ api, body: { ...person, accountId: accountId ?? "" } });
      await queries.invalidateQueries({ queryKey: [api, "users"] });
      onClose();
    }),
  );
  return (
    <Draft
      title="New user"
      verb="Make the user"
      isOpen
      isBusy={isBusy}
      error={error}
      onClose={onClose}
      onSubmit={save}
    >
      <TextInput
        label="Name"
        required
        maxLength={200}
        data-autofocus
        {...form.getInputProps("name")}
      />
      <TextInput label="E-mail" type="email" maxLength={254} {...form.getInputProps("email")} />
      <AccountSelect
        required
        value={form.values.accountId}
        onChange={(accountId) => form.setFieldValue("accountId", accountId)}
        error={form.errors.accountId as string | undefined}
      />
      <Select
        label="Role"
        data={[...ROLES]}
        allowDeselect={false}
        {...form.getInputProps("role")}
      />
    </Draft>
  );
}
