// One set-up at a time: two of them would delete each other's node_modules.
import { readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";

/** How long a lock may be empty: its maker stands between creating and writing it, or died there. */
const EMPTY_MILLISECONDS = 2_000;
const POLL_MILLISECONDS = 100;

/**
 * Takes the lock file, waiting as long as a living process holds it; the lock of a dead one is
 * taken over. Calls `onWait` once, with the holder's process id, when it has to wait.
 *
 * @param {string} file
 * @param {{ onWait?: (pid: number) => void }} [options]
 * @returns {() => void} Gives the lock back.
 */
export function takeLock(file, { onWait = () => {} } = {}) {
  const mine = identity(process.pid) ?? `${process.pid}`;
  let waiting = false;
  while (!create(file, mine)) {
    const holder = read(file);
    if (holder === undefined) continue;
    if (isDead(file, holder)) {
      moveAway(file, holder);
      continue;
    }
    if (!waiting && holder !== "") {
      onWait(Number.parseInt(holder, 10));
      waiting = true;
    }
    pause(POLL_MILLISECONDS);
  }
  return () => {
    if (read(file) === mine) rmSync(file, { force: true });
  };
}

/**
 * @param {string} file
 * @param {string} holder
 */
function isDead(file, holder) {
  if (holder !== "") return identity(Number.parseInt(holder, 10)) !== holder;
  const age = Date.now() - (statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
  return age > EMPTY_MILLISECONDS;
}

/**
 * A living process's id and start, so that an id used again after a crash or a restart of the
 * machine is not taken for the holder. Where the system does not tell the start, the id alone.
 *
 * @param {number} pid
 * @returns {string | undefined}
 */
function identity(pid) {
  const stat = read(`/proc/${pid}/stat`);
  // The command's name is in parentheses and may hold spaces; the 20th field behind it is the start.
  if (stat !== undefined) return `${pid} ${stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19]}`;
  try {
    process.kill(pid, 0);
    return `${pid}`;
  } catch (error) {
    return hasCode(error, "EPERM") ? `${pid}` : undefined;
  }
}

/**
 * Two may see the same dead holder. The first rename wins; if the second one moved a lock that was
 * taken in between, it puts it back.
 *
 * @param {string} file
 * @param {string} holder
 */
function moveAway(file, holder) {
  const aside = `${file}.${process.pid}`;
  try {
    renameSync(file, aside);
  } catch (error) {
    if (hasCode(error, "ENOENT")) return;
    throw error;
  }
  const moved = read(aside);
  if (moved !== undefined && moved !== holder) create(file, moved);
  rmSync(aside, { force: true });
}

/**
 * @param {string} file
 * @param {string} content
 */
function create(file, content) {
  try {
    writeFileSync(file, content, { flag: "wx" });
    return true;
  } catch (error) {
    if (hasCode(error, "EEXIST")) return false;
    throw error;
  }
}

/** @param {string} file */
function read(file) {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}

/**
 * @param {unknown} error
 * @param {string} code
 */
function hasCode(error, code) {
  return error instanceof Error && "code" in error && error.code === code;
}

/** @param {number} milliseconds */
function pause(milliseconds) {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}
