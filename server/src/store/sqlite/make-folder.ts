import { mkdirSync, statSync } from "node:fs";
import { dirname } from "node:path";

/**
 * Makes a folder, and those above it that are missing, for this user alone. `mkdirSync` with
 * `recursive` spins for ever where the system says that the folder above one is missing although it
 * is there, as it does below /proc. @throws What the system says of the first that cannot be made.
 */
export function makeFolder(folder: string): void {
  if (statSync(folder, { throwIfNoEntry: false }) !== undefined) return;
  makeFolder(dirname(folder));
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    // Another process may have been first.
    if (statSync(folder, { throwIfNoEntry: false }) === undefined) throw error;
  }
}
