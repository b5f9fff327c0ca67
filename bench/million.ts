import { constants, PerformanceObserver } from "node:perf_hooks";
import { setTimeout } from "node:timers/promises";
import { getHeapSpaceStatistics, setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { coarseClock, type Engine, newKey } from "@latchkey/engine";
import { aRequest, BENCH_POLICY, engineOf } from "./decide-setup.ts";
import { quantile } from "./rounds.ts";
import { printTable, whole } from "./table.ts";

const SAMPLES = 1_000_000;
const WARM_UP_KEYS = 50_000;
/** V8 waits some 15 s without work. */
const MOST_REST_MILLIS = 60_000;
const LITTLE_ROOM = 1024 * 1024;

/**
 * What a million known credentials occupy, how long the garbage collector stops everything while
 * they are learned and decided about, and how long single decisions take. All keys are in one
 * buffer outside the heap and each string is made when it is presented, as a parser makes it: what
 * is counted is Latchkey's.
 */
export async function benchMillion(keyCount = 1_000_000): Promise<void> {
  const lines = linesInOneBuffer(keyCount);
  // Compiled code is there in any process that decides.
  await engineKnowing(lines, WARM_UP_KEYS);
  const request = aRequest();
  const before = await memoryAtRest();
  let engine: Engine | undefined;
  const learning = await pausesOf(async () => {
    engine = await engineKnowing(lines, keyCount);
  });
  const learned = memory();
  const after = await memoryAtRest();

  const nanoseconds = new Float64Array(SAMPLES);
  const decide = () => {
    request.present(lines(Math.floor(Math.random() * keyCount)));
    const start = performance.now();
    engine?.decide(request);
    return (performance.now() - start) * 1e6;
  };
  for (let i = 0; i < SAMPLES / 10; i += 1) decide();
  const deciding = await pausesOf(async () => {
    for (let i = 0; i < SAMPLES; i += 1) nanoseconds[i] = decide();
  });

  const grown = (now: Memory, what: keyof Memory) =>
    ((now[what] - before[what]) / keyCount).toFixed(0);
  printTable(
    `Of ${whole(keyCount)} known credentials, bytes for each (goal: RSS 250)`,
    ["", "RSS", "without room for new objects", "heap", "typed arrays"],
    [
      ["just learned", grown(learned, "rss"), grown(learned, "rssOfKept"), "", ""],
      [
        ...["at rest", grown(after, "rss"), grown(after, "rssOfKept")],
        ...[grown(after, "heapUsed"), grown(after, "arrayBuffers")],
      ],
    ],
  );
  const { NODE_PERFORMANCE_GC_MAJOR: major, NODE_PERFORMANCE_GC_MINOR: minor } = constants;
  printTable(
    "Longest pause of the garbage collector, ms",
    ["", "major (goal: 20)", "minor"],
    [
      ["learning", learning(major).toFixed(1), learning(minor).toFixed(1)],
      ["deciding", deciding(major).toFixed(1), deciding(minor).toFixed(1)],
    ],
  );
  const [p50 = 0, p99 = 0, p999 = 0] = [0.5, 0.99, 0.999].map((q) => quantile(nanoseconds, q));
  printTable(
    "One decision in random order, ns (the timer is in it)",
    ["p50", "p99", "p99.9", "p99.9 ÷ p50 (goal: 30)"],
    [[whole(p50), whole(p99), whole(p999), (p999 / p50).toFixed(1)]],
  );
}

/** An engine to which so many keys were presented once. */
async function engineKnowing(lines: (number: number) => string, count: number): Promise<Engine> {
  let presented = 0;
  const engine = engineOf(() => presented, coarseClock(Date.now));
  const request = aRequest();
  for (; presented < count; presented += 1) {
    request.present(lines(presented));
    const decision = await engine.decide(request);
    if (decision.outcome !== "allow") throw new Error(decision.reason);
  }
  return engine;
}

/** `Authorization` lines by number, each time in a string of its own. */
function linesInOneBuffer(count: number): (number: number) => string {
  const line = () => `Bearer ${newKey(BENCH_POLICY.keyFormat, "live").key}`;
  const { length } = line();
  const bytes = Buffer.alloc(count * length);
  for (let i = 0; i < count; i += 1) bytes.write(line(), i * length, "latin1");
  return (number) => bytes.toString("latin1", number * length, (number + 1) * length);
}

/** The longest pause of each kind while `work` is done, in milliseconds. */
async function pausesOf(work: () => Promise<void>): Promise<(kind: number) => number> {
  const longest = new Map<number, number>();
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      const { detail, duration } = entry as PerformanceEntry & { detail: { kind: number } };
      longest.set(detail.kind, Math.max(duration, longest.get(detail.kind) ?? 0));
    }
  });
  observer.observe({ entryTypes: ["gc"] });
  await work();
  // What was observed is told in a later turn.
  await setTimeout(50);
  observer.disconnect();
  return (kind) => longest.get(kind) ?? 0;
}

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

interface Memory extends NodeJS.MemoryUsage {
  /**
   * RSS without the pages in which V8 makes new objects: they grow with how many live for a moment,
   * up to 64 MiB, however many credentials are known.
   */
  readonly rssOfKept: number;
}

function memory(): Memory {
  const used = process.memoryUsage();
  return { ...used, rssOfKept: used.rss - roomForNew() };
}

function roomForNew(): number {
  const spaces = getHeapSpaceStatistics();
  const room = spaces.find(({ space_name }) => space_name === "new_space");
  return room?.physical_space_size ?? 0;
}

/** When what is not used any more was collected, and V8 has given the room for new objects back. */
async function memoryAtRest(): Promise<Memory> {
  collect();
  collect();
  for (let waited = 0; waited < MOST_REST_MILLIS && roomForNew() > LITTLE_ROOM; waited += 500) {
    await setTimeout(500);
  }
  return memory();
}
