/** Which database a statement is for; the value of `Store.kind`. */
export type Flavor = "sqlite" | "postgres";

/** How each kind of column is spelled, so that one text makes the same table on both databases. */
export interface Columns {
  /** Compared byte by byte on both: pages are ordered by it. */
  readonly id: string;
  /** A whole number up to 2^53. */
  readonly number: string;
  /** Unix milliseconds. */
  readonly millis: string;
  readonly bytes: string;
  /** What follows the closing bracket of a table. */
  readonly end: string;
  /** The same, for a table stored in the order of its primary key where that is possible. */
  readonly clustered: string;
}

/**
 * One forward step. `statements` is SQL text rather than Kysely calls, because its checksum must
 * not change when a library prints the same statement differently.
 */
export interface Migration {
  /** Counts from 1 without a gap. */
  readonly number: number;
  readonly name: string;
  statements(columns: Columns): readonly string[];
}

/** The spelling of each column kind on one database. */
export const COLUMNS: Readonly<Record<Flavor, Columns>> = {
  sqlite: {
    id: "text",
    number: "integer",
    millis: "integer",
    bytes: "blob",
    end: "strict",
    clustered: "strict, without rowid",
  },
  postgres: {
    id: 'text collate "C"',
    number: "bigint",
    millis: "bigint",
    bytes: "bytea",
    end: "",
    clustered: "",
  },
};
