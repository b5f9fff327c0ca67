import type { DatabaseSync } from "node:sqlite";
import type { MigrationSession } from "../migrations/migrate.ts";

/** A migration's view of a connection that nobody else uses meanwhile. */
export function migrationSession(connection: DatabaseSync, path: string): MigrationSession {
  return {
    flavor: "sqlite",
    name: path,
    run: async (sql) => connection.prepare(sql).all(),
    beginAlone: async () => connection.exec("begin immediate"),
    isMissingTable: (error) => error instanceof Error && /^no such table/.test(error.message),
  };
}
