import type { Flavor } from "../store/migrations/migration.ts";
import { openStore } from "../store/open-store.ts";
import type { Store } from "../store/store.ts";
import { keptLog } from "./log.ts";
import { frozenClock } from "./now.ts";
import {
  type PrivatePostgres,
  postgresPrograms,
  startPrivatePostgres,
} from "./private-postgres.ts";
import { temporarySqlite } from "./temporary-sqlite.ts";

/** A kind of database that a contract is tested on. */
export interface TestDatabase {
  readonly name: string;
  readonly kind: Flavor;
  /** Not on this machine: the tests are skipped by name. */
  readonly absent: boolean;
  start(): Promise<void>;
  /** The address of a new database; `empty`: not even migrated. */
  newUrl(options?: { readonly empty?: boolean }): Promise<string>;
  stop(): Promise<void>;
}

/** SQLite and PostgreSQL. In CI a missing PostgreSQL is an error, so that nothing is skipped. */
export const DATABASES: readonly TestDatabase[] = [sqlite(), postgres()];

/** Opens a store with a frozen clock and a log that is thrown away. */
export function openTestStore(url: string): Promise<Store> {
  return openStore({ url, clock: frozenClock(), log: keptLog() });
}

function sqlite(): TestDatabase {
  const made: { remove(): void }[] = [];
  return {
    name: "SQLite",
    kind: "sqlite",
    absent: false,
    start: async () => undefined,
    async newUrl() {
      const database = temporarySqlite();
      made.push(database);
      return database.url;
    },
    async stop() {
      for (const database of made) database.remove();
    },
  };
}

function postgres(): TestDatabase {
  const programs = postgresPrograms();
  if (programs === undefined && process.env.CI === "true") {
    throw new Error("PostgreSQL is not installed; CI must test on it");
  }
  let server: PrivatePostgres | undefined;
  return {
    name: "PostgreSQL",
    kind: "postgres",
    absent: programs === undefined,
    async start() {
      server = await startPrivatePostgres(programs ?? "");
    },
    async newUrl({ empty = false } = {}) {
      if (server === undefined) throw new Error("start it first");
      return empty ? server.emptyDatabase() : server.database();
    },
    async stop() {
      await server?.stop();
    },
  };
}
