import { closeSync, openSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { setTimeout as wait } from "node:timers/promises";
import type { Clock } from "@latchkey/engine";
import type { Ask } from "../ask.ts";
import type { Backend } from "../backend.ts";
import { asApiError, StoreStartError } from "../faults.ts";
import { claimOf } from "../idempotency.ts";
import { migrations } from "../migrations/index.ts";
import { migrate } from "../migrations/migrate.ts";
import type { StoreLog } from "../store-log.ts";
import { BUSY_TIMEOUT, connect } from "./connection.ts";
import { kyselyOn } from "./dialect.ts";
import { isBusy, sqliteAdvice, sqliteFaultKind } from "./faults.ts";
import { makeFolder } from "./make-folder.ts";
import { migrationSession } from "./migration-session.ts";
import { openedFiles, requireSameFiles } from "./same-files.ts";
import { joinServers, type Servers } from "./servers.ts";
import { startWriterThread } from "./writer-thread.ts";

interface OpenSqlite {
  readonly path: string;
  readonly clock: Clock;
  readonly log: StoreLog;
}

/**
 * Opens the file, making it and its folder when they are missing (only for this user), and brings
 * it up to date. Reads run here, on a connection of their own; writes on a thread.
 *
 * @throws {StoreStartError} Names the file, its fault and what to do.
 */
export async function openSqlite({ path, clock, log }: OpenSqlite): Promise<Backend> {
  const file = resolve(path);
  await prepareFile(file, clock, log);
  const servers = joinServers(file);
  if (!servers.isAlone()) {
    log.warn({ file }, "another server has this database open; each counts limits by itself");
  }
  try {
    return openFile(file, servers, log);
  } catch (error) {
    servers.leave();
    throw error;
  }
}

function openFile(file: string, servers: Servers, log: StoreLog): Backend {
  const connection = connect(file, "read");
  const db = kyselyOn(connection);
  // Only now are all of its files there.
  connection.exec("select * from sqlite_schema");
  const files = openedFiles(file);
  const thread = startWriterThread({ path: file, files }, log);
  const ask: Ask = async (read) => {
    try {
      requireSameFiles(files);
      return await read();
    } catch (error) {
      throw asApiError(error, sqliteFaultKind);
    }
  };
  return {
    kind: "sqlite",
    isAlone: () => servers.isAlone(),
    db,
    ask,
    run: (request) => thread.run({ ...request, claim: claimOf(request.context) }),
    // Other processes on this file look for themselves: see the poll in feeds.ts.
    announce: () => undefined,
    onAnnounced: () => undefined,
    ping: () => thread.ping(),
    async close() {
      await thread.close();
      await db.destroy();
      connection.close();
      servers.leave();
    },
  };
}

function prepareFolder(folder: string): void {
  try {
    makeFolder(folder);
  } catch (cause) {
    throw new Error(`its folder cannot be made: ${messageOf(cause)}`, { cause });
  }
}

/** SQLite keeps what it has not folded in yet beside the name by which it was opened. */
function requireOneName(file: string): void {
  const { nlink } = statSync(file);
  if (nlink === 1) return;
  throw new Error(
    `it has ${nlink} names (hard links), and servers that open it by different ones destroy each ` +
      "other's writes; copy it to a file of its own, or remove the other names",
  );
}

async function prepareFile(file: string, clock: Clock, log: StoreLog): Promise<void> {
  let connection: DatabaseSync | undefined;
  try {
    prepareFolder(dirname(file));
    closeSync(openSync(file, "a", 0o600));
    requireOneName(file);
    connection = await connectPatiently(file);
    const applied = await migrate(migrationSession(connection, file), migrations, clock());
    if (applied.length > 0) log.info({ file, applied }, "the database was migrated");
    // A file that cannot be written fails here, with its name, rather than at the first write.
    connection.exec("begin immediate; rollback");
  } catch (error) {
    throw startError(file, error);
  } finally {
    connection?.close();
  }
}

/** The busy timeout does not cover the switch to WAL, which two first starts at once both make. */
async function connectPatiently(file: string): Promise<DatabaseSync> {
  const deadline = performance.now() + BUSY_TIMEOUT;
  for (;;) {
    try {
      return connect(file, "write");
    } catch (error) {
      if (!isBusy(error) || performance.now() > deadline) throw error;
      await wait(20);
    }
  }
}

function startError(file: string, cause: unknown): StoreStartError {
  if (cause instanceof StoreStartError) return cause;
  const advice = sqliteAdvice(cause) ?? messageOf(cause);
  return new StoreStartError(`cannot use the database ${file}: ${advice}`, { cause });
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
