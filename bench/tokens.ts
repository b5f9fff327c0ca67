import { spawnSync } from "node:child_process";
import { costlyTokens } from "./costly-tokens.ts";
import { median, race, raceAwaited, ratioTo, type Timing } from "./rounds.ts";
import { printTable, whole } from "./table.ts";
import { bareOf, latchkeyOf, librariesOf } from "./token-peers.ts";
import { es256Tokens, hs256Tokens, type TokenSet } from "./token-setup.ts";

/** Of the rate of the bare primitive. */
const GOALS = { ES256: 0.9, HS256: 0.67 };
const GOAL_MICROS = 1000;

/** How long the races are. */
export interface TokensLength {
  readonly rounds: number;
}

/**
 * Tokens that were never seen before, beside the bare primitive and three libraries, and the time
 * that the costliest tokens take until they are refused.
 */
export async function benchTokens({ rounds }: TokensLength): Promise<void> {
  await benchFirstSight(es256Tokens(), { rounds, times: 200 });
  printOpenssl();
  await benchFirstSight(hs256Tokens(), { rounds, times: 4000 });
  benchCostly({ rounds: Math.ceil(rounds / 3), times: 40 });
}

async function benchFirstSight(
  set: TokenSet,
  length: { readonly rounds: number; readonly times: number },
): Promise<void> {
  const contenders = [bareOf(set), latchkeyOf(set), ...(await librariesOf(set))];
  const [bare, latchkey, ...libraries] = await raceAwaited(contenders, length);
  if (!bare || !latchkey) throw new Error("the race lost a contender");
  printTable(
    `${set.algorithm}, tokens never seen before:`,
    ["", "tokens/s", "CPU µs", "× bare", "Latchkey ×"],
    [bare, latchkey, ...libraries].map((timing) => [
      timing.name,
      whole(median(timing.ratesByClock)),
      micros(timing).toFixed(1),
      ratioTo(bare, timing).toFixed(2),
      ratioTo(timing, latchkey).toFixed(2),
    ]),
  );
  const least = Math.min(...libraries.map((each) => ratioTo(each, latchkey)));
  console.log(
    `  Latchkey ÷ bare ${ratioTo(bare, latchkey).toFixed(2)} (goal ≥ ${GOALS[set.algorithm].toFixed(2)}),` +
      ` ÷ fastest library ${least.toFixed(2)} (goal > 1), by processor time`,
  );
}

/** The system's own OpenSSL, which need not be the one in Node; not in turn with the others. */
function printOpenssl(): void {
  const { stdout, error } = spawnSync("openssl", ["speed", "-seconds", "2", "ecdsap256"]);
  const perSecond = error ? undefined : /([\d.]+)\s*$/.exec(stdout.toString())?.[1];
  console.log(
    perSecond === undefined
      ? "  openssl speed: there is none here"
      : `  openssl speed ecdsap256: ${whole(Number(perSecond))} verified/s by the system's library`,
  );
}

function benchCostly(length: { readonly rounds: number; readonly times: number }): void {
  const timings = race(costlyTokens(), length);
  printTable(
    "The costliest tokens, all refused:",
    ["", "µs", "slowest round"],
    timings.map((timing) => [
      timing.name,
      micros(timing).toFixed(1),
      (1e6 / Math.min(...timing.rates)).toFixed(1),
    ]),
  );
  const most = Math.max(...timings.map(micros));
  console.log(`  slowest: ${most.toFixed(0)} µs (goal ≤ ${GOAL_MICROS})`);
}

function micros({ rates }: Timing): number {
  return 1e6 / median(rates);
}
