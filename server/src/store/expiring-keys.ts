import { type Kysely, sql } from "kysely";
import type { Ask } from "./ask.ts";
import { takeNumbers } from "./counters.ts";
import type { CredentialRow } from "./credentials.ts";
import type { Millis } from "./records.ts";
import type { Tables } from "./schema.ts";
import type { Transaction } from "./transaction.ts";

const ROWS = 200;
const LONGEST_NOTICE_MILLIS = 604_800_000;

/** Up to which notice keys of an API were told of, in Unix milliseconds. */
const COUNTER = "key_notices_until";

/**
 * When a key is told of: seven days before its end, or, if it was made for less than that, when a
 * seventh of its life is left. In the words of its index.
 */
const NOTICE_AT = sql<number>`(expires_at - case when expires_at - created_at > 604800000
  then 604800000 else (expires_at - created_at) / 7 end)`;
/** What lives shorter is made anew all the time, by programs: an hour. */
const SHORTEST_LIFE = sql<boolean>`expires_at - created_at >= 3600000`;

export const expiringKeyCommands = {
  /**
   * Puts `api_key.expiring` on the trail for the keys whose notice has come, each once; whether
   * there may be more.
   */
  async tellOfExpiringKeys(
    tx: Transaction,
    _input: undefined,
  ): Promise<{ readonly more: boolean }> {
    const { api, at } = tx.context;
    const key = { api, name: COUNTER };
    const told = await takeNumbers(tx.db, key, 0);
    const last = await untold(tx.db, api, { from: told, to: at, at })
      .offset(ROWS - 1)
      .limit(1)
      .executeTakeFirst();
    // All of one instant are told of together, or the next round would pass some over.
    const to = last?.notice_at ?? at;
    const keys = await untold(tx.db, api, { from: told, to, at }).execute();
    for (const key of keys) tellOf(tx, key);
    if (to > told) await takeNumbers(tx.db, key, to - told);
    return { more: last !== undefined };
  },
} as const;

/** Tells of a key that has no successor any more, if its notice has passed since it had one. */
export async function tellIfPassed(
  tx: Transaction,
  { id, since }: { readonly id: string; readonly since: Millis },
): Promise<void> {
  const { api, at } = tx.context;
  // Whoever tells of the others waits, and then finds the key among them.
  const told = await takeNumbers(tx.db, { api, name: COUNTER }, 0);
  const passed = untold(tx.db, api, { from: since, to: told, at }).where("id", "=", id);
  for (const key of await passed.execute()) tellOf(tx, key);
}

function tellOf(tx: Transaction, { id, account_id, name, expires_at }: UntoldKey): void {
  const about = { accountId: account_id, credentialId: id };
  tx.event("api_key.expiring", { ...about, detail: { name, expiresAt: expires_at } });
}

type UntoldKey = Pick<CredentialRow, "id" | "account_id" | "name" | "expires_at">;

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
        const found = untold(db, api, { from: told?.value ?? 0, to: at, at }).limit(1);
        return (await found.executeTakeFirst()) !== undefined;
      }),
  };
}

interface Untold {
  /** Exclusive, and inclusive: when the notice is due. */
  readonly from: number;
  readonly to: number;
  readonly at: number;
}

/** Keys that still live and whose notice comes then, by their notice. */
function untold(db: Kysely<Tables>, api: string, { from, to, at }: Untold) {
  return (
    db
      .selectFrom("credential")
      .select(["id", "account_id", "name", "expires_at", NOTICE_AT.as("notice_at")])
      .where("api", "=", api)
      .where("scheme", "=", "api-key")
      .where("revoked_at", "is", null)
      // One that was rotated has a successor already.
      .where("successor_id", "is", null)
      .where("expires_at", ">", at)
      .where(SHORTEST_LIFE)
      // No notice is due earlier for what still lives.
      .where(NOTICE_AT, ">", Math.max(from, at - LONGEST_NOTICE_MILLIS))
      .where(NOTICE_AT, "<=", to)
      .orderBy(NOTICE_AT)
      .orderBy("id")
  );
}
