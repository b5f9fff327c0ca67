import { type ChildProcess, execFile, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { promisify } from "node:util";
import { freePort } from "./free-port.ts";

/** A Redis that belongs to one test file and vanishes with it. Keeps nothing over a restart. */
export interface PrivateRedis {
  readonly port: number;
  readonly url: string;
  /** Runs one command through `redis-cli`: what it printed. */
  command(...words: readonly string[]): Promise<string>;
  /** SIGKILL: nothing is said to those connected. */
  kill(): Promise<void>;
  /** SIGSTOP: connected, and silent. */
  freeze(): void;
  thaw(): void;
  /** Starts it again at the same port, empty, and waits until it answers. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** A Cluster of masters, each with a replica if asked for. */
export interface PrivateCluster {
  /** Of its first node. */
  readonly url: string;
  /** The masters first. */
  readonly nodes: readonly PrivateRedis[];
  stop(): Promise<void>;
}

const SERVER = "/usr/bin/redis-server";
const CLIENT = "/usr/bin/redis-cli";
const MASTERS = 3;
const run = promisify(execFile);

const running = new Set<ChildProcess>();
// A test run that is cut short must not leave servers behind.
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/** Whether tests can run on Redis here. In CI its absence is an error, so that nothing is skipped. */
export function hasRedis(): boolean {
  const found = existsSync(SERVER);
  if (!found && process.env.CI === "true") {
    throw new Error("Redis is not installed; CI must test on it");
  }
  return found;
}

/** Starts a server in a folder of its own on a free port of loopback, with further settings. */
export async function startPrivateRedis(
  settings: Readonly<Record<string, string>> = {},
): Promise<PrivateRedis> {
  const folder = mkdtempSync(join(tmpdir(), "latchkey-redis-"));
  const port = await freePort();
  const given = { port: String(port), bind: "127.0.0.1", save: "", dir: folder, ...settings };
  const words = Object.entries(given).flatMap(([name, value]) => [`--${name}`, value]);

  const command = async (...asked: readonly string[]): Promise<string> => {
    const { stdout } = await run(CLIENT, ["-e", "-p", String(port), ...asked]);
    return stdout.trim();
  };
  const launch = async (): Promise<ChildProcess> => {
    const child = spawn(SERVER, words, { stdio: "ignore" });
    running.add(child);
    child.once("exit", () => running.delete(child));
    await answers(() => command("ping")).catch((error: unknown) => {
      child.kill("SIGKILL");
      throw error;
    });
    return child;
  };
  const end = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, "exit");
    child.kill("SIGKILL");
    await exited;
  };

  let child = await launch();
  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    command,
    kill: end,
    freeze: () => void child.kill("SIGSTOP"),
    thaw: () => void child.kill("SIGCONT"),
    async restart() {
      child = await launch();
    },
    async stop() {
      await end();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Starts a Cluster of three masters. A master counts as gone after half a second. */
export async function startPrivateCluster({
  replicas = 0,
}: {
  readonly replicas?: 0 | 1;
} = {}): Promise<PrivateCluster> {
  const settings = {
    "cluster-enabled": "yes",
    "cluster-node-timeout": "500",
    "repl-diskless-sync-delay": "0",
  };
  const count = MASTERS * (1 + replicas);
  const nodes = await Promise.all(Array.from({ length: count }, () => clusterNode(settings)));
  const [first] = nodes;
  if (first === undefined) throw new Error("no nodes");
  const addresses = nodes.map(({ port }) => `127.0.0.1:${port}`);
  const options = ["--cluster-replicas", String(replicas), "--cluster-yes"];
  execFileSync(CLIENT, ["--cluster", "create", ...addresses, ...options], { stdio: "pipe" });
  for (const node of nodes) {
    await answers(async () => {
      const info = await node.command("cluster", "info");
      if (!info.includes("cluster_state:ok")) throw new Error(info);
      const role = await node.command("role");
      if (role.startsWith("slave") && !role.includes("connected")) throw new Error(role);
    });
  }
  return {
    url: first.url,
    nodes,
    stop: async () => {
      await Promise.all(nodes.map((node) => node.stop()));
    },
  };
}

/** With a port for the other nodes that is free too: the usual distance may lead out of range. */
async function clusterNode(settings: Readonly<Record<string, string>>): Promise<PrivateRedis> {
  return startPrivateRedis({ ...settings, "cluster-port": String(await freePort()) });
}

async function answers(ask: () => Promise<unknown>): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await ask();
      return;
    } catch (error) {
      if (attempt === 400) throw error;
      await wait(25);
    }
  }
}
