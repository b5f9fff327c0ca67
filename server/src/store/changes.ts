import type { Kysely } from "kysely";
import type { Ask } from "./ask.ts";
import type { ChangeRecord } from "./records.ts";
import type { Tables } from "./schema.ts";
import type { WriteContext } from "./write-context.ts";

/** 6 values each, and SQLite binds at most 32,766. */
const ROWS_PER_STATEMENT = 500;

/** Numbers the changes after the feed's head and writes them; the head stays locked to the commit. */
export async function appendChanges(
  db: Kysely<Tables>,
  { api, at }: Pick<WriteContext, "api" | "at">,
  changes: readonly Omit<ChangeRecord, "seq" | "at">[],
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
  const numbered = changes.map((change, index) => ({ seq: first + index, at, ...change }));
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

/**
 * Locks the feed's head to the commit without a change, for commands that must not run at once and
 * have no other row in common. They do so before they write anything.
 */
export async function holdFeed(db: Kysely<Tables>, api: string): Promise<void> {
  await db
    .insertInto("change_head")
    .values({ api, seq: 0 })
    .onConflict((conflict) =>
      conflict.column("api").doUpdateSet((eb) => ({ seq: eb.ref("change_head.seq") })),
    )
    .execute();
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
          .select(["seq", "at", "kind", "subject_id", "state"])
          .where("api", "=", api)
          .where("seq", ">", seq)
          .orderBy("seq")
          .limit(limit)
          .execute();
        return rows.map((row) => ({
          seq: row.seq,
          at: row.at,
          // Written by appendChanges above, from a ChangeRecord.
          kind: row.kind as ChangeRecord["kind"],
          subjectId: row.subject_id,
          state: JSON.parse(row.state) as unknown,
        }));
      }),
  };
}
