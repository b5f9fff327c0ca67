import type { Kysely } from "kysely";
import type { Ask } from "./ask.ts";
import type { Tables } from "./schema.ts";

/** Deliveries that a sender takes at once. */
export const MOST_TAKEN = 40;

/** What a sender needs in order to send. */
export interface ClaimedDelivery {
  readonly id: string;
  readonly eventId: string;
  readonly type: string;
  readonly accountId: string | null;
  readonly applicationId: string | null;
  readonly data: Readonly<Record<string, unknown>>;
  readonly createdAt: number;
  /** Attempts so far, in all and since the last time somebody asked for it. */
  readonly attempts: number;
  readonly tries: number;
}

/** Which deliveries are wanted, and of which endpoint. */
export interface DueDeliveriesFilter {
  readonly api: string;
  readonly endpointId: string;
  readonly strictOrder: boolean;
  readonly limit: number;
  /** Not these: who asks has them. */
  readonly except: readonly string[];
}

/** Reading side: what is due to an endpoint, for who holds its lease. */
export function webhookDueDeliveryReads(db: Kysely<Tables>, ask: Ask) {
  return {
    dueDeliveries: (at: number, filter: DueDeliveriesFilter) =>
      ask(() => dueDeliveries(db, at, filter)),
  };
}

/**
 * New ones in the order of commits, and some of those that are to be repeated, at most half. In
 * strict order the oldest one that failed holds back all that came after it.
 */
export async function dueDeliveries(
  db: Kysely<Tables>,
  at: number,
  { api, endpointId, strictOrder, limit, except }: DueDeliveriesFilter,
): Promise<readonly ClaimedDelivery[]> {
  let pending = db
    .selectFrom("webhook_delivery")
    .selectAll()
    .where("api", "=", api)
    .where("endpoint_id", "=", endpointId)
    .where("status", "=", "pending");
  if (except.length > 0) pending = pending.where("id", "not in", except);
  const later = pending.where("run_at", ">", 0).limit(Math.ceil(limit / 2));
  const repeated = await (strictOrder ? later : later.orderBy("run_at")).orderBy("seq").execute();
  const isHeldBack = strictOrder && repeated.length > 0;
  const firstLate = repeated.findIndex(({ run_at }) => run_at > at);
  const due = firstLate === -1 ? repeated : repeated.slice(0, firstLate);
  const fresh = isHeldBack
    ? []
    : await pending
        .where("run_at", "=", 0)
        .orderBy("seq")
        .limit(limit - due.length)
        .execute();
  return [...due, ...fresh]
    .sort((a, b) => a.seq - b.seq)
    .map((row) => ({
      id: row.id,
      eventId: row.event_id,
      type: row.type,
      accountId: row.account_id,
      applicationId: row.application_id,
      data: JSON.parse(row.data) as Readonly<Record<string, unknown>>,
      createdAt: row.created_at,
      attempts: row.attempts,
      tries: row.tries,
    }));
}
