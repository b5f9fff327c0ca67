import { realpathSync, statSync } from "node:fs";
import { storeUnavailable } from "../faults.ts";

/** The files of a database, each with what tells it from another one in its place. */
export type OpenedFiles = readonly {
  readonly path: string;
  readonly identity: string | undefined;
}[];

/** SQLite keeps them open together, and removes none of them while anybody has the database open. */
const PARTS = ["-wal", "-shm"];

/** What there is at a path while a connection that has read there is open. */
export function openedFiles(path: string): OpenedFiles {
  const real = realpathSync(path);
  const paths = [path, ...PARTS.map((part) => real + part)];
  return paths.map((each) => ({ path: each, identity: identityOf(each) }));
}

/**
 * Whoever has files open goes on in them when they are removed or others are put in their place, and
 * nobody ever finds what is written there.
 *
 * @throws {ApiError} `STORE_UNAVAILABLE`: a path leads to another file than it did, or to none.
 */
export function requireSameFiles(files: OpenedFiles): void {
  for (const { path, identity } of files) {
    if (identityOf(path) === identity) continue;
    throw storeUnavailable(
      "The database's files were moved, removed or replaced while it was open.",
      new Error(`${path} is not the file that was opened; put it back, or start anew`),
    );
  }
}

function identityOf(path: string): string | undefined {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false });
  return found && `${found.dev}:${found.ino}`;
}
