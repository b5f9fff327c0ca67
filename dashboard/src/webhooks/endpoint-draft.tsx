import type { IssuedWebhookEndpoint, WebhookEndpoint } from "@latchkey/sdk/client";
import { TagsInput, TextInput } from "@mantine/core";
import { client } from "../client.ts";
import { AccountSelect } from "../elements/account-select.tsx";
import { Draft, useDraft } from "../elements/draft.tsx";
import { useApi } from "../layout/apis.ts";
import { usePowers } from "../session/session.tsx";

const SUGGESTED = [
  "*",
  "account.*",
  "api_key.*",
  "api_key.expiring",
  "api_key.leaked",
  "api_key.revoked",
  "limit.near",
  "signing_key.*",
  "jwt_secret.*",
  "organization_key.*",
  "grant.*",
  "managed_user.*",
  "customer_request.*",
];

interface EndpointDraftProps {
  /** The one that is changed; absent: a new one. */
  readonly endpoint?: WebhookEndpoint;
  readonly onClose: () => void;
  /** Gets the only copy of a new one's secret. */
  readonly onIssued?: (issued: IssuedWebhookEndpoint) => void;
}

/** Says where events go, and which. */
export function EndpointDraft({ endpoint, onClose, onIssued }: EndpointDraftProps) {
  const api = useApi();
  const { accountId: own, isOperator } = usePowers();
  const { form, draft } = useDraft({
    initialValues: {
      url: endpoint?.url ?? "",
      description: endpoint?.description ?? "",
      events: [...(endpoint?.events ?? ["*"])],
      accountId: (own ?? null) as string | null,
    },
    validate: {
      events: (events) => (events.length === 0 ? "Name at least one." : null),
      accountId: (id) => (id === null && !isOperator ? "Choose an account." : null),
    },
    changes: [api, "webhooks"],
    onClose,
    send: async ({ url, description, events, accountId }) => {
      const body = { url, events, description: description.trim() || null };
      if (endpoint === undefined) {
        onIssued?.(await client.createWebhookEndpoint({ api, body: { ...body, accountId } }));
      } else {
        await client.updateWebhookEndpoint({ api, id: endpoint.id, body });
      }
    },
  });
  return (
    <Draft
      title={endpoint === undefined ? "New endpoint" : "Change the endpoint"}
      verb={endpoint === undefined ? "Make the endpoint" : "Save"}
      draft={draft}
    >
      <TextInput
        label="Address"
        description="A server of yours on the public Internet; https wherever you can."
        placeholder="https://example.com/webhooks"
        required
        maxLength={2048}
        data-autofocus
        {...form.getInputProps("url")}
      />
      {endpoint === undefined && (
        <AccountSelect
          {...form.getInputProps("accountId")}
          {...(isOperator && { none: "Events of every account" })}
        />
      )}
      <TagsInput
        label="Events"
        description="Types, a prefix such as api_key.*, or * for all. Press Enter after each."
        data={SUGGESTED}
        required
        maxTags={50}
        {...form.getInputProps("events")}
      />
      <TextInput
        label="What for"
        description="For those who look at the list."
        maxLength={200}
        {...form.getInputProps("description")}
      />
    </Draft>
  );
}
