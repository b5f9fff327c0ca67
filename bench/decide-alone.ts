import { randomBytes } from "node:crypto";
import { performance } from "node:perf_hooks";
import { coarseClock, newKey } from "@latchkey/engine";
import {
  bareHashOf,
  bareMapOf,
  cursor,
  decisionsOf,
  engineKnowing,
  type FoundAlone,
  type Known,
  SUBJECTS,
  shuffled,
} from "./decide.ts";
import { aRequest, BENCH_POLICY, flat } from "./decide-setup.ts";
import { median, quantile, race, ratioTo, type Timing } from "./rounds.ts";

// Run by the bench: `decide-alone.ts SUBJECT COUNT` writes what it found as JSON.

/** Long rounds: the contender before has left its own in the processor's caches. */
const RACE = { rounds: 31, times: 100_000 };
const SAMPLES = 500_000;

const subject = SUBJECTS.find((name) => name === process.argv[2]);
const count = Number(process.argv[3]);
if (subject === undefined) throw new Error(`no subject ${process.argv[2]}`);

const newSecret = () =>
  subject === "access token, 1 ms clock"
    ? BENCH_POLICY.oauth?.accessTokenPrefix + randomBytes(32).toString("base64url")
    : newKey(BENCH_POLICY.keyFormat, "live").key;
const secrets = Array.from({ length: count }, () => flat(newSecret()));
const lines = secrets.map((secret) => flat(`Bearer ${secret}`));
const clock = subject === "key, Date.now" ? Date.now : coarseClock(Date.now);
const known = { engine: await engineKnowing(lines, clock), lines, order: shuffled(count) };

const [hash, map, decision] = race(
  [bareHashOf(secrets, known.order), bareMapOf(secrets, known.order), decisionsOf("decide", known)],
  RACE,
) as [Timing, Timing, Timing];
const samples = samplesOf(known);
const found: FoundAlone = {
  hash: 1e9 / median(hash.rates),
  map: 1e9 / median(map.rates),
  decision: 1e9 / median(decision.rates),
  ratio: ratioTo(hash, decision),
  p50: quantile(samples, 0.5),
  p99: quantile(samples, 0.99),
  p999: quantile(samples, 0.999),
};
console.log(JSON.stringify(found));

/** How long single decisions take, in nanoseconds: the timer's own time included. */
function samplesOf({ engine, lines, order }: Known): Float64Array {
  const next = cursor(order);
  const request = aRequest();
  const samples = new Float64Array(SAMPLES);
  for (let i = -SAMPLES / 10; i < SAMPLES; i += 1) {
    request.present(lines[next()] as string);
    const start = performance.now();
    engine.decide(request);
    const nanoseconds = (performance.now() - start) * 1e6;
    if (i >= 0) samples[i] = nanoseconds;
  }
  return samples;
}
