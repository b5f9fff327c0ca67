import { type RawBuilder, sql } from "kysely";
import type { Page, PageKey, PageRequest } from "./records.ts";

/** The condition that a row comes after `after` in a list from new to old; true without one. */
export function olderThan(
  after: PageKey | undefined,
  atColumn: string,
  idColumn: string,
): RawBuilder<boolean> {
  return beyond(sql`<`, after, [atColumn, idColumn]);
}

/** The same in a list from old to new. */
export function newerThan(
  after: PageKey | undefined,
  atColumn: string,
  idColumn: string,
): RawBuilder<boolean> {
  return beyond(sql`>`, after, [atColumn, idColumn]);
}

function beyond(
  comparison: RawBuilder<unknown>,
  after: PageKey | undefined,
  columns: readonly [at: string, id: string],
): RawBuilder<boolean> {
  if (after === undefined) return sql<boolean>`1 = 1`;
  const [at, id] = columns.map((column) => sql.ref(column));
  return sql<boolean>`(${at}, ${id}) ${comparison} (${after.at}, ${after.id})`;
}

/** Cuts a page from rows that were read with a limit of one more than asked for. */
export function pageOf<Item>(
  items: readonly Item[],
  { limit }: PageRequest,
  keyOf: (item: Item) => PageKey,
): Page<Item> {
  const shown = items.slice(0, limit);
  const last = shown.at(-1);
  const more = items.length > limit && last !== undefined;
  return { items: shown, next: more ? keyOf(last) : null };
}

/** Where a record stands in a list that goes by when each was made. */
export function byCreation({
  createdAt,
  id,
}: {
  readonly createdAt: number;
  readonly id: string;
}): PageKey {
  return { at: createdAt, id };
}
