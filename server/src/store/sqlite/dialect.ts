import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite";
import { Kysely, type SqliteDatabase, SqliteDialect, type SqliteStatement } from "kysely";
import type { Tables } from "../schema.ts";

const CACHED_STATEMENTS = 500;

/** Kysely on a `node:sqlite` connection that the caller opened and closes. */
export function kyselyOn(connection: DatabaseSync): Kysely<Tables> {
  return new Kysely<Tables>({ dialect: new SqliteDialect({ database: database(connection) }) });
}

/** Keeps the statements used last prepared: preparing costs more than most of them take to run. */
function database(connection: DatabaseSync): SqliteDatabase {
  const cache = new Map<string, SqliteStatement>();
  return {
    prepare(sql) {
      const cached = cache.get(sql);
      if (cached !== undefined) {
        cache.delete(sql);
        cache.set(sql, cached);
        return cached;
      }
      const made = statement(connection.prepare(sql));
      cache.set(sql, made);
      const [oldest] = cache.keys();
      if (cache.size > CACHED_STATEMENTS && oldest !== undefined) cache.delete(oldest);
      return made;
    },
    close: () => cache.clear(),
  };
}

function statement(prepared: StatementSync): SqliteStatement {
  return {
    reader: prepared.columns().length > 0,
    all: (parameters) => prepared.all(...parameters.map(toSqlite)),
    run: (parameters) => prepared.run(...parameters.map(toSqlite)),
    iterate: (parameters) => prepared.iterate(...parameters.map(toSqlite)),
  };
}

function toSqlite(value: unknown): SQLInputValue {
  switch (typeof value) {
    case "string":
    case "number":
    case "bigint":
      return value;
    default:
      if (value === null || value instanceof Uint8Array) return value;
      // Dates and booleans would be stored as something that does not come back.
      throw new TypeError(`cannot bind a value of type ${typeof value} to SQLite`);
  }
}
