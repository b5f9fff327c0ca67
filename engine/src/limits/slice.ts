import type { LimitState } from "../domain/limit.ts";
import type { CompiledLimit } from "./compiled-limit.ts";
import type { CounterPlace } from "./counter-place.ts";

/** What is asked of a limit at once: for requests that wait now, and for later ones. */
export interface SliceSize {
  /** Requests that wait: each is counted as one that comes by itself. 0: only looks. */
  readonly need: number;
  /** Requests that may come: as many as can be lent are counted already. */
  readonly spare: number;
  /** How many times over what is left must suffice for what is lent; `Infinity`: lends nothing. */
  readonly share: number;
}

/** A request that comes by itself. */
export const ONE_REQUEST: SliceSize = { need: 1, spare: 0, share: 1 };
/** Only a look. */
export const NO_REQUEST: SliceSize = { need: 0, spare: 0, share: 1 };

/** What was counted. */
export interface Slice {
  /** Of the requests that waited, those that pass. */
  readonly granted: number;
  /** Requests that may pass until the first of the windows ends. */
  readonly lent: number;
  /** Where the limit stands, with both counted; `exceeded` if one that waited may not pass. */
  readonly state: LimitState & CounterPlace;
}

/** Counts for others, who decide by themselves about what they are lent. */
export interface Lender {
  /** Grants of what `key` has left at `now` (Unix milliseconds); never more than that. */
  lend(
    limit: CompiledLimit,
    key: string,
    now: number,
    size: SliceSize,
  ): Slice | AwayAnswer | Promise<Slice | AwayAnswer>;
}

/** Shared counters are away: requests pass uncounted, or not at all. */
export type AwayAnswer = "uncounted" | "unavailable";

/** A shorter window could end on the way. */
const SHORTEST_SECONDS = 5;

/**
 * Whether requests of a limit may be counted before they come. Of one with a block they may not:
 * what was lent before it would pass during it, and after it beside a window that started afresh.
 */
export function canBeLent({ windows }: CompiledLimit): boolean {
  return windows.every(
    ({ windowSeconds, blockSeconds }) => windowSeconds >= SHORTEST_SECONDS && blockSeconds === 0,
  );
}

/** How much of `left` is granted and how much lent. */
export function divide(
  left: number,
  { need, spare, share }: SliceSize,
): Pick<Slice, "granted" | "lent"> {
  const granted = Math.min(need, left);
  return { granted, lent: Math.min(spare, Math.floor((left - granted) / share)) };
}
