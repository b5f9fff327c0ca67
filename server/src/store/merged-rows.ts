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
