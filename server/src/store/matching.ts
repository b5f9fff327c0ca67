import { type RawBuilder, sql } from "kysely";

/**
 * The condition that a text holds another, whatever the case of its ASCII letters. The database
 * brings both into one case: which other letters it knows is its own affair.
 */
export function holdsText(column: string, text: string): RawBuilder<boolean> {
  const pattern = sql<string>`${`%${text.replace(/[\\%_]/g, "\\$&")}%`}`;
  return sql<boolean>`${inOneCase(sql.ref(column))} like ${inOneCase(pattern)} escape '\\'`;
}

/** By Turkish rules, which a database may follow, a small `I` has no dot: it is given one. */
function inOneCase(text: RawBuilder<unknown>): RawBuilder<string> {
  return sql<string>`replace(lower(${text}), ${sql.lit("\u0131")}, 'i')`;
}
