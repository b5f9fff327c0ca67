import { type Kysely, sql } from "kysely";
import type { Tables } from "./schema.ts";
import type { Transaction } from "./transaction.ts";

/** A million may wait: no transaction takes them all. */
const MOST_AT_ONCE = 500;

/**
 * Gives up what waits for an endpoint that has just ended, the first part of it; the rest follows in
 * the background. It can be sent again by hand.
 */
export async function giveUpDeliveries(tx: Transaction, endpointId: string): Promise<void> {
  const { api, at } = tx.context;
  const waiting = tx.db
    .selectFrom("webhook_delivery")
    .select("id")
    .where("api", "=", api)
    .where("endpoint_id", "=", endpointId)
    .where("status", "=", "pending")
    .limit(MOST_AT_ONCE);
  await tx.db
    .updateTable("webhook_delivery")
    .set({ status: "dead", settled_at: at })
    .where("api", "=", api)
    .where("id", "in", waiting)
    .execute();
}

export const webhookGivingUpCommands = {
  /** Gives up at most `limit` deliveries that wait for endpoints which ended, and says how many. */
  async giveUpDeliveries(tx: Transaction, { limit }: { readonly limit: number }) {
    const waiting = ofEnded(tx.db).select(["delivery.api", "delivery.id"]).limit(limit);
    const result = await tx.db
      .updateTable("webhook_delivery")
      .set({ status: "dead", settled_at: tx.context.at })
      .where((eb) => eb(eb.refTuple("api", "id"), "in", waiting.$asTuple("api", "id")))
      .executeTakeFirst();
    return { givenUp: Number(result.numUpdatedRows) };
  },
} as const;

/** Whether there is anything for `giveUpDeliveries` to do; so an idle store writes nothing. */
export async function hasDeliveriesOfEnded(db: Kysely<Tables>): Promise<boolean> {
  const query = ofEnded(db).select(sql<number>`1`.as("one"));
  return (await query.limit(1).executeTakeFirst()) !== undefined;
}

function ofEnded(db: Kysely<Tables>) {
  return db
    .selectFrom("webhook_endpoint as endpoint")
    .innerJoin("webhook_delivery as delivery", (join) =>
      join
        .onRef("delivery.api", "=", "endpoint.api")
        .onRef("delivery.endpoint_id", "=", "endpoint.id"),
    )
    .where((eb) =>
      eb.or([
        eb("endpoint.revoked_at", "is not", null),
        eb("endpoint.disabled_at", "is not", null),
      ]),
    )
    .where("delivery.status", "=", "pending");
}
