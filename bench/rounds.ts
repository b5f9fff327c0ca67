import { setImmediate } from "node:timers/promises";

/** One thing that is timed: `run` does the work `times` times. */
export interface Contender {
  readonly name: string;
  /** Called before each run, outside the time. */
  prepare?(times: number): void;
  run(times: number): void;
}

/** Runs per second of one contender, in each round. */
export interface Timing {
  readonly name: string;
  readonly rates: readonly number[];
}

/** How long a race is. */
export interface RaceLength {
  readonly rounds: number;
  /** Runs of each contender in a round. */
  readonly times: number;
}

/**
 * Times all contenders in turn, round after round, so that a machine that speeds up or slows down
 * does so for all of them; what counts is the ratio between them.
 */
export function race(contenders: readonly Contender[], { rounds, times }: RaceLength): Timing[] {
  const timings = contenders.map(({ name }) => ({ name, rates: [] as number[] }));
  // The first two rounds warm up.
  for (let round = -2; round < rounds; round += 1) {
    contenders.forEach((contender, i) => {
      contender.prepare?.(times);
      const start = process.hrtime.bigint();
      contender.run(times);
      const seconds = Number(process.hrtime.bigint() - start) / 1e9;
      if (round >= 0) timings[i]?.rates.push(times / seconds);
    });
  }
  return timings;
}

/** One thing that is timed and may have to be waited for. */
export interface AwaitedContender {
  readonly name: string;
  /** How many of a round's runs it does, where it would hold up the others; default 1: all. */
  readonly share?: number;
  /** Called before each run, outside the time. */
  prepare?(times: number): void;
  run(times: number): void | Promise<void>;
}

/** `rates` are those per second of processor time, whichever threads took it. */
export interface AwaitedTiming extends Timing {
  readonly ratesByClock: readonly number[];
}

/** `race` among contenders of which some answer with promises; the others are not waited for. */
export async function raceAwaited(
  contenders: readonly AwaitedContender[],
  { rounds, times }: RaceLength,
): Promise<AwaitedTiming[]> {
  const timings = contenders.map(({ name }) => {
    return { name, rates: [] as number[], ratesByClock: [] as number[] };
  });
  for (let round = -2; round < rounds; round += 1) {
    for (const [i, contender] of contenders.entries()) {
      const runs = Math.ceil(times * (contender.share ?? 1));
      contender.prepare?.(runs);
      // A process that never rests hears nothing: neither a lease nor a change.
      await setImmediate();
      const usage = process.cpuUsage();
      const start = process.hrtime.bigint();
      const running = contender.run(runs);
      if (running !== undefined) await running;
      const seconds = Number(process.hrtime.bigint() - start) / 1e9;
      const { user, system } = process.cpuUsage(usage);
      if (round < 0) continue;
      timings[i]?.ratesByClock.push(runs / seconds);
      timings[i]?.rates.push(runs / ((user + system) / 1e6));
    }
  }
  return timings;
}

/** How many times as fast as `anchor`: the median of all rounds' ratios. */
export function ratioTo(anchor: Timing, timing: Timing): number {
  return median(timing.rates.map((rate, round) => rate / (anchor.rates[round] ?? Number.NaN)));
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** The value below which the share `q` of all values lies. */
export function quantile(values: ArrayLike<number>, q: number): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? Number.NaN;
}
