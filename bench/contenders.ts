import { type Chains, CONNECTIONS, fire, type Shot } from "./load.ts";
import type { Running } from "./pinned-process.ts";
import { median } from "./rounds.ts";
import { printTable, whole } from "./table.ts";

/** A process and the requests that it is asked. */
export interface Contender {
  readonly name: string;
  readonly running: Running;
  readonly shot: Shot | Chains;
  /** Decisions in one answer. */
  readonly decisions: number;
}

/** The median of the rounds of one contender. */
export interface Result extends Contender {
  readonly perSecond: number;
  /** Microseconds of processor time for one answer, of all threads of the process. */
  readonly cpuMicros: number;
}

/** As many as V8 needs to compile all that is on the path, but not for ever. */
const WARM_UP_ANSWERS = 60_000;
const MOST_WARM_UPS = 8;

/** Asks all in turn, round after round, so that a machine that slows down does so for all. */
export function measure<const Contenders extends readonly Contender[]>(
  contenders: Contenders,
  { rounds, seconds }: { readonly rounds: number; readonly seconds: number },
): { [Index in keyof Contenders]: Result } {
  const rates = contenders.map(() => [] as number[]);
  const costs = contenders.map(() => [] as number[]);
  for (const { shot } of contenders) warmUp(shot);
  for (let round = 0; round < rounds; round += 1) {
    contenders.forEach(({ running, shot }, i) => {
      const before = running.cpuSeconds();
      const volley = fire(shot, seconds);
      costs[i]?.push(((running.cpuSeconds() - before) / volley.answers) * 1e6);
      rates[i]?.push(volley.answers / volley.seconds);
    });
  }
  return contenders.map((contender, i) => ({
    ...contender,
    perSecond: median(rates[i] ?? []),
    cpuMicros: median(costs[i] ?? []),
  })) as { [Index in keyof Contenders]: Result };
}

function warmUp(shot: Contender["shot"]): void {
  let answers = 0;
  for (let i = 0; i < MOST_WARM_UPS && answers < WARM_UP_ANSWERS; i += 1) {
    answers += fire(shot, 1).answers;
  }
}

/** Prints how often each answers, and what an answer costs. */
export function print(results: readonly Result[]): void {
  printTable(
    `HTTP on one core, ${CONNECTIONS} connections:`,
    ["", "answers/s", "decisions/s", "CPU µs/answer", "µs/decision"],
    results.map(({ name, perSecond, cpuMicros, decisions }) => [
      name,
      whole(perSecond),
      whole(perSecond * decisions),
      cpuMicros.toFixed(1),
      (cpuMicros / decisions).toFixed(1),
    ]),
  );
}

/** Prints how many times as fast the first of two is, by rate and by processor time. */
export function printRatios(rows: readonly (readonly [string, Result, Result, string])[]): void {
  printTable(
    "Ratios:",
    ["", "by rate", "by CPU", ""],
    rows.map(([name, a, b, goal]) => [
      name,
      ((a.perSecond * a.decisions) / (b.perSecond * b.decisions)).toFixed(2),
      (b.cpuMicros / b.decisions / (a.cpuMicros / a.decisions)).toFixed(2),
      goal,
    ]),
  );
}
