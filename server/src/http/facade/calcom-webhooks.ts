import { ApiError } from "@latchkey/engine";
import { type Static, Type } from "typebox";
import { checkUrl } from "../../accounts/webhook-rules.ts";
import type { WebhookEndpointRecord } from "../../store/webhook-record.ts";
import type { App } from "../app.ts";
import type { ProtectedApi } from "../protected-api.ts";
import { Nullable, Text } from "../schemas/base.ts";
import { createForClient, type OfClient } from "./calcom-client-guard.ts";
import { createCredentialCall } from "./credential-call.ts";
import { type FacadeParts, OWN_ENDPOINT } from "./profile-facade.ts";

const { config, schema } = OWN_ENDPOINT;
const PATH = "/v2/oauth-clients/:clientId/webhooks";
const TAKEN = "Webhook with this subscriber url already exists for this oAuth client";
const FOREIGN = "Webhook does not belong to this oAuth client";
/** More than a client can have. */
const ALL = { limit: 250, after: undefined } as const;

const members = {
  subscriberUrl: Text({ minLength: 1, maxLength: 2048 }),
  active: Type.Boolean(),
  triggers: Type.Array(Type.String({ pattern: "^[A-Z][A-Z0-9_]{1,63}$" }), {
    minItems: 1,
    maxItems: 50,
  }),
  payloadTemplate: Nullable(Text({ minLength: 1, maxLength: 8192 })),
  secret: Text({ minLength: 1, maxLength: 255 }),
  version: Type.String({ pattern: "^\\d{4}-\\d{2}-\\d{2}$" }),
};

// The document's server ignores members that it does not know.
const NewWebhookBody = Type.Object({
  subscriberUrl: members.subscriberUrl,
  active: members.active,
  triggers: members.triggers,
  payloadTemplate: Type.Optional(members.payloadTemplate),
  secret: Type.Optional(members.secret),
  version: Type.Optional(members.version),
});
const WebhookChangesBody = Type.Partial(Type.Object(members));
const WebhooksQuery = Type.Object({
  skip: Type.Integer({ minimum: 0, maximum: 1_000_000, default: 0 }),
  take: Type.Integer({ minimum: 1, maximum: 250, default: 250 }),
});

interface OfWebhook extends OfClient {
  readonly Params: { readonly clientId: string; readonly webhookId: string };
}

/** A client's webhooks, looked after with the client's own id and secret. */
export function addClientWebhooks(app: App, api: ProtectedApi, parts: FacadeParts): void {
  const { webhookEndpoints } = parts;
  const { slug } = api;
  const callOf = createCredentialCall(api, parts);
  const forClient = createForClient(api, parts);

  app.post<OfClient & { Body: Static<typeof NewWebhookBody> }>(
    PATH,
    { config, schema: { ...schema, body: NewWebhookBody } },
    forClient(async (request, applicationId) => {
      const { subscriberUrl: url, active: enabled, triggers: events, ...rest } = request.body;
      checkUrl(url, "subscriberUrl");
      const { secret = null, payloadTemplate = null, version = null } = rest;
      const draft = { applicationId, url, events, enabled, secret, payloadTemplate, version };
      const made = await webhookEndpoints.create(callOf(request), draft).catch(worded);
      return webhookWire(made, secret);
    }, 201),
  );

  app.get<OfClient & { Querystring: Static<typeof WebhooksQuery> }>(
    PATH,
    { config, schema: { ...schema, querystring: WebhooksQuery } },
    forClient(async ({ query: { skip, take } }, applicationId) => {
      const all = await allOf(applicationId);
      return all.slice(skip, skip + take).map((webhook) => webhookWire(webhook));
    }),
  );

  app.get<OfWebhook>(
    `${PATH}/:webhookId`,
    OWN_ENDPOINT,
    forClient(async (request, applicationId) =>
      webhookWire(await ownWebhook(request.params.webhookId, applicationId)),
    ),
  );

  app.patch<OfWebhook & { Body: Static<typeof WebhookChangesBody> }>(
    `${PATH}/:webhookId`,
    { config, schema: { ...schema, body: WebhookChangesBody } },
    forClient(async (request, applicationId) => {
      const { subscriberUrl: url, active: enabled, triggers: events } = request.body;
      const { payloadTemplate, version, secret } = request.body;
      const { id } = await ownWebhook(request.params.webhookId, applicationId);
      if (url !== undefined) checkUrl(url, "subscriberUrl");
      const named = { id, applicationId };
      const changes = { url, enabled, events, payloadTemplate, version };
      const changed = await webhookEndpoints.update(callOf(request), named, changes).catch(worded);
      if (secret === undefined) return webhookWire(changed);
      const rotation = { secret, overlapSeconds: 0, force: true };
      return webhookWire(await webhookEndpoints.rotate(callOf(request), named, rotation), secret);
    }),
  );

  app.delete<OfWebhook>(
    `${PATH}/:webhookId`,
    OWN_ENDPOINT,
    forClient(async (request, applicationId) => {
      const webhook = await ownWebhook(request.params.webhookId, applicationId);
      await webhookEndpoints.revoke(callOf(request), { id: webhook.id, applicationId });
      return webhookWire(webhook);
    }),
  );

  app.delete<OfClient>(
    PATH,
    OWN_ENDPOINT,
    forClient(async (request, applicationId) => {
      const all = await allOf(applicationId);
      for (const { id } of all)
        await webhookEndpoints.revoke(callOf(request), { id, applicationId });
      return `${all.length} webhooks deleted`;
    }),
  );

  /** From the first one made to the last. */
  async function allOf(applicationId: string): Promise<readonly WebhookEndpointRecord[]> {
    const filter = { applicationId, live: true };
    return (await webhookEndpoints.list(slug, filter, ALL)).items.toReversed();
  }

  /** The client's live webhook; another client's is refused by name, as the document has it. */
  async function ownWebhook(id: string, applicationId: string): Promise<WebhookEndpointRecord> {
    const webhook = await webhookEndpoints.find(slug, { id: id.slice(0, 128) });
    if (webhook.revokedAt !== null) {
      throw new ApiError("NOT_FOUND", "There is no such webhook.");
    }
    if (webhook.applicationId === applicationId) return webhook;
    throw new ApiError("FORBIDDEN", FOREIGN);
  }
}

/** A taken URL, in the document's words. */
function worded(error: unknown): never {
  const isTaken = error instanceof ApiError && error.details?.field === "url";
  if (isTaken && error.code === "CONFLICT") throw new ApiError("CONFLICT", TAKEN);
  throw error;
}

/** A webhook in the document's members; its secret only in the answer to who has just sent it. */
function webhookWire(webhook: WebhookEndpointRecord, secret: string | null = null) {
  const { id, applicationId, url, disabledAt, events, payloadTemplate, secrets } = webhook;
  return {
    id,
    oAuthClientId: applicationId,
    subscriberUrl: url,
    active: disabledAt === null,
    triggers: events,
    payloadTemplate,
    secret: secret ?? (secrets.length === 0 ? null : "********"),
    version: webhook.version ?? "2021-10-20",
  };
}
