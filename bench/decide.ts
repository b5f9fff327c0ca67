import { hash, randomBytes } from "node:crypto";
import { performance } from "node:perf_hooks";
import { type Clock, coarseClock, type Engine, newKey } from "@latchkey/engine";
import { aRequest, BENCH_POLICY, engineOf, flat } from "./decide-setup.ts";
import { type Contender, median, quantile, race, ratioTo } from "./rounds.ts";

const RACE = { rounds: 61, times: 20_000 };
const SAMPLES = 500_000;
const MANY = 100_000;

/** What issue 2 asks with 10,000 keys, and issue 5 with a million in random order. */
const GOALS = { few: "≥ 0.55, wanted 0.70", million: "≥ 0.40" };

/**
 * In-process decisions beside one bare SHA-256 of the same bytes and a bare `Map` lookup of strings
 * never hashed before: a key with scopes and two limit windows, all keys in turn in random order.
 */
export async function benchDecide(keyCount: number): Promise<void> {
  const isFew = keyCount < MANY;
  const keys = Array.from({ length: keyCount }, () =>
    flat(newKey(BENCH_POLICY.keyFormat, "live").key),
  );
  const lines = keys.map((key) => flat(`Bearer ${key}`));
  const coarse = await engineKnowing(lines, coarseClock(Date.now));
  const order = shuffled(keyCount);
  const samples = isFew ? samplesOf({ engine: coarse, lines, order }) : [];

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
  const goal = isFew ? GOALS.few : GOALS.million;
  console.log(`  goal: decide ÷ hash ${goal}; an access token like a key`);
  if (!isFew) return;
  const [p50 = 0, p99 = 0, p999 = 0] = [0.5, 0.99, 0.999].map((q) => quantile(samples, q));
  console.log(
    `  one decision: p50 ${p50.toFixed(0)}, p99 ${p99.toFixed(0)}, p99.9 ${p999.toFixed(0)} ns` +
      ` = ${(p999 / p50).toFixed(1)} × p50 (goal ≤ 10 × p50; the timer is in it)`,
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
