import { ApiError } from "@latchkey/engine";
import { type Kysely, type Selectable, sql } from "kysely";
import type { Ask } from "./ask.ts";
import { type Ceiling, under } from "./ceiling.ts";
import { byCreation, newerThan, pageOf } from "./paging.ts";
import type { Millis, PageKey, PageRequest } from "./records.ts";
import type { Tables } from "./schema.ts";
import type { Transaction } from "./transaction.ts";
import { type DeliveryFilter, listDeliveries } from "./webhook-delivery-lists.ts";
import { lockEndpoint, requireOpenEndpoint } from "./webhook-endpoint-rows.ts";
import type { DeliveryRecord, DeliveryStatus, WebhookAttempt } from "./webhook-record.ts";
import type { WebhookDeliveryTable } from "./webhook-tables.ts";

/** How long a delivery is kept once it arrived or was given up: 14 days. */
const KEPT_MILLIS = 14 * 86_400_000;

interface RetryMany {
  readonly endpointId: string;
  readonly status: Exclude<DeliveryStatus, "pending">;
  /** When their events happened: inclusive, and exclusive. */
  readonly from?: Millis | undefined;
  readonly to?: Millis | undefined;
  /** The `next` of the call before. */
  readonly after?: PageKey | undefined;
  readonly limit: number;
}

export const webhookDeliveryCommands = {
  /**
   * Sends a delivery once more, now, whatever became of it; what fails is repeated as if it were
   * new. @throws {ApiError} `NOT_FOUND`; `CONFLICT` when its endpoint gets nothing any more.
   */
  async retryDelivery(tx: Transaction, { id }: { readonly id: string }): Promise<DeliveryRecord> {
    const { api, ceiling } = tx.context;
    const found = await tx.db
      .selectFrom("webhook_delivery")
      .select("endpoint_id")
      .where("api", "=", api)
      .where("id", "=", id)
      .where(under(ceiling, "owner_id"))
      .executeTakeFirst();
    if (found === undefined) throw noDelivery();
    const endpoint = await lockOpenEndpoint(tx, found.endpoint_id);
    const row = await tx.db
      .updateTable("webhook_delivery")
      .set(asNew(tx.context.at))
      .where("api", "=", api)
      .where("id", "=", id)
      .returningAll()
      .executeTakeFirstOrThrow();
    const detail = { endpointId: row.endpoint_id, deliveryId: id };
    tx.event("webhook_delivery.retried", { accountId: endpoint.account_id, detail });
    return toDelivery(row);
  },

  /** The same for many of one endpoint, at most `limit`, oldest first; how many, and what follows. */
  async retryDeliveries(
    tx: Transaction,
    input: RetryMany,
  ): Promise<{ readonly retried: number; readonly next: PageKey | null }> {
    const { api, at } = tx.context;
    const { endpointId, status, from, to, after, limit } = input;
    const endpoint = await lockOpenEndpoint(tx, endpointId);
    let query = tx.db
      .selectFrom("webhook_delivery")
      .select(["id", "created_at"])
      .where("api", "=", api)
      .where("endpoint_id", "=", endpointId)
      .where("status", "=", status)
      .where(newerThan(after, "created_at", "id"));
    if (from !== undefined) query = query.where("created_at", ">=", from);
    if (to !== undefined) query = query.where("created_at", "<", to);
    const rows = await query
      .orderBy("created_at")
      .orderBy("id")
      .limit(limit + 1)
      .execute();
    const { items, next } = pageOf(rows, { limit, after }, ({ created_at: at, id }) => ({
      at,
      id,
    }));
    const ids = items.map(({ id }) => id);
    if (ids.length > 0) {
      await tx.db
        .updateTable("webhook_delivery")
        .set(asNew(at))
        .where("api", "=", api)
        .where("id", "in", ids)
        .execute();
    }
    const detail = { endpointId, status, retried: ids.length };
    tx.event("webhook_delivery.retried", { accountId: endpoint.account_id, detail });
    return { retried: ids.length, next };
  },

  /** Deletes at most `limit` deliveries that ended long ago, and says how many. */
  async forgetDeliveries(tx: Transaction, { limit }: { readonly limit: number }) {
    const old = tx.db
      .selectFrom("webhook_delivery")
      .select(["api", "id"])
      .where("settled_at", "<=", tx.context.at - KEPT_MILLIS)
      .orderBy("settled_at")
      .limit(limit);
    const result = await tx.db
      .deleteFrom("webhook_delivery")
      .where((eb) => eb(eb.refTuple("api", "id"), "in", old.$asTuple("api", "id")))
      .executeTakeFirst();
    return { forgotten: Number(result.numDeletedRows) };
  },
} as const;

/** Whether there is anything for `forgetDeliveries` to do; so an idle store writes nothing. */
export async function hasOldDeliveries(db: Kysely<Tables>, at: number): Promise<boolean> {
  const query = db
    .selectFrom("webhook_delivery")
    .select(sql<number>`1`.as("one"))
    .where("settled_at", "<=", at - KEPT_MILLIS)
    .limit(1);
  return (await query.executeTakeFirst()) !== undefined;
}

/** Reading side of deliveries. */
export function webhookDeliveryReads(db: Kysely<Tables>, ask: Ask) {
  return {
    find: (api: string, id: string, ceiling?: Ceiling) =>
      ask(async () => {
        const row = await db
          .selectFrom("webhook_delivery")
          .selectAll()
          .where("api", "=", api)
          .where("id", "=", id)
          .where(under(ceiling, "owner_id"))
          .executeTakeFirst();
        return row && toDelivery(row);
      }),
    list: (api: string, filter: DeliveryFilter, page: PageRequest) =>
      ask(async () => {
        const rows = await listDeliveries(db, api, { filter, page });
        return pageOf(rows.map(toDelivery), page, byCreation);
      }),
  };
}

/** Column `log`, as this store wrote it. */
export function parseLog(json: string): readonly WebhookAttempt[] {
  return JSON.parse(json) as readonly WebhookAttempt[];
}

function asNew(at: number) {
  return { status: "pending", tries: 0, run_at: at, settled_at: null } as const;
}

async function lockOpenEndpoint(tx: Transaction, id: string) {
  const endpoint = await lockEndpoint(tx, { id });
  requireOpenEndpoint(endpoint);
  return endpoint;
}

function noDelivery(): ApiError {
  return new ApiError("NOT_FOUND", "There is no such delivery.");
}

function toDelivery(row: Selectable<WebhookDeliveryTable>): DeliveryRecord {
  return {
    id: row.id,
    endpointId: row.endpoint_id,
    eventId: row.event_id,
    type: row.type,
    accountId: row.account_id,
    applicationId: row.application_id,
    data: JSON.parse(row.data) as Readonly<Record<string, unknown>>,
    createdAt: row.created_at,
    status: row.status as DeliveryStatus,
    attemptCount: row.attempts,
    nextAttemptAt: row.status === "pending" ? Math.max(row.run_at, row.created_at) : null,
    attempts: parseLog(row.log),
    settledAt: row.settled_at,
  };
}
