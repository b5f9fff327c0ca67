import type { Kysely } from "kysely";
import type { Tables } from "./schema.ts";

/** Which counter: one for each name in each API. */
interface CounterKey {
  readonly api: string;
  readonly name: string;
}

/** The next whole number under this name, from 1; no number is skipped or given out twice. */
export function nextNumber(db: Kysely<Tables>, key: CounterKey): Promise<number> {
  return addToCounter(db, key, 1);
}

/** The last of `count` such numbers. */
export function takeNumbers(db: Kysely<Tables>, key: CounterKey, count: number): Promise<number> {
  return addToCounter(db, key, count);
}

/** Makes every other transaction that wants this counter wait until this one has ended. */
export async function lockCounter(db: Kysely<Tables>, key: CounterKey): Promise<void> {
  await addToCounter(db, key, 0);
}

async function addToCounter(
  db: Kysely<Tables>,
  { api, name }: CounterKey,
  step: number,
): Promise<number> {
  const row = await db
    .insertInto("counter")
    .values({ api, name, value: step })
    .onConflict((conflict) =>
      conflict
        .columns(["api", "name"])
        .doUpdateSet((eb) => ({ value: eb("counter.value", "+", step) })),
    )
    .returning("value")
    .executeTakeFirstOrThrow();
  return row.value;
}
