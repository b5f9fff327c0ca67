import { type Kysely, type RawBuilder, sql } from "kysely";
import type { Tables } from "./schema.ts";
import type { Transaction } from "./transaction.ts";

/** Twice what a verifier that comes back is given. */
const KEPT = 20_000;
/** For whoever was cut off from the database, and for people who look into what happened. */
const KEPT_MILLIS = 24 * 3_600_000;

export const changeCommands = {
  /**
   * Deletes at most `limit` changes of one API that are a day old and before its last `keep`, the
   * oldest first, and says how many.
   */
  async forgetChanges(
    tx: Transaction,
    { limit, keep = KEPT }: { readonly limit: number; readonly keep?: number },
  ) {
    const oldest = await oldestToForget(tx.db, tx.context.at, keep);
    if (oldest === undefined) return { forgotten: 0 };
    const result = await tx.db
      .deleteFrom("change")
      .where("api", "=", oldest.api)
      .where("seq", "<", oldest.seq + limit)
      .where("seq", "<=", oldest.head - keep)
      .where(isOld("at", tx.context.at))
      .executeTakeFirst();
    return { forgotten: Number(result.numDeletedRows) };
  },
} as const;

/** Whether there is anything for `forgetChanges` to do; so an idle store writes nothing. */
export async function hasForgettableChanges(db: Kysely<Tables>, at: number): Promise<boolean> {
  return (await oldestToForget(db, at, KEPT)) !== undefined;
}

/** Looks at the first change of each API only: later ones are younger. */
function oldestToForget(db: Kysely<Tables>, at: number, keep: number) {
  return db
    .selectFrom("change_head as head")
    .innerJoin("change as first", "first.api", "head.api")
    .where("first.seq", "=", (eb) =>
      eb
        .selectFrom("change as each")
        .whereRef("each.api", "=", "head.api")
        .select(({ fn }) => fn.min("each.seq").as("seq")),
    )
    .where(isOld("first.at", at))
    .whereRef("first.seq", "<=", (eb) => eb("head.seq", "-", keep))
    .select(["first.api", "first.seq", "head.seq as head"])
    .limit(1)
    .executeTakeFirst();
}

/** Or dated by a clock that was ahead: nobody can wait until that instant has passed. */
function isOld(column: string, now: number): RawBuilder<boolean> {
  const [from, to] = [now - KEPT_MILLIS, now + KEPT_MILLIS];
  return sql<boolean>`(${sql.ref(column)} < ${from} or ${sql.ref(column)} > ${to})`;
}
