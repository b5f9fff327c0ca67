import {
  closeSync,
  existsSync,
  fchmodSync,
  fchownSync,
  openSync,
  realpathSync,
  statSync,
} from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { StoreStartError } from "../faults.ts";
import { isBusy } from "./faults.ts";

/** Longer than another server takes to look whether it is alone. */
const LOOK_TIMEOUT = 5000;

/** Those who have one database open, as far as one of them can tell. */
export interface Servers {
  /** Whether no other has it open, nor had when this one's last look began. */
  isAlone(): boolean;
  leave(): void;
}

/**
 * Says that a process has a database open, until it leaves or ends in whatever way: what says so are
 * SQLite's own locks on two empty files beside it, which the operating system frees. The first holds
 * one of them alone; whoever comes while it is there shares the other, so that the first can look
 * whether anybody does. Who came later does not look: it counts as not alone for as long as it runs.
 *
 * @throws {StoreStartError} The files cannot be used.
 */
export function joinServers(database: string): Servers {
  // Every path to a database leads to the same locks.
  const path = realpathSync(database);
  const opened: DatabaseSync[] = [];
  const leave = () => {
    for (const each of opened.splice(0)) each.close();
  };
  const open = (file: string, timeout: number) => {
    makeBeside(path, file);
    const lock = new DatabaseSync(file, { timeout });
    opened.push(lock);
    // Nothing is ever written: no journal beside it either.
    lock.exec("pragma journal_mode = memory");
    return lock;
  };
  let file = `${path}-first`;
  try {
    const isFirst = takes(open(file, 0), "begin immediate");
    file = `${path}-others`;
    const others = open(file, isFirst ? 0 : LOOK_TIMEOUT);
    if (!isFirst) {
      // A transaction that has read keeps its share of the lock.
      others.exec("begin; select * from sqlite_schema");
      return { isAlone: () => false, leave };
    }
    const isAlone = () => {
      const found = takes(others, "begin exclusive");
      if (found) others.exec("rollback");
      return found;
    };
    // What cannot be used is found out now.
    isAlone();
    return { isAlone, leave };
  } catch (cause) {
    leave();
    const words = cause instanceof Error ? cause.message : String(cause);
    throw new StoreStartError(
      `cannot use the database ${database}: ${file}, by which servers hear of each other, cannot be ` +
        `used: ${words}; let this user write it, or remove it while no server runs`,
      { cause },
    );
  }
}

/** Whether the transaction could be begun; not if somebody else holds the lock. */
function takes(lock: DatabaseSync, begin: string): boolean {
  try {
    lock.exec(begin);
    return true;
  } catch (error) {
    if (isBusy(error)) return false;
    throw error;
  }
}

/**
 * With the owner and mode of the database, as SQLite does it for what lies beside. Never opens a
 * file that is there: to close it would free what this process has locked in it (POSIX, `fcntl`).
 */
function makeBeside(database: string, file: string): void {
  if (existsSync(file)) return;
  const { mode, uid, gid } = statSync(database);
  const made = openSync(file, "a", 0o600);
  fchmodSync(made, mode & 0o777);
  if (process.getuid?.() === 0) fchownSync(made, uid, gid);
  closeSync(made);
}
