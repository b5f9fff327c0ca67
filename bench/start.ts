import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { newInstallation } from "./latchkey-process.ts";
import { freePort, type Running, start, untilReady } from "./pinned-process.ts";
import { median } from "./rounds.ts";
import { printTable } from "./table.ts";

/** Something that can be started. */
interface Starter {
  readonly name: string;
  /** Resolves at once; `readyAt` answers 200 when it is ready, and is absent where nothing listens. */
  start(): Promise<{ readonly running: Running; readonly readyAt?: string }>;
}

/** The medians of one starter. */
interface Result {
  readonly name: string;
  readonly readyMillis: number;
  readonly cpuMillis: number;
}

/**
 * From the spawn of the process until it answers, beside the smallest Fastify service; and how much
 * memory it takes while nobody asks. Starts take turns; the first of each, which makes the database
 * and fills the compile cache, is not counted.
 */
export async function benchStart(length: {
  readonly rounds: number;
  readonly idleSeconds: number;
}): Promise<void> {
  const installation = newInstallation();
  const cache = mkdtempSync(path.join(tmpdir(), "latchkey-bench-"));
  const latchkey: Starter = {
    name: "latchkey serve",
    async start() {
      const { origin, ...running } = await installation.start();
      return { running, readyAt: `${origin}/readyz` };
    },
  };
  const fastify: Starter = {
    name: "fastify-hello",
    async start() {
      const port = await freePort();
      const running = startPeer("fastify-hello", { PORT: String(port), CACHE: cache });
      return { running, readyAt: `http://127.0.0.1:${port}/readyz` };
    },
  };
  const node: Starter = {
    name: "node-alone",
    start: async () => ({ running: startPeer("node-alone", {}) }),
  };
  try {
    printStarts(await measureStarts([latchkey, fastify], length.rounds));
    await printMemory([latchkey, fastify, node], length.idleSeconds);
  } finally {
    installation.remove();
    rmSync(cache, { recursive: true });
  }
}

function startPeer(file: string, env: NodeJS.ProcessEnv): Running {
  const program = path.join(import.meta.dirname, "peers", `${file}.mjs`);
  return start("server", [process.execPath, program], { env: { ...process.env, ...env } });
}

async function measureStarts(
  starters: readonly Starter[],
  rounds: number,
): Promise<readonly Result[]> {
  const millis = starters.map(() => [] as number[]);
  const cpu = starters.map(() => [] as number[]);
  for (let round = -1; round < rounds; round += 1) {
    for (const [i, starter] of starters.entries()) {
      const begin = performance.now();
      const { running, readyAt } = await starter.start();
      if (readyAt !== undefined) await untilReady(running, readyAt);
      const took = performance.now() - begin;
      if (round >= 0) millis[i]?.push(took);
      if (round >= 0) cpu[i]?.push(running.cpuSeconds() * 1000);
      await running.stop();
    }
  }
  return starters.map(({ name }, i) => ({
    name,
    readyMillis: median(millis[i] ?? []),
    cpuMillis: median(cpu[i] ?? []),
  }));
}

function printStarts(results: readonly Result[]): void {
  const [ours, peer] = results;
  printTable(
    "From spawn to ready, with a warm compile cache and an existing database:",
    ["", "ms", "CPU ms"],
    results.map(({ name, readyMillis, cpuMillis }) => [
      name,
      readyMillis.toFixed(0),
      cpuMillis.toFixed(0),
    ]),
  );
  const ratio = (ours?.readyMillis ?? Number.NaN) / (peer?.readyMillis ?? Number.NaN);
  console.log(`  latchkey ÷ fastify-hello  ${ratio.toFixed(1)} (goal: 1,000 ms)`);
}

async function printMemory(starters: readonly Starter[], idleSeconds: number): Promise<void> {
  const rows: [string, string][] = [];
  for (const starter of starters) {
    const { running, readyAt } = await starter.start();
    if (readyAt !== undefined) await untilReady(running, readyAt);
    await wait(idleSeconds * 1000);
    rows.push([starter.name, running.residentMib().toFixed(0)]);
    await running.stop();
  }
  printTable(`Resident memory after ${idleSeconds} s idle (goal: 120 MB):`, ["", "MiB"], rows);
}
