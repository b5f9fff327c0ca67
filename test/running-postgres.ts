import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chownSync, globSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { freePort } from "./free-port.ts";
import { waitUntil } from "./running-server.ts";

/** A PostgreSQL of its own on loopback, with one empty database. */
export interface RunningPostgres extends AsyncDisposable {
  readonly url: string;
  /** Immediate shutdown, as after a crash. */
  kill(): Promise<void>;
  /** Starts it at the same port with what it had, after `kill`. */
  restart(): Promise<void>;
  /** From now on no transaction may write, as on a standby; or again each may. */
  setReadOnly(readOnly: boolean): void;
}

const [PROGRAMS] = globSync("/usr/lib/postgresql/*/bin").sort().reverse();
const DATABASE = "postgres";

const running = new Set<ChildProcess>();
// A test run that is cut short must not leave servers behind.
process.on("exit", () => {
  for (const child of running) child.kill("SIGQUIT");
});

/** Whether PostgreSQL is installed. In CI its absence is an error, so that nothing is skipped. */
export function hasPostgres(): boolean {
  if (PROGRAMS === undefined && process.env.CI === "true") {
    throw new Error("PostgreSQL is not installed; CI must test on it");
  }
  return PROGRAMS !== undefined;
}

/** As whom, where and with which environment its programs run. */
interface PostgresOptions {
  readonly uid?: number;
  readonly gid?: number;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
}

/** A process of PostgreSQL. */
interface PostgresProcess {
  /** Immediate shutdown, as after a crash. */
  kill(): Promise<void>;
}

/** One of its programs, as it was installed. */
export function postgresProgram(name: string): string {
  return path.join(PROGRAMS ?? "", name);
}

/** Makes an empty cluster in the folder `data` of a new folder. */
export function initPostgres(): { readonly folder: string; readonly options: PostgresOptions } {
  const folder = mkdtempSync(path.join(tmpdir(), "latchkey-postgres-"));
  // It refuses to run as root, and mkdtemp made the folder for root alone.
  const owner = process.getuid?.() === 0 ? userNamed("postgres") : undefined;
  if (owner !== undefined) chownSync(folder, owner.uid, owner.gid);
  const options = { ...owner, cwd: folder, env: { LC_ALL: "C.UTF-8", TZ: "UTC" } };
  const data = path.join(folder, "data");
  const init = ["-D", data, "-U", "postgres", "-A", "trust", "-N", "--no-instructions"];
  execFileSync(postgresProgram("initdb"), init, { ...options, stdio: "pipe" });
  return { folder, options };
}

/** Starts the server of a cluster and waits until it answers. */
export async function launchPostgres(
  data: string,
  port: number,
  options: PostgresOptions,
): Promise<PostgresProcess> {
  const address = addressOf(port);
  const words = ["-D", data, ...address, "-c", "unix_socket_directories=", "-c", "fsync=off"];
  const child = spawn(postgresProgram("postgres"), words, { ...options, stdio: "ignore" });
  running.add(child);
  child.once("exit", () => running.delete(child));
  await waitUntil("PostgreSQL answers", async () =>
    succeeds(postgresProgram("pg_isready"), address),
  );
  return {
    async kill() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, "exit");
      child.kill("SIGQUIT");
      await exited;
    },
  };
}

/** Starts PostgreSQL and waits until it answers. */
export async function startPostgres(): Promise<RunningPostgres> {
  const { folder, options } = initPostgres();
  const port = await freePort();
  const launch = () => launchPostgres(path.join(folder, "data"), port, options);
  let server = await launch();
  return {
    url: `postgres://postgres@127.0.0.1:${port}/${DATABASE}`,
    kill: () => server.kill(),
    async restart() {
      server = await launch();
    },
    setReadOnly(readOnly) {
      const role = `alter role postgres set default_transaction_read_only = ${readOnly}`;
      // Whoever is connected connects anew, and finds it so.
      const others = "pid <> pg_backend_pid() and backend_type = 'client backend'";
      const end = `select pg_terminate_backend(pid) from pg_stat_activity where ${others}`;
      const allow = "set default_transaction_read_only = off";
      const statements = [allow, role, end].flatMap((statement) => ["-c", statement]);
      const words = [...addressOf(port), "-U", "postgres", "-d", DATABASE, ...statements];
      execFileSync(postgresProgram("psql"), words, { stdio: "pipe" });
    },
    async [Symbol.asyncDispose]() {
      await server.kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function addressOf(port: number): readonly string[] {
  return ["-h", "127.0.0.1", "-p", String(port)];
}

function succeeds(program: string, words: readonly string[]): boolean {
  try {
    execFileSync(program, words, { stdio: "pipe" });
    return true;
  } catch {
    return false;
  }
}

function userNamed(name: string): { uid: number; gid: number } {
  const [, , uid, gid] = execFileSync("getent", ["passwd", name]).toString().split(":");
  return { uid: Number(uid), gid: Number(gid) };
}
