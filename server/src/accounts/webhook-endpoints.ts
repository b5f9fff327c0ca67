import { setTimeout as wait } from "node:timers/promises";
import { ApiError, type Clock, type CompiledPolicy, invalidField } from "@latchkey/engine";
import type { Ceiling } from "../store/ceiling.ts";
import type { Page, PageRequest } from "../store/records.ts";
import type { Sealing } from "../store/sealing.ts";
import type { Store } from "../store/store.ts";
import type { NamedEndpoint } from "../store/webhook-endpoint-rows.ts";
import type { EndpointChanges, EndpointFilter } from "../store/webhook-endpoints.ts";
import type { Published } from "../store/webhook-outbox.ts";
import type { WebhookEndpointRecord } from "../store/webhook-record.ts";
import type { Call } from "./call.ts";
import { newId } from "./ids.ts";
import { requirePolicy } from "./keyring.ts";
import type { Receipt } from "./receipt.ts";
import {
  checkedEvents,
  checkPublished,
  checkTemplate,
  checkUrl,
  checkWebhookSecret,
} from "./webhook-rules.ts";
import { newWebhookSecret, sealWebhookSecret } from "./webhook-secret.ts";

/** A new endpoint, as asked for. */
export interface EndpointDraft {
  /** Whose events it gets; absent: those of all accounts. */
  readonly accountId?: string | null;
  /** It gets this application's events alone. */
  readonly applicationId?: string | null;
  readonly url: string;
  readonly events: readonly string[];
  readonly description?: string | null;
  /** Made here when absent; `null`: deliveries are not signed, where the document allows that. */
  readonly secret?: string | null;
  readonly payloadTemplate?: string | null;
  readonly version?: string | null;
  readonly strictOrder?: boolean;
  readonly parallel?: number;
  /** Deliveries are signed with an Ed25519 pair too. */
  readonly asymmetric?: boolean;
  readonly enabled?: boolean;
}

/** An endpoint with a secret just made: the only copy there will ever be. */
export interface IssuedEndpoint extends WebhookEndpointRecord {
  readonly secret: string | null;
}

/** How a secret is replaced. */
export interface WebhookRotation {
  /** How long deliveries are signed with the old secret too. */
  readonly overlapSeconds: number;
  readonly force: boolean;
  /** Brought; made here when absent. */
  readonly secret?: string;
}

/** An event of the API's own. */
export interface EventDraft {
  readonly type: string;
  readonly accountId: string;
  readonly applicationId?: string | null;
  readonly data: Readonly<Record<string, unknown>>;
}

/**
 * The use cases of webhook endpoints. Each rejects with `NOT_FOUND` for one that is not there, with
 * `INVALID_REQUEST` whose details name the `field`, and writing ones with `CONFLICT` once it is
 * revoked.
 */
export interface WebhookEndpoints {
  create(call: Call, draft: EndpointDraft): Promise<IssuedEndpoint>;
  find(api: string, named: NamedEndpoint, ceiling?: Ceiling): Promise<WebhookEndpointRecord>;
  list(
    api: string,
    filter: EndpointFilter,
    page: PageRequest,
  ): Promise<Page<WebhookEndpointRecord>>;
  update(
    call: Call,
    named: NamedEndpoint,
    changes: EndpointChanges,
  ): Promise<WebhookEndpointRecord>;
  rotate(call: Call, named: NamedEndpoint, rotation: WebhookRotation): Promise<IssuedEndpoint>;
  /**
   * No delivery begins after `boundAt`; `confirmedAt` is `null` while one may. Waits at most so many
   * milliseconds for that. Repeating it answers the same `revokedAt`.
   */
  revoke(call: Call, named: NamedEndpoint, waitMillis?: number): Promise<Receipt>;
  /** Sends `webhook.test` to it, whatever it wants. */
  test(call: Call, named: NamedEndpoint): Promise<Published>;
  /** Puts an event of the API's own on its way to every endpoint that wants it. */
  publish(call: Call, draft: EventDraft): Promise<Published>;
}

/** Most live endpoints of an account. */
const MOST_LIVE = 50;

/** A sender that is at work hears of a revocation at its next attempt's end. */
const SENDER_MILLIS = 20_000;
const LOOK_MILLIS = 50;

/** What the use cases of webhooks are made of. */
export interface WebhookEndpointParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly sealing: Sealing;
  /** By slug. */
  readonly policies: ReadonlyMap<string, CompiledPolicy>;
  /** Told that something is on its way. */
  readonly onQueued?: () => void;
}

