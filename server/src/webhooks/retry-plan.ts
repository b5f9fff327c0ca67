const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/**
 * How long after each failed attempt the next one comes: thirteen attempts over four days. Long
 * enough for a weekend, and short of the five days after which a dead endpoint is switched off.
 */
const DELAYS: readonly number[] = [
  ...[5 * SECOND, 30 * SECOND, 2 * MINUTE, 10 * MINUTE, 30 * MINUTE],
  ...[1 * HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, 24 * HOUR, 24 * HOUR, 24 * HOUR],
];

/** Part of a delay by which it is longer or shorter, so that what failed together returns apart. */
const JITTER = 0.2;

const LONGEST_RETRY_AFTER = 24 * HOUR;

interface FailedAttempt {
  /** How many attempts there were, this one included. */
  readonly tries: number;
  /** Unix milliseconds. */
  readonly at: number;
  /** What the receiver asked for (RFC 9110 §10.2.3); `null`: nothing. */
  readonly retryAfter: string | null;
  /** From 0 to 1. */
  readonly random: number;
}

/**
 * When the next attempt is due, in Unix milliseconds; `null` after the last one. A receiver may ask
 * for more time, up to a day, and never for less.
 */
export function nextAttemptAt({ tries, at, retryAfter, random }: FailedAttempt): number | null {
  const delay = DELAYS[tries - 1];
  if (delay === undefined) return null;
  const planned = Math.round(delay * (1 - JITTER + 2 * JITTER * random));
  return at + Math.max(planned, Math.min(waitAskedFor(retryAfter, at), LONGEST_RETRY_AFTER));
}

/** Milliseconds; 0 for what is neither seconds nor a date, or has passed. */
function waitAskedFor(retryAfter: string | null, at: number): number {
  const text = retryAfter?.trim() ?? "";
  if (/^\d+$/.test(text)) return Number(text) * SECOND;
  const until = /^[A-Z][a-z]{2}, /.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(until) ? 0 : Math.max(0, until - at);
}
