import { ApiError, invalidField } from "@latchkey/engine";
import type { Kysely } from "kysely";
import { lockAccount, requireAccount } from "./accounts.ts";
import type { Ask } from "./ask.ts";
import { type Ceiling, under } from "./ceiling.ts";
import { holdFeed } from "./changes.ts";
import { byCreation, olderThan, pageOf } from "./paging.ts";
import type { PageRequest } from "./records.ts";
import type { Tables } from "./schema.ts";
import { withSuccessor } from "./secret-rotation.ts";
import type { Transaction } from "./transaction.ts";
import {
  changeEndpoint,
  type EndpointRow,
  lockApplicationOf,
  lockEndpoint,
  type NamedEndpoint,
  parseWebhookSecrets,
  recordEndpoint,
  requireLiveEndpoint,
  toEndpoint,
} from "./webhook-endpoint-rows.ts";
import { giveUpDeliveries } from "./webhook-giving-up.ts";
import type {
  StoredWebhookSecret,
  WebhookEndpointRecord,
  WebhookFormat,
} from "./webhook-record.ts";
import { endEndpoint } from "./webhook-revocation.ts";

/** A secret just made: when it begins is the command's matter. */
type NewSecret = Omit<StoredWebhookSecret, "createdAt" | "endsAt">;

interface CreateEndpoint {
  readonly id: string;
  readonly accountId: string | null;
  readonly applicationId: string | null;
  readonly url: string;
  readonly description: string | null;
  readonly events: readonly string[];
  readonly format: WebhookFormat;
  readonly payloadTemplate: string | null;
  readonly version: string | null;
  /** `null`: deliveries are not signed. */
  readonly secret: NewSecret | null;
  readonly strictOrder: boolean;
  readonly parallel: number;
  readonly enabled: boolean;
  /** Refuses when the account, or the deployment without one, has so many live ones. */
  readonly maxLive: number;
}

/** What can be changed; absent: it stays. */
export interface EndpointChanges {
  readonly url?: string | undefined;
  readonly description?: string | null | undefined;
  readonly events?: readonly string[] | undefined;
  readonly payloadTemplate?: string | null | undefined;
  readonly version?: string | null | undefined;
  readonly strictOrder?: boolean | undefined;
  readonly parallel?: number | undefined;
  /** `true` also forgets that it was failing. */
  readonly enabled?: boolean | undefined;
}

interface RotateSecret extends NamedEndpoint {
  readonly secret: NewSecret;
  /** How long the old secret goes on signing too. */
  readonly overlapSeconds: number;
  /** Rotates although the overlap of an earlier rotation has not ended. */
  readonly force: boolean;
}

/** Which endpoints are wanted; a field left out does not narrow the list. */
export interface EndpointFilter {
  readonly accountId?: string | undefined;
  readonly applicationId?: string | undefined;
  /** Only those that are not revoked. */
  readonly live?: boolean | undefined;
  readonly ceiling?: Ceiling;
}

