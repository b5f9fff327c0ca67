import type { Kysely } from "kysely";
import type { Ask } from "./ask.ts";
import type { ChangeRecord } from "./records.ts";
import type { Tables } from "./schema.ts";
import type { Transaction } from "./transaction.ts";
import type { WriteContext } from "./write-context.ts";

/** 6 values each, and SQLite binds at most 32,766. */
const ROWS_PER_STATEMENT = 500;
/** Twice what a verifier that comes back is given. */
const KEPT = 20_000;
/** For whoever was cut off from the database, and for people who look into what happened. */
const KEPT_MILLIS = 24 * 3_600_000;

/** Numbers the changes after the feed's head and writes them; the head stays locked to the commit. */
export async function appendChanges(
  db: Kysely<Tables>,
  { api, at }: Pick<WriteContext, "api" | "at">,
  changes: readonly Omit<ChangeRecord, "seq">[],
): Promise<readonly ChangeRecord[]> {
  const head = await db
    .insertInto("change_head")
    .values({ api, seq: changes.length })
    .onConflict((conflict) =>
      conflict
        .column("api")
        .doUpdateSet((eb) => ({ seq: eb("change_head.seq", "+", changes.length) })),
    )
    .returning("seq")
    .executeTakeFirstOrThrow();
  const first = head.seq - changes.length + 1;
  const numbered = changes.map((change, index) => ({ seq: first + index, ...change }));
  const rows = numbered.map(({ seq, kind, subjectId, state }) => ({
    api,
    seq,
    at,
    kind,
    subject_id: subjectId,
    state: JSON.stringify(state),
  }));
  for (let from = 0; from < rows.length; from += ROWS_PER_STATEMENT) {
    const values = rows.slice(from, from + ROWS_PER_STATEMENT);
    await db.insertInto("change").values(values).execute();
  }
  return numbered;
}

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
      .where("at", "<", tx.context.at - KEPT_MILLIS)
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
    .where("first.at", "<", at - KEPT_MILLIS)
    .whereRef("first.seq", "<=", (eb) => eb("head.seq", "-", keep))
    .select(["first.api", "first.seq", "head.seq as head"])
    .limit(1)
    .executeTakeFirst();
}

/** Where the feed of every API stands. */
export async function readHeads(db: Kysely<Tables>): Promise<ReadonlyMap<string, number>> {
  const rows = await db.selectFrom("change_head").select(["api", "seq"]).execute();
  return new Map(rows.map((row) => [row.api, row.seq]));
}

/** Where the feed of one API stands; 0 before its first change. */
export async function readHead(db: Kysely<Tables>, api: string): Promise<number> {
  const query = db.selectFrom("change_head").select("seq").where("api", "=", api);
  return (await query.executeTakeFirst())?.seq ?? 0;
}

/** Reading side of the change feed. */
export function changeReads(db: Kysely<Tables>, ask: Ask) {
  return {
    head: (api: string) => ask(() => readHead(db, api)),
    after: (api: string, seq: number, limit: number) =>
      ask(async (): Promise<readonly ChangeRecord[]> => {
        const rows = await db
          .selectFrom("change")
          .select(["seq", "kind", "subject_id", "state"])
          .where("api", "=", api)
          .where("seq", ">", seq)
          .orderBy("seq")
          .limit(limit)
          .execute();
        return rows.map((row) => ({
          seq: row.seq,
          // Written by appendChanges above, from a ChangeRecord.
          kind: row.kind as ChangeRecord["kind"],
          subjectId: row.subject_id,
          state: JSON.parse(row.state) as unknown,
        }));
      }),
  };
}
