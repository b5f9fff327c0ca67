import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A place for a database of its own, empty at first. */
export interface TemporarySqlite {
  readonly folder: string;
  readonly path: string;
  readonly url: string;
  remove(): void;
}

/** Makes a folder that only this user may enter; the database in it is made when it is opened. */
export function temporarySqlite(): TemporarySqlite {
  const folder = mkdtempSync(join(tmpdir(), "latchkey-"));
  const path = join(folder, "latchkey.db");
  return {
    folder,
    path,
    url: `sqlite:${path}`,
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