export const webhookEndpointCommands = {
  /**
   * @throws {ApiError} `INVALID_REQUEST` names the field; `CONFLICT` when `maxLive` is reached, or
   * for a URL that the application has already.
   */
  async createWebhookEndpoint(
    tx: Transaction,
    input: CreateEndpoint,
  ): Promise<WebhookEndpointRecord> {
    const { api, at } = tx.context;
    checkOrder(input);
    await checkOwner(tx, input);
    const row = await tx.db
      .insertInto("webhook_endpoint")
      .values({
        ...{ api, id: input.id, url: input.url, description: input.description },
        ...{ account_id: input.accountId, application_id: input.applicationId },
        ...{ events: JSON.stringify(input.events), format: input.format, version: input.version },
        payload_template: input.payloadTemplate,
        secrets: JSON.stringify(
          input.secret === null ? [] : [{ ...input.secret, createdAt: at, endsAt: null }],
        ),
        ...{ strict_order: input.strictOrder ? 1 : 0, parallel: input.parallel, created_at: at },
        disabled_at: input.enabled ? null : at,
        disabled_reason: input.enabled ? null : "operator",
        ...{ failing_since: null, revoked_at: null },
        ...{ locked_by: null, locked_until: 0, served_at: 0 },
      })
      .onConflict((conflict) => conflict.doNothing())
      .returningAll()
      .executeTakeFirst();
    if (row === undefined) throw urlTaken();
    return recordEndpoint(tx, row, "created", { url: row.url, events: input.events });
  },

  /**
   * Writes nothing when nothing differs. @throws {ApiError} `NOT_FOUND`; `CONFLICT` when it is
   * revoked, or the application has the URL; `INVALID_REQUEST`: it would be parallel and in order.
   */
  async updateWebhookEndpoint(
    tx: Transaction,
    { changes: asked, ...named }: NamedEndpoint & { readonly changes: EndpointChanges },
  ): Promise<WebhookEndpointRecord> {
    if (asked.url !== undefined) await lockApplicationOf(tx, named);
    const row = await lockEndpoint(tx, named);
    requireLiveEndpoint(row);
    const changes = differing(asked, row, tx.context.at);
    if (Object.keys(changes).length === 0) return toEndpoint(row);
    if (changes.url !== undefined) await requireFreeUrl(tx, row, changes.url);
    const changed = await changeEndpoint(tx, row, columnsOf(changes, row, tx.context.at));
    checkOrder({ strictOrder: changed.strict_order === 1, parallel: changed.parallel });
    if (changes.enabled === false) await giveUpDeliveries(tx, row.id);
    return recordEndpoint(tx, changed, "updated", { ...changes });
  },

  /**
   * Adds a secret; deliveries are signed with both until the overlap ends.
   * @throws {ApiError} As `updateWebhookEndpoint`; `ROTATION_IN_PROGRESS`.
   */
  async rotateWebhookSecret(
    tx: Transaction,
    { secret, overlapSeconds, force, ...named }: RotateSecret,
  ): Promise<WebhookEndpointRecord> {
    const { at } = tx.context;
    const row = await lockEndpoint(tx, named);
    requireLiveEndpoint(row);
    const successor = { ...secret, createdAt: at, endsAt: null };
    const plan = { at, endsAt: at + overlapSeconds * 1000, brownOuts: [], force };
    const secrets = withSuccessor(parseWebhookSecrets(row.secrets), successor, plan);
    const rotated = await changeEndpoint(tx, row, { secrets: JSON.stringify(secrets) });
    return recordEndpoint(tx, rotated, "rotated", { secretId: secret.id, overlapSeconds });
  },

  /** Idempotent: revoking twice keeps the first instant. @throws {ApiError} `NOT_FOUND`. */
  async revokeWebhookEndpoint(
    tx: Transaction,
    named: NamedEndpoint,
  ): Promise<{ readonly revokedAt: number }> {
    const row = await lockEndpoint(tx, named);
    if (row.revoked_at !== null) return { revokedAt: row.revoked_at };
    await endEndpoint(tx, row);
    return { revokedAt: tx.context.at };
  },
} as const;

/** Reading side of endpoints. */
export function webhookEndpointReads(db: Kysely<Tables>, ask: Ask) {
  return {
    find: (api: string, { id, applicationId }: NamedEndpoint, ceiling?: Ceiling) =>
      ask(async () => {
        let query = db
          .selectFrom("webhook_endpoint")
          .selectAll()
          .where("api", "=", api)
          .where(under(ceiling, "account_id"));
        if (applicationId !== undefined) query = query.where("application_id", "=", applicationId);
        const row = await query.where("id", "=", id).executeTakeFirst();
        return row && toEndpoint(row);
      }),
    list: (api: string, filter: EndpointFilter, page: PageRequest) =>
      ask(async () => {
        const { accountId, applicationId, live, ceiling } = filter;
        let query = db.selectFrom("webhook_endpoint").selectAll().where("api", "=", api);
        if (accountId !== undefined) query = query.where("account_id", "=", accountId);
        if (applicationId !== undefined) query = query.where("application_id", "=", applicationId);
        if (live === true) query = query.where("revoked_at", "is", null);
        const rows = await query
          .where(under(ceiling, "account_id"))
          .where(olderThan(page.after, "created_at", "id"))
          .orderBy("created_at", "desc")
          .orderBy("id", "desc")
          .limit(page.limit + 1)
          .execute();
        return pageOf(rows.map(toEndpoint), page, byCreation);
      }),
  };
}

