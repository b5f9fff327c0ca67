import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { freePort } from "./free-port.ts";
import { waitUntil } from "./running-server.ts";

const SERVER = "/usr/bin/redis-server";
const CLIENT = "/usr/bin/redis-cli";

/** A Redis of its own on loopback, which keeps nothing. */
export interface RunningRedis extends AsyncDisposable {
  readonly url: string;
  /** SIGKILL. */
  kill(): Promise<void>;
  /** Starts it at the same port, empty, after `kill`. */
  restart(): Promise<void>;
  /** Takes everything out of it. */
  empty(): void;
}

const running = new Set<ChildProcess>();
// A test run that is cut short must not leave servers behind.
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/** Whether Redis is installed. In CI its absence is an error, so that nothing is skipped. */
export function hasRedis(): boolean {
  const found = existsSync(SERVER);
  if (!found && process.env.CI === "true") {
    throw new Error("Redis is not installed; CI must test on it");
  }
  return found;
}

/** Starts Redis and waits until it answers. */
export async function startRedis(): Promise<RunningRedis> {
  const folder = mkdtempSync(path.join(tmpdir(), "latchkey-redis-"));
  const port = await freePort();
  const words = ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--dir", folder];
  const launch = async (): Promise<ChildProcess> => {
    const child = spawn(SERVER, words, { stdio: "ignore" });
    running.add(child);
    child.once("exit", () => running.delete(child));
    await waitUntil("Redis answers", async () => answers(port));
    return child;
  };
  const kill = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, "exit");
    child.kill("SIGKILL");
    await exited;
  };
  let child = await launch();
  return {
    url: `redis://127.0.0.1:${port}`,
    kill,
    async restart() {
      child = await launch();
    },
    empty: () => void execFileSync(CLIENT, ["-p", String(port), "flushall"]),
    async [Symbol.asyncDispose]() {
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function answers(port: number): boolean {
  try {
    const answer = execFileSync(CLIENT, ["-p", String(port), "ping"], { stdio: "pipe" });
    return answer.includes("PONG");
  } catch {
    return false;
  }
}
