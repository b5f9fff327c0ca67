import type { IssuedWebhookEndpoint } from "@latchkey/sdk/client";
import { Anchor, Button, Group, Stack } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { client } from "../client.ts";
import { AccountSelect } from "../elements/account-select.tsx";
import { useKept } from "../elements/kept.ts";
import { Page } from "../elements/page.tsx";
import { usePages } from "../elements/pages.ts";
import { Rows } from "../elements/rows.tsx";
import { Status } from "../elements/status.tsx";
import { Time } from "../elements/time.tsx";
import { IconPlus } from "../icons.ts";
import { useApi } from "../layout/apis.ts";
import { usePowers } from "../session/session.tsx";
import { EndpointDraft } from "./endpoint-draft.tsx";
import { EndpointSecret } from "./endpoint-secret.tsx";

/** Where events are sent. */
export function WebhooksPage() {
  const api = useApi();
  const { mayWrite } = usePowers();
  const [accountId, setAccountId] = useKept<string | null>("account", null);
  const [isMaking, setMaking] = useState(false);
  const [issued, setIssued] = useState<IssuedWebhookEndpoint>();
  const pages = usePages([api, "webhooks", accountId], (cursor, signal) =>
    client.listWebhookEndpoints(
      { api, limit: 25, cursor, accountId: accountId ?? undefined },
      { signal },
    ),
  );
  return (
    <Page
      title="Webhooks"
      about="Servers that are told what happens: with signed requests, until they have answered."
      deeds={
        mayWrite("webhooks") && (
          <Button leftSection={<IconPlus size={16} />} onClick={() => setMaking(true)}>
            New endpoint
          </Button>
        )
      }
    >
      <Stack gap="sm">
        <Group>
          <AccountSelect isFilter value={accountId} onChange={setAccountId} />
        </Group>
        <Rows
          label="Endpoints"
          pages={pages}
          keyOf={({ id }) => id}
          empty={
            accountId === null
              ? "Nothing is sent anywhere yet. An endpoint of yours is told what happens here: keys that end, approvals that are revoked, events of the API itself."
              : "This account has no endpoint."
          }
          columns={[
            {
              head: "Address",
              cell: ({ id, url }) => (
                <Anchor
                  size="sm"
                  className="address"
                  renderRoot={(props) => (
                    <Link to="/apis/$api/webhooks/$id" params={{ api, id }} {...props} />
                  )}
                >
                  {url}
                </Anchor>
              ),
            },
            { head: "What for", cell: ({ description }) => description ?? "–" },
            {
              head: "Events",
              cell: ({ events }) => <span className="mono">{events.join(", ")}</span>,
            },
            { head: "Status", cell: ({ status }) => <Status of={status} /> },
            {
              head: "Failing since",
              cell: ({ failingSince }) => <Time at={failingSince} none="–" />,
            },
            { head: "Made", cell: ({ createdAt }) => <Time at={createdAt} /> },
          ]}
        />
      </Stack>
      {isMaking && <EndpointDraft onClose={() => setMaking(false)} onIssued={setIssued} />}
      <EndpointSecret issued={issued} onClose={() => setIssued(undefined)} />
    </Page>
  );
}
