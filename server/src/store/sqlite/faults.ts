import type { FaultKind } from "../faults.ts";

/** Primary result codes, https://sqlite.org/rescode.html. */
const PRIMARY = {
  BUSY: 5,
  LOCKED: 6,
  NOMEM: 7,
  READONLY: 8,
  IOERR: 10,
  CORRUPT: 11,
  FULL: 13,
  CANTOPEN: 14,
  CONSTRAINT: 19,
  NOTADB: 26,
} as const;

const ADVICE: ReadonlyMap<number, string> = new Map([
  [PRIMARY.BUSY, "another process holds it; stop that process and start again"],
  [PRIMARY.LOCKED, "another process holds it; stop that process and start again"],
  [PRIMARY.READONLY, "it is read-only; let this user write the file and its folder"],
  [PRIMARY.IOERR, "the disk failed to read or write it; check the disk and its free space"],
  [PRIMARY.CORRUPT, "it is damaged; restore a backup, with no -wal of another beside it"],
  [PRIMARY.FULL, "its disk is full; make room"],
  [PRIMARY.CANTOPEN, "it cannot be opened; check the path and who may use it"],
  [PRIMARY.NOTADB, "it is not an SQLite database; check the path or restore a backup"],
]);

/** SQLite's primary result code, or `undefined` for an error that is not SQLite's. */
function sqliteCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !("errcode" in error)) return undefined;
  return typeof error.errcode === "number" ? error.errcode & 0xff : undefined;
}

/** Tells a statement that contradicts a constraint from a file that cannot be used. */
export function sqliteFaultKind(error: unknown): FaultKind {
  const code = sqliteCode(error);
  if (code === PRIMARY.CONSTRAINT) return "constraint";
  return code !== undefined && (ADVICE.has(code) || code === PRIMARY.NOMEM) ? "storage" : "other";
}

/** What is wrong with the file and what to do, or `undefined` when it is not the file. */
export function sqliteAdvice(error: unknown): string | undefined {
  return ADVICE.get(sqliteCode(error) ?? -1);
}

/** Whether another connection held a lock for longer than the busy timeout. */
export function isBusy(error: unknown): boolean {
  return sqliteCode(error) === PRIMARY.BUSY;
}