/** Webhook endpoints of all APIs, kept in `store`. */
export function createWebhookEndpoints(parts: WebhookEndpointParts): WebhookEndpoints {
  const { store, clock, sealing, onQueued = () => undefined } = parts;

  const find: WebhookEndpoints["find"] = async (api, named, ceiling) => {
    const endpoint = await store.webhooks.endpoints.find(api, named, ceiling);
    if (endpoint !== undefined) return endpoint;
    throw new ApiError("NOT_FOUND", "There is no such webhook endpoint.");
  };

  return {
    find,
    list: (api, filter, page) => store.webhooks.endpoints.list(api, filter, page),

    async create(call, draft) {
      const { api } = call;
      const { webhookFormat: format } = requirePolicy(parts, api).policy;
      const { secret = newWebhookSecret(), payloadTemplate = null } = draft;
      checkUrl(draft.url);
      checkTemplate(payloadTemplate, format);
      const isUnsigned = secret === null;
      if (isUnsigned && format !== "calcom") throw unsigned();
      // What the documents of calcom call a secret may be any text.
      if (!isUnsigned && format !== "calcom") checkWebhookSecret(secret);
      const id = newId("wh");
      const place = { api, endpointId: id, withPair: draft.asymmetric ?? false };
      const input = {
        ...{ id, format, payloadTemplate, url: draft.url, maxLive: MOST_LIVE },
        accountId: draft.accountId ?? (await ownerOf(api, draft.applicationId)),
        applicationId: draft.applicationId ?? null,
        description: draft.description ?? null,
        events: checkedEvents(draft.events),
        version: draft.version ?? null,
        secret: isUnsigned ? null : sealWebhookSecret(sealing, secret, place),
        strictOrder: draft.strictOrder ?? false,
        parallel: draft.parallel ?? 1,
        enabled: draft.enabled ?? true,
      };
      const context = { ...call, at: clock() };
      const { output, once } = await store.write("createWebhookEndpoint", input, context, secret);
      return { ...output, secret: once };
    },

    async update(call, named, changes) {
      const { format } = await find(call.api, named, call.ceiling);
      if (changes.url !== undefined) checkUrl(changes.url);
      checkTemplate(changes.payloadTemplate ?? null, format);
      const events = changes.events && checkedEvents(changes.events);
      const input = { ...named, changes: { ...changes, ...(events && { events }) } };
      const context = { ...call, at: clock() };
      return (await store.write("updateWebhookEndpoint", input, context)).output;
    },

    async rotate(call, named, { secret = newWebhookSecret(), ...rotation }) {
      const { format, secrets } = await find(call.api, named, call.ceiling);
      if (format !== "calcom") checkWebhookSecret(secret);
      const withPair = secrets.at(-1)?.publicKey != null;
      const place = { api: call.api, endpointId: named.id, withPair };
      const input = { ...named, ...rotation, secret: sealWebhookSecret(sealing, secret, place) };
      const context = { ...call, at: clock() };
      const { output, once } = await store.write("rotateWebhookSecret", input, context, secret);
      return { ...output, secret: once };
    },

    async revoke(call, named, waitMillis = 0) {
      const context = { ...call, at: clock() };
      const { output } = await store.write("revokeWebhookEndpoint", named, context);
      const boundAt = output.revokedAt + SENDER_MILLIS;
      // A sender that is at work hears of it when it writes what became of its last attempts.
      const maySend = async () =>
        clock() < boundAt && (await store.webhooks.isServed(call.api, named.id, clock()));
      let isPending = await maySend();
      for (let left = waitMillis; isPending && left > 0; left -= LOOK_MILLIS) {
        await wait(Math.min(left, LOOK_MILLIS));
        isPending = await maySend();
      }
      // Verifiers know nothing of endpoints.
      const verifiers = { confirmed: 0, pending: 0 };
      return { ...output, confirmedAt: isPending ? null : clock(), boundAt, verifiers };
    },

    async test(call, named) {
      const input = { ...named, eventId: newId("evt") };
      const context = { ...call, at: clock() };
      const { output } = await store.write("testWebhookEndpoint", input, context);
      onQueued();
      return output;
    },

    async publish(call, { applicationId = null, ...draft }) {
      checkPublished(draft.type, draft.data);
      const input = { ...draft, applicationId, id: newId("evt") };
      const { output } = await store.write("publishEvent", input, { ...call, at: clock() });
      onQueued();
      return output;
    },
  };

  /** The account of an application, whose endpoints are all its own. */
  async function ownerOf(api: string, applicationId: string | null = null): Promise<string | null> {
    if (applicationId === null) return null;
    return (await store.applications.find(api, applicationId))?.accountId ?? null;
  }
}

function unsigned(): ApiError {
  return invalidField(
    "secret",
    "The deliveries of this API are always signed: secret may not be null.",
  );
}
