import { type RawBuilder, sql } from "kysely";

/**
 * Where counts end. Whoever may report usage could otherwise raise one beyond what a number here can
 * hold, and nothing that reads it would work again. The database can still add up two thousand.
 */
const MOST = 4_000_000_000_000_000;
/** Rows in one statement: at most 7 values each, and SQLite binds at most 32,766. */
const ROWS_PER_STATEMENT = 1000;

/**
 * One row for each key, in the order of the keys: PostgreSQL refuses two rows of one key in a
 * statement, and writers that take them in different orders could wait for each other for ever.
 */
export function inKeyOrder<Row>(merged: ReadonlyMap<string, Row>): readonly Row[] {
  return [...merged].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
}

/** The rows in parts that one statement can hold. */
export function* inChunks<Row>(rows: readonly Row[]): Generator<readonly Row[]> {
  for (let from = 0; from < rows.length; from += ROWS_PER_STATEMENT) {
    yield rows.slice(from, from + ROWS_PER_STATEMENT);
  }
}

/** On conflict: the sum of what stands in the column and what comes, up to 4 · 10¹⁵. */
export function added(table: string, column: string): RawBuilder<number> {
  const [before, more] = [sql.ref(`${table}.${column}`), sql.ref(`excluded.${column}`)];
  return sql<number>`case when ${before} + ${more} > ${sql.lit(MOST)} then ${sql.lit(MOST)}
    else ${before} + ${more} end`;
}

/** A sum as a number, whatever it comes to. */
export function total(column: string): RawBuilder<number> {
  return sql<number>`sum(${sql.ref(column)}) * 1.0`;
}
