import type { IssuedWebhookEndpoint, WebhookEndpoint } from "@latchkey/sdk/client";
import { TagsInput, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQueryClient } from "@tanstack/react-query";
import { client } from "../client.ts";
import { AccountSelect } from "../elements/account-select.tsx";
import { Draft } from "../elements/draft.tsx";
import { useApi } from "../layout/apis.ts";
import { useDeed } from "../session/proof.tsx";
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
  const queries = useQueryClient();
  const { accountId: own, isOperator } = usePowers();
  const { attempt, isBusy, error } = useDeed();
  const form = useForm({
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
  });
  const save = form.onSubmit(({ url, description, events, accountId }) =>
    attempt(async () => {
      const body = { url, events, description: description.trim() || null };
      if (endpoint === undefined) {
        onIssued?.(await client.createWebhookEndpoint({ api, body: { ...body, accountId } }));
      } else {
        await client.updateWebhookEndpoint({ api, id: endpoint.id, body });
      }
      await queries.invalidateQueries({ queryKey: [api, "webhooks"] });
      onClose();
    }),
  );
  return (
    <Draft
      title={endpoint === undefined ? "New endpoint" : "Change the endpoint"}
      verb={endpoint === undefined ? "Make the endpoint" : "Save"}
      isOpen
      isBusy={isBusy}
      error={error}
      onClose={onClose}
      onSubmit={save}
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
          value={form.values.accountId}
          onChange={(accountId) => form.setFieldValue("accountId", accountId)}
          error={form.errors.accountId as string | undefined}
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
