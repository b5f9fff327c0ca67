import { DatabaseSync } from "node:sqlite";

/** How long a statement waits for another process's lock, in milliseconds. */
export const BUSY_TIMEOUT = 5000;

/** What a connection is for. */
export type Purpose = "write" | "read";

/**
 * Opens a connection to an existing database. A commit returns once it is on the disk
 * (`synchronous=FULL` in WAL mode); a connection to read cannot write.
 */
export function connect(path: string, purpose: Purpose): DatabaseSync {
  const connection = new DatabaseSync(path, {
    timeout: BUSY_TIMEOUT,
    enableForeignKeyConstraints: true,
    allowExtension: false,
  });
  connection.exec("pragma journal_mode = wal; pragma synchronous = full");
  connection.exec("pragma temp_store = memory; pragma cache_size = -16384");
  if (purpose === "read") connection.exec("pragma query_only = on");
  return connection;
}
