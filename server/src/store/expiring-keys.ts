import type { Kysely } from "kysely";
import type { Ask } from "./ask.ts";
import { takeNumbers } from "./counters.ts";
import type { Tables } from "./schema.ts";
import type { Transaction } from "./transaction.ts";

/** How long before their end keys are told of: seven days. */
const WITHIN_MILLIS = 7 * 86_400_000;
const ROWS = 200;

/** Up to which end keys of an API were told of, in Unix milliseconds. */
const COUNTER = "keys_told_of_until";

export const expiringKeyCommands = {
  /**
   * Puts `api_key.expiring` on the trail for the keys whose end has come within seven days, each
   * once; whether there may be more. What is issued for less is not told of.
   */
  async tellOfExpiringKeys(
    tx: Transaction,
    _input: undefined,
  ): Promise<{ readonly more: boolean }> {
    const { api, at } = tx.context;
    const key = { api, name: COUNTER };
    const horizon = at + WITHIN_MILLIS;
    const told = await takeNumbers(tx.db, key, 0);
    const from = Math.max(told, at);
    const last = await untold(tx.db, api, { from, to: horizon })
      .offset(ROWS - 1)
      .limit(1)
      .executeTakeFirst();
    // All that end at one instant are told of together, or the next round would pass some over.
    const to = last?.expires_at ?? horizon;
    const keys = await untold(tx.db, api, { from, to }).execute();
    for (const { id, account_id, name, expires_at } of keys) {
      const about = { accountId: account_id, credentialId: id };
      tx.event("api_key.expiring", { ...about, detail: { name, expiresAt: expires_at } });
    }
    if (to > told) await takeNumbers(tx.db, key, to - told);
    return { more: last !== undefined };
  },
} as const;

/** Reading side: whether there is anything to tell, so that an idle store writes nothing. */
export function expiringKeyReads(db: Kysely<Tables>, ask: Ask) {
  return {
    areExpiring: (api: string, at: number) =>
      ask(async () => {
        const told = await db
          .selectFrom("counter")
          .select("value")
          .where("api", "=", api)
          .where("name", "=", COUNTER)
          .executeTakeFirst();
        const from = Math.max(told?.value ?? 0, at);
        const found = untold(db, api, { from, to: at + WITHIN_MILLIS }).limit(1);
        return (await found.executeTakeFirst()) !== undefined;
      }),
  };
}

/** Keys that end after `from`, up to and including `to`, by their end. */
function untold(db: Kysely<Tables>, api: string, { from, to }: { from: number; to: number }) {
  return (
    db
      .selectFrom("credential")
      .select(["id", "account_id", "name", "expires_at"])
      .where("api", "=", api)
      .where("scheme", "=", "api-key")
      .where("revoked_at", "is", null)
      // One that was rotated has a successor already.
      .where("successor_id", "is", null)
      .where("expires_at", ">", from)
      .where("expires_at", "<=", to)
      .orderBy("expires_at")
      .orderBy("id")
  );
}