/** Those of the changes that change a column. */
function differing(changes: EndpointChanges, row: EndpointRow, at: number): EndpointChanges {
  const entries = Object.entries(changes).filter(([field, value]) => {
    const columns = Object.entries(columnsOf({ [field]: value }, row, at));
    return columns.some(([column, wanted]) => wanted !== row[column as keyof EndpointRow]);
  });
  return Object.fromEntries(entries);
}

function columnsOf(changes: EndpointChanges, row: EndpointRow, at: number): Partial<EndpointRow> {
  const { url, description, events, payloadTemplate, version } = changes;
  const { strictOrder, parallel, enabled } = changes;
  return {
    ...(url !== undefined && { url }),
    ...(description !== undefined && { description }),
    ...(events !== undefined && { events: JSON.stringify(events) }),
    ...(payloadTemplate !== undefined && { payload_template: payloadTemplate }),
    ...(version !== undefined && { version }),
    ...(strictOrder !== undefined && { strict_order: strictOrder ? 1 : 0 }),
    ...(parallel !== undefined && { parallel }),
    ...(enabled === true && { disabled_at: null, disabled_reason: null, failing_since: null }),
    ...(enabled === false && {
      disabled_at: row.disabled_at ?? at,
      disabled_reason: row.disabled_reason ?? "operator",
    }),
  };
}

/** In the transaction: two changes at once may each be right, and wrong together. */
function checkOrder({ strictOrder, parallel }: Pick<CreateEndpoint, "strictOrder" | "parallel">) {
  if (parallel === 1 || !strictOrder) return;
  throw invalidField("parallel", "In strict order parallel must be 1.");
}

async function checkOwner(tx: Transaction, input: CreateEndpoint): Promise<void> {
  const { api, ceiling } = tx.context;
  const { accountId, applicationId, maxLive } = input;
  // To no account belongs what gets the events of all of them.
  if (accountId === null && ceiling !== undefined) {
    throw invalidField("accountId", "There is no such account.");
  }
  // Held, or two transactions could both count one short of the maximum.
  if (accountId === null) {
    await holdFeed(tx.db, api);
  } else {
    await requireAccount(tx, accountId);
    await lockAccount(tx, accountId);
  }
  if (applicationId !== null) {
    // Locked: whoever revokes it ends its endpoints, this one too.
    const application = await tx.db
      .updateTable("application")
      .set((eb) => ({ id: eb.ref("id") }))
      .where("api", "=", api)
      .where("id", "=", applicationId)
      .where("deleted_at", "is", null)
      .returning("account_id")
      .executeTakeFirst();
    if (application === undefined || application.account_id !== accountId) {
      throw invalidField("applicationId", "The account has no such application.");
    }
  }
  const { live } = await tx.db
    .selectFrom("webhook_endpoint")
    .select((eb) => eb.fn.countAll<number>().as("live"))
    .where("api", "=", api)
    .where("account_id", accountId === null ? "is" : "=", accountId)
    .where("revoked_at", "is", null)
    .executeTakeFirstOrThrow();
  if (live < maxLive) return;
  throw new ApiError("CONFLICT", `There are ${maxLive} live webhook endpoints already.`, {
    details: { field: "accountId", max: maxLive },
  });
}

async function requireFreeUrl(tx: Transaction, row: EndpointRow, url: string): Promise<void> {
  if (row.application_id === null) return;
  const taken = await tx.db
    .selectFrom("webhook_endpoint")
    .select("id")
    .where("api", "=", row.api)
    .where("application_id", "=", row.application_id)
    .where("url", "=", url)
    .where("revoked_at", "is", null)
    .executeTakeFirst();
  if (taken !== undefined) throw urlTaken();
}

function urlTaken(): ApiError {
  const details = { field: "url" };
  return new ApiError("CONFLICT", "The application has a webhook endpoint with this URL already.", {
    details,
  });
}
