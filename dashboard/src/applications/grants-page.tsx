import type { Grant } from "@latchkey/sdk/client";
import { Button, Group, Stack } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { client } from "../client.ts";
import { AccountSelect } from "../elements/account-select.tsx";
import { Confirm } from "../elements/confirm.tsx";
import { useKept } from "../elements/kept.ts";
import { Page } from "../elements/page.tsx";
import { usePages } from "../elements/pages.ts";
import { Rows } from "../elements/rows.tsx";
import { Status } from "../elements/status.tsx";
import { Time } from "../elements/time.tsx";
import { useApi } from "../layout/apis.ts";
import { usePowers } from "../session/session.tsx";

/** Which users approved which applications. */
export function GrantsPage() {
  const api = useApi();
  const { mayWrite } = usePowers();
  const [accountId, setAccountId] = useKept<string | null>("account", null);
  const [ending, setEnding] = useState<Grant>();
  const queries = useQueryClient();
  const pages = usePages([api, "grants", accountId], (cursor, signal) =>
    client.listGrants({ api, limit: 25, cursor, accountId: accountId ?? undefined }, { signal }),
  );
  const revoke = async () => {
    if (ending !== undefined) await client.revokeGrant({ api, id: ending.id });
    await queries.invalidateQueries({ queryKey: [api, "grants"] });
  };
  return (
    <Page
      title="Approved by users"
      about="Each line is a user's approval of an application. Ending it ends all of its tokens."
    >
      <Stack gap="sm">
        <Group>
          <AccountSelect isFilter value={accountId} onChange={setAccountId} />
        </Group>
        <Rows
          label="Approvals"
          pages={pages}
          keyOf={({ id }) => id}
          empty={
            accountId === null
              ? "No user has approved an application yet. Applications send their users to the authorize address; what those approve stands here, and can be ended here."
              : "No user of this account has approved an application."
          }
          columns={[
            {
              head: "Application",
              cell: ({ applicationId }) => <span className="mono">{applicationId}</span>,
            },
            { head: "User", cell: ({ userId }) => <span className="mono">{userId}</span> },
            { head: "Scopes", cell: ({ scopes }) => scopes.join(", ") || "none" },
            { head: "Status", cell: ({ status }) => <Status of={status} /> },
            { head: "Approved", cell: ({ createdAt }) => <Time at={createdAt} /> },
            { head: "Last token", cell: ({ lastUsedAt }) => <Time at={lastUsedAt} /> },
            {
              head: "Deeds",
              isQuiet: true,
              align: "right",
              cell: (grant) =>
                grant.status === "active" &&
                mayWrite("applications") && (
                  <Button
                    size="xs"
                    variant="light"
                    color="red"
                    aria-label={`End the approval of ${grant.applicationId}`}
                    onClick={() => setEnding(grant)}
                  >
                    End
                  </Button>
                ),
            },
          ]}
        />
      </Stack>
      <Confirm
        title="End this approval?"
        verb="End it"
        isOpen={ending !== undefined}
        onClose={() => setEnding(undefined)}
        deed={revoke}
      >
        The application can no longer act for the user, until the user approves it again.
      </Confirm>
    </Page>
  );
}
