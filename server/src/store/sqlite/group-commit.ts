import type { DatabaseSync } from "node:sqlite";
import type { ApiError } from "@latchkey/engine";
import type { Kysely } from "kysely";
import { asApiError, storeUnavailable } from "../faults.ts";
import { type CommandRequest, type CommandResult, runCommand } from "../run-command.ts";
import type { Tables } from "../schema.ts";
import { sqliteAdvice, sqliteFaultKind } from "./faults.ts";

/** The writing connection, bare and through Kysely. Nobody else uses it. */
export interface Writer {
  readonly connection: DatabaseSync;
  readonly db: Kysely<Tables>;
}

export type Outcome =
  | { readonly kind: "done"; readonly result: CommandResult }
  | { readonly kind: "failed"; readonly error: ApiError };

/**
 * Runs a batch in one transaction with one commit, each command in a savepoint: a command that
 * fails undoes only itself. When the file fails, or the commit, the whole batch fails. The outcomes
 * are in the order of the requests, and none is known before the commit is on the disk.
 */
export async function groupCommit(
  writer: Writer,
  requests: readonly CommandRequest[],
): Promise<readonly Outcome[]> {
  const { connection } = writer;
  try {
    connection.exec("begin immediate");
    const outcomes: Outcome[] = [];
    for (const request of requests) outcomes.push(await runInSavepoint(writer, request));
    connection.exec("commit");
    return outcomes;
  } catch (error) {
    // Some faults (a full disk is one) make SQLite roll back by itself.
    if (connection.isTransaction) connection.exec("rollback");
    const failed = { kind: "failed", error: batchError(error) } as const;
    return requests.map(() => failed);
  }
}

async function runInSavepoint(
  { connection, db }: Writer,
  request: CommandRequest,
): Promise<Outcome> {
  connection.exec("savepoint command");
  try {
    const result = await runCommand(db, request);
    connection.exec("release command");
    return { kind: "done", result };
  } catch (error) {
    if (sqliteFaultKind(error) === "storage" || !connection.isTransaction) throw error;
    connection.exec("rollback to command; release command");
    return { kind: "failed", error: asApiError(error, sqliteFaultKind) };
  }
}

function batchError(error: unknown): ApiError {
  const advice = sqliteAdvice(error);
  return advice === undefined
    ? storeUnavailable("The database could not commit.", error)
    : storeUnavailable(`The database could not commit: ${advice}.`, error);
}
