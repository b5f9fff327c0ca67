import type { User } from "@latchkey/sdk/client";
import { Button, Group, Stack, Text } from "@mantine/core";
import { useState } from "react";
import { client } from "../client.ts";
import { AccountSelect } from "../elements/account-select.tsx";
import { useKept } from "../elements/kept.ts";
import { Id } from "../elements/mono.tsx";
import { Name } from "../elements/name.tsx";
import { Page } from "../elements/page.tsx";
import { usePages } from "../elements/pages.ts";
import { Rows } from "../elements/rows.tsx";
import { Search } from "../elements/search.tsx";
import { Time } from "../elements/time.tsx";
import { IconPlus } from "../icons.ts";
import { useApi } from "../layout/apis.ts";
import { usePowers } from "../session/session.tsx";
import { LeaveAccount } from "./leave-account.tsx";
import { MembershipDraft } from "./membership-draft.tsx";
import { UserDeeds } from "./user-deeds.tsx";
import { UserDraft } from "./user-draft.tsx";

/** The people of accounts. */
export function UsersPage() {
  const api = useApi();
  const { mayManage } = usePowers();
  const [search, setSearch] = useKept<string | undefined>("search", undefined);
  const [accountId, setAccountId] = useKept<string | null>("account", null);
  const [isMaking, setMaking] = useState(false);
  const [joining, setJoining] = useState<User>();
  const [leaving, setLeaving] = useState<User>();
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
          empty={
            search === undefined && accountId === null
              ? "There are no users yet. A user is a person of an account, and can be invited to sign in here."
              : "No user is like that."
          }
          columns={[
            {
              head: "Name",
              cell: ({ name }) => <Name>{name ?? "–"}</Name>,
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
            {
              head: "Deeds",
              isQuiet: true,
              align: "right",
              cell: (user) =>
                mayManage && (
                  <UserDeeds
                    user={user}
                    onJoin={() => setJoining(user)}
                    onLeave={() => setLeaving(user)}
                  />
                ),
            },
          ]}
        />
      </Stack>
      {isMaking && <UserDraft onClose={() => setMaking(false)} />}
      {joining !== undefined && (
        <MembershipDraft user={joining} onClose={() => setJoining(undefined)} />
      )}
      <LeaveAccount user={leaving} onClose={() => setLeaving(undefined)} />
    </Page>
  );
}
