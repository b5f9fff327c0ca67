import { setTimeout as wait } from "node:timers/promises";

interface RetryParts {
  readonly isRetryable: (error: unknown) => boolean;
  /** No try begins later than this after the first. */
  readonly deadlineMillis: number;
}

const FIRST_PAUSE_MILLIS = 20;
const LONGEST_PAUSE_MILLIS = 500;

/**
 * Tries until it succeeds, fails for good, or the deadline has passed, with growing random pauses
 * in between. Rejects with the last error.
 */
export async function retry<Result>(
  attempt: (number: number) => Promise<Result>,
  { isRetryable, deadlineMillis }: RetryParts,
): Promise<Result> {
  const deadline = performance.now() + deadlineMillis;
  for (let number = 1; ; number += 1) {
    try {
      return await attempt(number);
    } catch (error) {
      const longest = Math.min(LONGEST_PAUSE_MILLIS, FIRST_PAUSE_MILLIS * 2 ** (number - 1));
      const pause = longest * (0.5 + Math.random() / 2);
      if (!isRetryable(error) || performance.now() + pause > deadline) throw error;
      await wait(pause);
    }
  }
}
