import { hash, randomBytes } from "node:crypto";
import { constants, PerformanceObserver, performance } from "node:perf_hooks";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { type Clock, coarseClock, type Engine, newKey } from "@latchkey/engine";
import { aRequest, BENCH_POLICY, engineOf, flat } from "./decide-setup.ts";
import { type Contender, median, quantile, race, ratioTo } from "./rounds.ts";

const RACE = { rounds: 61, times: 20_000 };
const SAMPLES = 500_000;
const MANY = 100_000;

/** What issue 2 asks with 10,000 keys, and issue 5 with a million in random order. */
const GOALS = {
  few: { ratio: "≥ 0.55, wanted 0.70", tail: "≤ 10 × p50" },
  million: { ratio: "≥ 0.40", tail: "≤ 30 × p50" },
};

/**
 * In-process decisions beside one bare SHA-256 of the same bytes and a bare `Map` lookup of strings
 * never hashed before: a key with scopes and two limit windows, all keys in turn in random order.
 */
export async function benchDecide(keyCount: number): Promise<void> {
  const goals = keyCount >= MANY ? GOALS.million : GOALS.few;
  const keys = Array.from({ length: keyCount }, () =>
    flat(newKey(BENCH_POLICY.keyFormat, "live").key),
  );
  const lines = keys.map((key) => flat(`Bearer ${key}`));
  const before = settledMemory();
  const pausesOfLearning = watchPauses();
  const coarse = await engineKnowing(lines, coarseClock(Date.now));
  const learning = await pausesOfLearning();
  const bytes = (settledMemory() - before) / keyCount;
  const order = shuffled(keyCount);
  const pausesOfDeciding = watchPauses();
  const samples = samplesOf({ engine: coarse, lines, order });
  const deciding = await pausesOfDeciding();

  const fresh = await engineKnowing(lines, Date.now);
  const tokenLines = keys.map(() => flat(`Bearer ${newAccessToken()}`));
  const tokens = await engineKnowing(tokenLines, Date.now);
  const [bareHash, bareMap, exact, cheap, ofTokens] = race(
    [
      bareHashOf(keys, order),
      bareMapOf(keys, order),
      decisionsOf("decide, Date.now", { engine: fresh, lines, order }),
      decisionsOf("decide, 1 ms clock", { engine: coarse, lines, order }),
      decisionsOf("decide, access token", { engine: tokens, lines: tokenLines, order }),
    ],
    RACE,
  );
  if (!bareHash || !bareMap || !exact || !cheap || !ofTokens)
    throw new Error("the race lost a contender");

  console.log(`\nIn process, ${keyCount.toLocaleString("en")} keys in random order:`);
  for (const timing of [bareHash, bareMap, exact, cheap, ofTokens]) {
    const rate = median(timing.rates);
    const nanoseconds = (1e9 / rate).toFixed(0).padStart(5);
    const ratio = ratioTo(bareHash, timing).toFixed(2).padStart(5);
    console.log(
      `  ${timing.name.padEnd(20)} ${Math.round(rate).toLocaleString("en").padStart(11)} /s` +
        ` ${nanoseconds} ns  ${ratio} × hash`,
    );
  }
  console.log(`  goal: decide ÷ hash ${goals.ratio}; an access token like a key`);
  const [p50 = 0, p99 = 0, p999 = 0] = [0.5, 0.99, 0.999].map((q) => quantile(samples, q));
  console.log(
    `  one decision: p50 ${p50.toFixed(0)}, p99 ${p99.toFixed(0)}, p99.9 ${p999.toFixed(0)} ns` +
      ` = ${(p999 / p50).toFixed(1)} × p50 (goal ${goals.tail}; the timer is in it)`,
  );
  if (keyCount < MANY) return;
  console.log(`  memory: ${bytes.toFixed(0)} bytes RSS a known credential (goal ≤ 250)`);
  const { NODE_PERFORMANCE_GC_MAJOR: major, NODE_PERFORMANCE_GC_MINOR: minor } = constants;
  console.log(
    `  longest pause of the garbage collector: while learning all keys` +
      ` ${learning(major).toFixed(1)} ms major, ${learning(minor).toFixed(1)} ms minor;` +
      ` while deciding ${deciding(major).toFixed(1)} ms major, ${deciding(minor).toFixed(1)} ms minor` +
      ` (goal: major ≤ 20 ms; the bench's own ${keyCount * 2} strings are in it)`,
  );
}

