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

/** Starts PostgreSQL and waits until it answers. */
export async function startPostgres(): Promise<RunningPostgres> {
  const program = (name: string) => path.join(PROGRAMS ?? "", name);
  const folder = mkdtempSync(path.join(tmpdir(), "latchkey-postgres-"));
  // It refuses to run as root, and mkdtemp made the folder for root alone.
  const owner = process.getuid?.() === 0 ? userNamed("postgres") : undefined;
  if (owner !== undefined) chownSync(folder, owner.uid, owner.gid);
  const data = path.join(folder, "data");
  const options = { ...owner, cwd: folder, env: { LC_ALL: "C.UTF-8", TZ: "UTC" } };
  const init = ["-D", data, "-U", "postgres", "-A", "trust", "-N", "--no-instructions"];
  execFileSync(program("initdb"), init, { ...options, stdio: "pipe" });
  const port = await freePort();
  const address = ["-h", "127.0.0.1", "-p", String(port)];
  const words = ["-D", data, ...address, "-c", "unix_socket_directories=", "-c", "fsync=off"];

  const launch = async (): Promise<ChildProcess> => {
    const started = spawn(program("postgres"), words, { ...options, stdio: "ignore" });
    running.add(started);
    started.once("exit", () => running.delete(started));
    await waitUntil("PostgreSQL answers", async () => succeeds(program("pg_isready"), address));
    return started;
  };
  const kill = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, "exit");
    child.kill("SIGQUIT");
    await exited;
  };

  let child = await launch();
  return {
    url: `postgres://postgres@127.0.0.1:${port}/${DATABASE}`,
    kill,
    async restart() {
      child = await launch();
    },
    setReadOnly(readOnly) {
      const role = `alter role postgres set default_transaction_read_only = ${readOnly}`;
      // Whoever is connected connects anew, and finds it so.
      const others = "pid <> pg_backend_pid() and backend_type = 'client backend'";
      const end = `select pg_terminate_backend(pid) from pg_stat_activity where ${others}`;
      const allow = "set default_transaction_read_only = off";
      const statements = [allow, role, end].flatMap((statement) => ["-c", statement]);
      const as = ["-U", "postgres", "-d", DATABASE];
      execFileSync(program("psql"), [...address, ...as, ...statements], { stdio: "pipe" });
    },
    async [Symbol.asyncDispose]() {
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
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
