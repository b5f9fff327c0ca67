import { execFileSync } from "node:child_process";
import { chownSync, existsSync, globSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { freePort, type Running, start } from "./pinned-process.ts";

/** A database of its own on loopback, empty, which ends with the bench. */
export interface Database {
  readonly running: Running;
  readonly url: string;
  stop(): Promise<void>;
}

const [POSTGRES_PROGRAMS] = globSync("/usr/lib/postgresql/*/bin").sort().reverse();
const RETRY_MILLIS = 20;
const MOST_WAIT_MILLIS = 20_000;

/**
 * PostgreSQL as Debian installs it, on the core of clients: what asks it has the other.
 *
 * @throws {Error} when it is not installed.
 */
export async function startPostgres(): Promise<Database> {
  if (POSTGRES_PROGRAMS === undefined) throw new Error("PostgreSQL is not installed");
  const folder = mkdtempSync(path.join(tmpdir(), "latchkey-bench-"));
  // It refuses to run as root, and mkdtemp made the folder for root alone.
  const owner = process.getuid?.() === 0 ? userNamed("postgres") : undefined;
  if (owner !== undefined) chownSync(folder, owner.uid, owner.gid);
  const data = path.join(folder, "data");
  const init = ["-D", data, "-U", "postgres", "-A", "trust", "-N", "--no-instructions"];
  const options = { ...owner, cwd: folder, env: { LC_ALL: "C.UTF-8", TZ: "UTC" } };
  execFileSync(path.join(POSTGRES_PROGRAMS, "initdb"), init, { ...options, stdio: "pipe" });
  const port = await freePort();
  const words = ["-D", data, "-h", "127.0.0.1", "-p", String(port)];
  const program = path.join(POSTGRES_PROGRAMS, "postgres");
  const running = start(
    "client",
    [program, ...words, "-c", "unix_socket_directories=", "-c", "log_min_messages=fatal"],
    options,
  );
  // It listens before it answers, and says so here.
  const status = path.join(data, "postmaster.pid");
  await until(async () => existsSync(status) && /\bready\b/.test(readFileSync(status, "utf8")));
  return databaseIn(folder, running, `postgres://postgres@127.0.0.1:${port}/postgres`);
}

/**
 * Redis that keeps nothing, on the core of clients.
 *
 * @throws {Error} when it is not installed.
 */
export async function startRedis(): Promise<Database> {
  const folder = mkdtempSync(path.join(tmpdir(), "latchkey-bench-"));
  const port = await freePort();
  const words = ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--dir", folder];
  const running = start("client", ["redis-server", ...words]);
  await until(() => isListening(port));
  return databaseIn(folder, running, `redis://127.0.0.1:${port}`);
}

function databaseIn(folder: string, running: Running, url: string): Database {
  return {
    running,
    url,
    async stop() {
      await running.stop();
      rmSync(folder, { recursive: true });
    },
  };
}

function userNamed(name: string): { readonly uid: number; readonly gid: number } {
  const [, , uid, gid] = execFileSync("getent", ["passwd", name]).toString().split(":");
  return { uid: Number(uid), gid: Number(gid) };
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => resolve(true));
    socket.once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}

async function until(isThere: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + MOST_WAIT_MILLIS;
  while (performance.now() < deadline) {
    if (await isThere()) return;
    await new Promise((resolve) => setTimeout(resolve, RETRY_MILLIS));
  }
  throw new Error("a database of the bench does not listen");
}
