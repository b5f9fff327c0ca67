import type { LimitState } from "../domain/limit.ts";
import type { CompiledLimit } from "./compiled-limit.ts";
import type { CounterPlace, Tickets } from "./counter-place.ts";
import { FixedWindows } from "./fixed-window.ts";
import type { AwayAnswer, Lender, Slice, SliceSize } from "./slice.ts";

/** Where a key stands in a limit, and where its counters are. */
export interface CountedState extends LimitState, CounterPlace {}

/**
 * What counting came to. Shared counters may be away: then the policy has a request pass
 * `uncounted`, or be refused as `unavailable`.
 */
export type Spent = CountedState | AwayAnswer;

/**
 * Whether it was counted, and at once. Asked for by a member that only a state has: `instanceof
 * Promise` looks through all of a state's prototypes.
 */
export function isCounted(spent: Spent | Promise<Spent> | undefined): spent is CountedState {
  return typeof spent === "object" && "exceeded" in spent;
}

/** Counts requests against limits. */
export interface Limiter {
  /**
   * Spends one request of `key`'s allowance at `now` (Unix milliseconds), or nothing when that
   * exceeds the limit. `place` is what the last state of the same limit and key said.
   */
  spend(
    limit: CompiledLimit,
    key: string,
    now: number,
    place?: CounterPlace,
  ): Spent | Promise<Spent>;
  /** Where `key` stands, spending nothing; `exceeded` if a request would be refused now. */
  peek(limit: CompiledLimit, key: string, now: number): Spent | Promise<Spent>;
}

/** A limiter that always answers at once. */
export interface MemoryLimiter extends Limiter, Lender {
  spend(limit: CompiledLimit, key: string, now: number, place?: CounterPlace): CountedState;
  peek(limit: CompiledLimit, key: string, now: number): CountedState;
  lend(limit: CompiledLimit, key: string, now: number, size: SliceSize): Slice;
}

/** How much a limiter remembers. */
export interface MemoryLimiterOptions {
  /** Most keys counted at once for each limit; default 1,000,000. */
  readonly maxKeys?: number;
}

const MOST_LIMITS = 20_000;

/**
 * Counts in this process: exact as long as it is the only one that counts. Limits with the same id
 * share their counters. Of more than 20,000 limits an old one with few keys is forgotten: one that
 * a single credential has to itself, not the one that all others share.
 */
export function createMemoryLimiter(options: MemoryLimiterOptions = {}): MemoryLimiter {
  const counters = new Map<string, FixedWindows>();
  const tickets: Tickets = { next: 1 };
  /** Most requests are counted against the limit that the one before was. */
  let lastLimit: CompiledLimit | undefined;
  let last: FixedWindows | undefined;

  function countersOf(limit: CompiledLimit): FixedWindows {
    return last !== undefined && limit === lastLimit ? last : lookUp(limit);
  }

  function lookUp(limit: CompiledLimit): FixedWindows {
    let found = counters.get(limit.id);
    if (found === undefined) {
      found = new FixedWindows(limit, { ...options, tickets });
      if (counters.size >= MOST_LIMITS) counters.delete(leastUsed(counters));
      counters.set(limit.id, found);
    }
    lastLimit = limit;
    last = found;
    return found;
  }

  return {
    spend(limit, key, now, place) {
      const windows = countersOf(limit);
      return windows.spend(windows.bucketOf(key, now, place), now);
    },
    peek(limit, key, now) {
      const windows = countersOf(limit);
      return windows.peek(windows.find(key), now);
    },
    lend(limit, key, now, size) {
      const windows = countersOf(limit);
      return windows.lend(windows.bucketOf(key, now), now, size);
    },
  };
}

/** Of the limits seen first, the one that counts the fewest keys. */
function leastUsed(counters: ReadonlyMap<string, FixedWindows>): string {
  let least = "";
  let fewest = Number.POSITIVE_INFINITY;
  let looked = 0;
  for (const [id, { size }] of counters) {
    if (size < fewest) {
      fewest = size;
      least = id;
    }
    looked += 1;
    if (looked === 64) break;
  }
  return least;
}
