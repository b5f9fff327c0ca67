import pg from "pg";
import { StoreStartError } from "../faults.ts";
import { migrations } from "../migrations/index.ts";
import { type MigrationSession, migrate } from "../migrations/migrate.ts";
import type { Migration } from "../migrations/migration.ts";
import { codeOf } from "./faults.ts";
import { clientConfig } from "./pool.ts";
import { requireOwnSession } from "./require-own-session.ts";

/** Any number will do, as long as all releases take the same. */
const MIGRATION_LOCK = 4_702_394_921;
/** As in the pool: of a node that freezes, or is cut off, all others would wait for what it holds. */
const SILENCE = "set local idle_in_transaction_session_timeout = 1000";
const OLDEST_VERSION = 150_000;
const UNDEFINED_TABLE = "42P01";
const INSUFFICIENT_PRIVILEGE = "42501";

interface MigratePostgres {
  readonly wanted?: readonly Migration[];
  /** Called once when another node's migration is under way, which is then waited for. */
  readonly onWait?: () => void;
}

/**
 * Brings the database up to date on a connection of its own, without a time limit for what it does or
 * waits for: another node's migration may take long.
 *
 * @throws {StoreStartError} Names the server (never its password), its fault and what to do.
 */
export async function migratePostgres(
  url: string,
  at: number,
  { wanted = migrations, onWait }: MigratePostgres = {},
): Promise<readonly string[]> {
  const name = describe(url);
  const client = newClient(url, name);
  client.on("error", () => undefined);
  try {
    await client.connect();
    await requireVersion(client, name);
    await requireEncoding(client, name);
    await requireOwnSession(client, { url, name });
    return await migrate(migrationSession(client, name, onWait), wanted, at);
  } catch (error) {
    if (error instanceof StoreStartError) throw error;
    throw new StoreStartError(`cannot use the database ${name}: ${reasonOf(error)}`, {
      cause: error,
    });
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Made of the URL and of the files with certificates that it names. */
function newClient(url: string, name: string): pg.Client {
  try {
    return new pg.Client(clientConfig(url));
  } catch (cause) {
    const has = `cannot use the database ${name} as LATCHKEY_DATABASE_URL has it`;
    throw new StoreStartError(`${has}: ${reasonOf(cause)}`, { cause });
  }
}

function reasonOf(error: unknown): string {
  const reason = error instanceof Error ? error.message || codeOf(error) : String(error);
  // The library's own words for a URL without a password.
  if (reason?.includes("client password must be a string")) {
    return "it asks for a password; give it in LATCHKEY_DATABASE_URL or PGPASSWORD";
  }
  const isForbidden = codeOf(error) === INSUFFICIENT_PRIVILEGE;
  return `${reason}${isForbidden ? "; its user must be allowed to make tables, and own those there are" : ""}`;
}

async function requireVersion(client: pg.Client, name: string): Promise<void> {
  const { rows } = await client.query("show server_version_num");
  const version = Number(rows[0]?.server_version_num);
  if (version >= OLDEST_VERSION) return;
  const found = Math.floor(version / 10_000);
  throw new StoreStartError(`${name} is PostgreSQL ${found}; Latchkey needs 15 or later`);
}

/** Whatever is written to it later: what its encoding lacks would be a fault of each such write. */
async function requireEncoding(client: pg.Client, name: string): Promise<void> {
  const { rows } = await client.query("show server_encoding");
  const encoding = rows[0]?.server_encoding;
  // The second keeps the bytes that it is given.
  if (encoding === "UTF8" || encoding === "SQL_ASCII") return;
  const lack = `${name} has the encoding ${encoding}, which lacks most characters`;
  throw new StoreStartError(`${lack}; Latchkey needs a database with the encoding UTF8`);
}

function migrationSession(client: pg.Client, name: string, onWait?: () => void): MigrationSession {
  const run = async (sql: string) => (await client.query(sql)).rows;
  return {
    flavor: "postgres",
    name,
    run,
    async beginAlone() {
      await run("begin");
      await run(SILENCE);
      const [first] = await run(`select pg_try_advisory_xact_lock(${MIGRATION_LOCK}) as taken`);
      if (first?.taken === true) return;
      onWait?.();
      await run(`select pg_advisory_xact_lock(${MIGRATION_LOCK})`);
    },
    isMissingTable: (error) => codeOf(error) === UNDEFINED_TABLE,
  };
}

/** Host and database, without user and password. */
function describe(url: string): string {
  const { host, pathname } = URL.canParse(url) ? new URL(url) : { host: "", pathname: "" };
  return `postgres://${host}${pathname}`;
}
