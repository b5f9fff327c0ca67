import { execFileSync, spawn } from "node:child_process";
import { chownSync, existsSync, globSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import pg from "pg";
import { migratePostgres } from "../store/postgres/migrate-postgres.ts";
import { freePort } from "./free-port.ts";
import { NOW } from "./now.ts";

/** A PostgreSQL server that belongs to one test file and vanishes with it. */
export interface PrivatePostgres {
  /** A new, migrated database; the same as a first start leaves, but 20 ms instead of 100. */
  database(): Promise<string>;
  /** A new database without any table. */
  emptyDatabase(): Promise<string>;
  stop(): Promise<void>;
}

const TEMPLATE = "latchkey_template";

/** The newest PostgreSQL that Debian's packages have put on this machine, if any. */
export function postgresPrograms(): string | undefined {
  const folders = globSync("/usr/lib/postgresql/*/bin").sort().reverse();
  return folders.find((folder) => existsSync(join(folder, "initdb")));
}

/** Starts a server in a folder of its own on a free port. It trusts this machine and never syncs. */
export async function startPrivatePostgres(programs: string): Promise<PrivatePostgres> {
  const owner = serverUser();
  const folder = mkdtempSync(join(tmpdir(), "latchkey-postgres-"));
  // PostgreSQL refuses to run as root, and mkdtemp made the folder for root alone.
  if (owner !== undefined) chownSync(folder, owner.uid, owner.gid);
  const data = join(folder, "data");
  const options = { ...owner, cwd: folder, env: { LC_ALL: "C.UTF-8", TZ: "UTC" } };
  const init = ["-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8"];
  execFileSync(join(programs, "initdb"), [...init, "-N", "--no-instructions"], {
    ...options,
    stdio: "pipe",
  });
  const port = await freePort();
  const server = spawn(join(programs, "postgres"), ["-D", data, ...settings(port)], {
    ...options,
    stdio: "ignore",
  });
  const exited = new Promise<void>((resolve) => server.once("exit", () => resolve()));
  const address = (database: string) => `postgres://postgres@127.0.0.1:${port}/${database}`;
  const control = await connectWhenReady(address("postgres"));
  let made = 0;

  async function create(template: string): Promise<string> {
    made += 1;
    const name = `test_${made}`;
    await control.query(`create database ${name} template ${template} strategy file_copy`);
    return address(name);
  }

  await control.query(`create database ${TEMPLATE}`);
  await migratePostgres(address(TEMPLATE), NOW);
  return {
    database: () => create(TEMPLATE),
    emptyDatabase: () => create("template0"),
    async stop() {
      await control.end();
      server.kill("SIGINT");
      await exited;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function settings(port: number): readonly string[] {
  const values = {
    port,
    listen_addresses: "127.0.0.1",
    unix_socket_directories: "",
    max_connections: 200,
    shared_buffers: "64MB",
    fsync: "off",
    synchronous_commit: "off",
    full_page_writes: "off",
  };
  return Object.entries(values).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
}

function serverUser(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const entry = execFileSync("getent", ["passwd", "postgres"]).toString().split(":");
  return { uid: Number(entry[2]), gid: Number(entry[3]) };
}

async function connectWhenReady(url: string): Promise<pg.Client> {
  for (let attempt = 1; ; attempt += 1) {
    const client = new pg.Client(url);
    client.on("error", () => undefined);
    try {
      await client.connect();
      return client;
    } catch (error) {
      if (attempt === 400) throw error;
      await wait(25);
    }
  }
}
