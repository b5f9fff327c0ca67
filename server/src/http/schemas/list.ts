import { type TSchema, Type } from "typebox";
import type { Page, PageRequest } from "../../store/records.ts";
import type { Cursors } from "../cursor.ts";
import { Nullable, Ref, Text } from "./base.ts";

const DEFAULT_LIMIT = 50;

/** The query members of every list. */
export const pageQuery = {
  limit: Type.Optional(
    Type.Integer({ minimum: 1, maximum: 200, default: DEFAULT_LIMIT, description: "Most rows." }),
  ),
  cursor: Type.Optional(
    Type.String({ maxLength: 512, description: "`nextCursor` of the page before." }),
  ),
};

/** The query member that looks for something in a list. */
export function searchText(description: string) {
  return Text({ minLength: 1, maxLength: 200, description });
}

/** One page of a list of what `item` describes, from new to old. */
export function ListOf<T extends TSchema>(item: T, name: string) {
  return Type.Object(
    {
      data: Type.Array(Ref(item)),
      nextCursor: Nullable(Type.String({ description: "Null on the last page." })),
    },
    { $id: name },
  );
}

/** Where a list stands: its name with the API, and the filters of this call. */
export interface ListName {
  readonly list: string;
  readonly filter?: Readonly<Record<string, unknown>>;
}

/** What a cursor is bound to: with the filters, so it cannot be carried over to another question. */
export function nameOf({ list, filter = {} }: ListName): string {
  return `${list}?${JSON.stringify(filter)}`;
}

/** Reads one page and writes its cursor. */
export async function answerPage<Row, Wire>(parts: {
  readonly cursors: Cursors;
  readonly name: ListName;
  readonly query: { readonly limit?: number; readonly cursor?: string };
  readonly read: (page: PageRequest) => Promise<Page<Row>>;
  readonly toWire: (row: Row) => Wire;
}): Promise<{ data: Wire[]; nextCursor: string | null }> {
  const { cursors, query, read, toWire } = parts;
  const list = nameOf(parts.name);
  const after = cursors.read(list, query.cursor);
  const { items, next } = await read({ limit: query.limit ?? DEFAULT_LIMIT, after });
  return { data: items.map(toWire), nextCursor: cursors.write(list, next) };
}
