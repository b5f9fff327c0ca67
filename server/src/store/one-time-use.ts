import type { Kysely } from "kysely";
import type { Ask } from "./ask.ts";
import type { Tables } from "./schema.ts";
import type { Transaction } from "./transaction.ts";

interface ClaimOnce {
  /** SHA-256 of what may be used once. */
  readonly digest: Uint8Array;
  /** Unix milliseconds; from then on it may be forgotten. */
  readonly expiresAt: number;
}

export const oneTimeUseCommands = {
  /** Says whether this is the first use; one that has expired does not count. */
  async claimOnce(tx: Transaction, { digest, expiresAt }: ClaimOnce): Promise<{ first: boolean }> {
    const { api, at } = tx.context;
    const claimed = await tx.db
      .insertInto("one_time_use")
      .values({ api, digest, expires_at: expiresAt })
      .onConflict((conflict) =>
        conflict
          .columns(["api", "digest"])
          .doUpdateSet({ expires_at: expiresAt })
          .where("one_time_use.expires_at", "<=", at),
      )
      .returning("api")
      .executeTakeFirst();
    return { first: claimed !== undefined };
  },

  /** Deletes at most `limit` uses that have expired, and says how many it found. */
  async forgetUses(tx: Transaction, { limit }: { readonly limit: number }) {
    const expired = tx.db
      .selectFrom("one_time_use")
      .select(["api", "digest"])
      .where("expires_at", "<=", tx.context.at)
      .orderBy("expires_at")
      .limit(limit);
    const result = await tx.db
      .deleteFrom("one_time_use")
      .where((eb) => eb(eb.refTuple("api", "digest"), "in", expired.$asTuple("api", "digest")))
      .executeTakeFirst();
    return { forgotten: Number(result.numDeletedRows) };
  },
} as const;

/** Reading side of what may be used once. */
export function oneTimeUseReads(db: Kysely<Tables>, ask: Ask) {
  return {
    isClaimed: (api: string, digest: Uint8Array, at: number) =>
      ask(async () => {
        const query = db
          .selectFrom("one_time_use")
          .select("expires_at")
          .where("api", "=", api)
          .where("digest", "=", digest);
        const row = await query.executeTakeFirst();
        return row !== undefined && row.expires_at > at;
      }),
  };
}

/** Whether there is anything for `forgetUses` to do; so an idle store writes nothing. */
export async function hasExpiredUses(db: Kysely<Tables>, at: number): Promise<boolean> {
  const query = db.selectFrom("one_time_use").select("api").where("expires_at", "<=", at).limit(1);
  return (await query.executeTakeFirst()) !== undefined;
}
