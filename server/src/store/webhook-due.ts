import type { ExpressionBuilder, Kysely } from "kysely";
import type { Ask } from "./ask.ts";
import type { Tables } from "./schema.ts";

/** An endpoint with something to send that nobody is sending. */
export interface DueEndpoint {
  readonly api: string;
  readonly id: string;
  readonly accountId: string | null;
  /** Nothing arrived there lately. */
  readonly failing: boolean;
}

/** Which of them are wanted. */
export interface DueFilter {
  readonly limit: number;
  /** Those that fail too. */
  readonly failing: boolean;
  /** Not those of these accounts. */
  readonly except: readonly { readonly api: string; readonly accountId: string }[];
}

/** Reading side: which endpoints have something to send that nobody is sending. */
export function webhookDueReads(db: Kysely<Tables>, ask: Ask) {
  return {
    /** Whether somebody may be sending to it. */
    isServed: (api: string, id: string, at: number) =>
      ask(async () => {
        const row = await db
          .selectFrom("webhook_endpoint")
          .select("locked_until")
          .where("api", "=", api)
          .where("id", "=", id)
          .executeTakeFirst();
        return row !== undefined && row.locked_until > at;
      }),
    /** Those that were served longest ago come first. */
    dueEndpoints: (at: number, { limit, failing, except }: DueFilter) =>
      ask(async () => {
        let query = db
          .selectFrom("webhook_endpoint as endpoint")
          .select(["api", "id", "account_id", "failing_since"])
          .where("revoked_at", "is", null)
          .where("disabled_at", "is", null)
          .where("locked_until", "<=", at)
          // By the ends of an index: PostgreSQL makes of `exists` a join that reads all that wait.
          .where((eb) => eb(pendingOf(eb).orderBy("run_at"), "<=", at))
          .where((eb) =>
            eb.or([
              eb("strict_order", "=", 0),
              // The oldest of those that failed holds back all others.
              eb(
                eb.fn.coalesce(pendingOf(eb).where("run_at", ">", 0).orderBy("seq"), eb.val(0)),
                "<=",
                at,
              ),
            ]),
          )
          .orderBy("served_at")
          .limit(limit);
        if (!failing) query = query.where("failing_since", "is", null);
        for (const { api, accountId } of except) {
          query = query.where((eb) =>
            eb.or([
              eb("account_id", "is", null),
              eb("account_id", "!=", accountId),
              eb("api", "!=", api),
            ]),
          );
        }
        return (await query.execute()).map((row) => ({
          ...{ api: row.api, id: row.id, accountId: row.account_id },
          failing: row.failing_since !== null,
        }));
      }),
  };
}

type OnEndpoint = ExpressionBuilder<
  Tables & { readonly endpoint: Tables["webhook_endpoint"] },
  "endpoint"
>;

function pendingOf(eb: OnEndpoint) {
  return eb
    .selectFrom("webhook_delivery as delivery")
    .select("delivery.run_at")
    .whereRef("delivery.api", "=", "endpoint.api")
    .whereRef("delivery.endpoint_id", "=", "endpoint.id")
    .where("delivery.status", "=", "pending")
    .limit(1);
}