/** As the authorization server makes them. */
const newAccessToken = () =>
  BENCH_POLICY.oauth?.accessTokenPrefix + randomBytes(32).toString("base64url");

/** One SHA-256 of a key after the other. */
export function bareHashOf(keys: readonly string[], order: Uint32Array): Contender {
  const next = cursor(order);
  let sink = 0;
  return {
    name: "bare crypto.hash",
    run(times) {
      for (let i = 0; i < times; i += 1) {
        sink += hash("sha256", keys[next()] as string, "latin1").charCodeAt(0);
      }
      if (sink < 0) throw new Error("unreachable: keeps the loop from being left out");
    },
  };
}

/** One lookup of a string never hashed before after the other. */
export function bareMapOf(keys: readonly string[], order: Uint32Array): Contender {
  const next = cursor(order);
  const map = new Map(keys.map((key, i) => [key, i]));
  let copies: string[] = [];
  let sink = 0;
  return {
    name: "bare Map.get",
    prepare(times) {
      copies = Array.from({ length: times }, () => flat(keys[next()] as string));
    },
    run(times) {
      for (let i = 0; i < times; i += 1) sink += map.get(copies[i] as string) ?? 0;
      if (sink < 0) throw new Error("unreachable: keeps the loop from being left out");
    },
  };
}

/** An engine, the lines that it knows, and the order in which they are presented. */
export interface Known {
  readonly engine: Engine;
  readonly lines: readonly string[];
  readonly order: Uint32Array;
}

/** One decision of an engine after the other. */
export function decisionsOf(name: string, { engine, lines, order }: Known): Contender {
  const next = cursor(order);
  // Strings of its own: the contender before has left its own in the processor's caches.
  const own = lines.map(flat);
  const request = aRequest();
  return {
    name,
    run(times) {
      for (let i = 0; i < times; i += 1) {
        request.present(own[next()] as string);
        const decision = engine.decide(request);
        if (decision instanceof Promise || decision.outcome !== "allow") throw new Error(name);
      }
    },
  };
}

/** How long single decisions take, in nanoseconds: the timer's own time included. */
function samplesOf({ engine, lines, order }: Known): number[] {
  const next = cursor(order);
  const request = aRequest();
  const samples: number[] = [];
  for (let i = -SAMPLES / 10; i < SAMPLES; i += 1) {
    request.present(lines[next()] as string);
    const start = performance.now();
    engine.decide(request);
    const nanoseconds = (performance.now() - start) * 1e6;
    if (i >= 0) samples.push(nanoseconds);
  }
  return samples;
}

/** Collects how long the garbage collector stops everything until it is asked, by kind. */
function watchPauses(): () => Promise<(kind: number) => number> {
  const pauses: { kind: number; ms: number }[] = [];
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      const { detail, duration } = entry as PerformanceEntry & { detail: { kind: number } };
      pauses.push({ kind: detail.kind, ms: duration });
    }
  });
  observer.observe({ entryTypes: ["gc"] });
  return async () => {
    // What was observed is told in a later turn.
    await new Promise((resolve) => setTimeout(resolve, 50));
    observer.disconnect();
    return (kind) => pauses.reduce((most, p) => (p.kind === kind ? Math.max(most, p.ms) : most), 0);
  };
}

/** An engine to which every key was presented once. */
export async function engineKnowing(lines: readonly string[], clock: Clock): Promise<Engine> {
  let presented = 0;
  const engine = engineOf(() => presented, clock);
  const request = aRequest();
  for (; presented < lines.length; presented += 1) {
    request.present(lines[presented] as string);
    const decision = await engine.decide(request);
    if (decision.outcome !== "allow") throw new Error(decision.reason);
  }
  return engine;
}

/** The indexes of `order` in turn, for ever. */
export function cursor(order: Uint32Array): () => number {
  let at = -1;
  return () => {
    at = at + 1 === order.length ? 0 : at + 1;
    return order[at] as number;
  };
}

/** The whole numbers below `length`, each once, in random order. */
export function shuffled(length: number): Uint32Array {
  const order = new Uint32Array(length).map((_, i) => i);
  for (let i = length - 1; i > 0; i -= 1) {
    const j = Math.floor(Math.random() * (i + 1));
    [order[i], order[j]] = [order[j] as number, order[i] as number];
  }
  return order;
}

function collectGarbage(): void {
  setFlagsFromString("--expose-gc");
  runInNewContext("gc")();
}

function settledMemory(): number {
  collectGarbage();
  collectGarbage();
  return process.memoryUsage().rss;
}
