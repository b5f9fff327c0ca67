import { type RawBuilder, sql } from "kysely";

/**
 * The accounts that whoever asks may reach: what belongs to any other, or to none, does not exist.
 * `undefined`: there is no such limit.
 */
export type Ceiling = readonly string[] | undefined;

/** The condition that a row belongs to one of the accounts; true without a ceiling. */
export function under(ceiling: Ceiling, accountColumn: string): RawBuilder<boolean> {
  if (ceiling === undefined) return sql<boolean>`1 = 1`;
  // `in ()` is a syntax error on PostgreSQL.
  if (ceiling.length === 0) return sql<boolean>`1 = 0`;
  return sql<boolean>`${sql.ref(accountColumn)} in (${sql.join([...ceiling])})`;
}

/** The same of one account. */
export function isUnder(ceiling: Ceiling, accountId: string): boolean {
  return ceiling === undefined || ceiling.includes(accountId);
}
