import type { FaultKind } from "../faults.ts";

/** The server ended a session whose client said nothing in the middle of a transaction. */
const FELL_SILENT = "25P03";
/** Asked to write, a standby says so; or a session that began while the database was read-only. */
const READ_ONLY = "25006";
/** SQLSTATEs after which the same transaction may well succeed: conflicts, restarts, failovers. */
const TRY_AGAIN = new Set([
  "40001",
  "40P01",
  "55P03",
  READ_ONLY,
  "57P01",
  "57P02",
  "57P03",
  "53300",
]);
const NETWORK =
  /^(ECONNREFUSED|ECONNRESET|ECONNABORTED|EPIPE|ETIMEDOUT|E(HOST|NET)(UNREACH|DOWN)|ENOTFOUND|EAI_AGAIN)$/;
/** What a Unix socket says while its server restarts, or has no place for one more. */
const SOCKET = /^(ENOENT|EAGAIN)$/;
/** This process, or its machine, has no file descriptor or port for one more connection. */
const USED_UP = /^(EMFILE|ENFILE|EADDRNOTAVAIL)$/;
/** Where the server finds that a prepared statement answers other columns since a migration. */
const STALE_STATEMENT = "RevalidateCachedQuery";
/** What `pg` says, without a code, when a connection or a reply was lost. */
const LOST =
  /Connection terminated|Query read timeout|timeout exceeded when trying to connect|not queryable/;

/** The server is a standby: what it answers may be of long ago, also when it is none any more. */
export class StandbyAnswered extends Error {
  readonly code = READ_ONLY;

  constructor() {
    super("the database is a standby, not the primary");
    this.name = "StandbyAnswered";
  }
}

/** The server answered success, but its standby may not have the commit. */
export class UnconfirmedCommit extends Error {
  constructor(notice: string) {
    super(notice);
    this.name = "UnconfirmedCommit";
  }
}

/** Whether a connection is of no more use after this error. */
export function isConnectionLost(error: unknown): boolean {
  const code = codeOf(error);
  if (/^(08|57P0)/.test(code)) return true;
  if ([NETWORK, SOCKET, USED_UP].some((kind) => kind.test(code))) return true;
  if (code === FELL_SILENT || code === READ_ONLY) return true;
  if (!(error instanceof Error)) return false;
  if ("severity" in error && error.severity === "FATAL") return true;
  return LOST.test(error.message) || ("routine" in error && error.routine === STALE_STATEMENT);
}

/** Whether the whole transaction is worth another try; its outcome may be unknown. */
export function isRetryable(error: unknown): boolean {
  if (error instanceof UnconfirmedCommit || TRY_AGAIN.has(codeOf(error))) return true;
  return isConnectionLost(error);
}

/** Tells a statement that contradicts a constraint from a server that cannot be used. */
export function postgresFaultKind(error: unknown): FaultKind {
  const code = codeOf(error);
  if (code.startsWith("23")) return "constraint";
  // 53: out of disk, memory or connections; 58: the system failed below the server.
  return isRetryable(error) || /^(53|58)/.test(code) ? "storage" : "other";
}

/** The SQLSTATE or the system's error code; empty when there is none. */
export function codeOf(error: unknown): string {
  if (!(error instanceof Error) || !("code" in error)) return "";
  return typeof error.code === "string" ? error.code : "";
}
