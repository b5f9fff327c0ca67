import { type RawBuilder, sql } from "kysely";

/**
 * The condition that a text holds another, whatever the case of its ASCII letters. The database
 * brings both into one case: which other letters it knows is its own affair.
 */
export function holdsText(column: string, text: string): RawBuilder<boolean> {
  const pattern = `%${text.replace(/[\\%_]/g, "\\$&")}%`;
  return sql<boolean>`lower(${sql.ref(column)}) like lower(${pattern}) escape '\\'`;
}
