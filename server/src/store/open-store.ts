import type { Clock } from "@latchkey/engine";
import type { Backend } from "./backend.ts";
import { createStore } from "./create-store.ts";
import { StoreStartError } from "./faults.ts";
import { openSqlite } from "./sqlite/open-sqlite.ts";
import type { Store } from "./store.ts";
import type { StoreLog } from "./store-log.ts";

interface OpenStore {
  /** `sqlite:PATH` or `postgres://…`. */
  readonly url: string;
  readonly clock: Clock;
  readonly log: StoreLog;
}

/**
 * Opens the deployment's database and migrates it to this release.
 *
 * @throws {StoreStartError} The database cannot be used; the message says which and what to do.
 */
export async function openStore({ url, clock, log }: OpenStore): Promise<Store> {
  const backend = await openBackend({ url, clock, log });
  try {
    return await createStore(backend, { clock, log });
  } catch (error) {
    await backend.close();
    throw error;
  }
}

async function openBackend({ url, clock, log }: OpenStore): Promise<Backend> {
  const path = /^sqlite:(.+)$/s.exec(url)?.[1];
  if (path !== undefined) return openSqlite({ path, clock, log });
  if (/^postgres(ql)?:\/\//.test(url)) {
    // Its driver takes time and memory that a start on SQLite need not spend.
    const { openPostgres } = await import("./postgres/open-postgres.ts");
    return openPostgres({ url, clock, log });
  }
  // Not the value itself: it may hold a password.
  throw new StoreStartError("the database URL is neither sqlite:PATH nor postgres://…");
}
