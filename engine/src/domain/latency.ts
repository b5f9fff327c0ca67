/** How long decisions about one thing took. */
export interface Latency {
  readonly totalMicros: number;
  readonly maxMicros: number;
  /** How many fell into each bucket; empty ones at the end are left out. */
  readonly buckets: readonly number[];
}

/** Two buckets for each doubling, from a quarter of a microsecond to over 12 seconds. */
export const LATENCY_BUCKETS = 52;
/** Totals end here, eleven days: a sum of them stays a whole number. */
export const MOST_MICROS = 1e12;
/** What is decided in memory takes a microsecond: whole ones would tell too little. */
const PER_MICRO = 4;

/** The bucket of a duration: from 0, 0.25, 0.5, 0.75, 1, 1.5, 2, 3, 4, 6, 8, 12 … microseconds. */
export function latencyBucket(micros: number): number {
  const quarters = micros * PER_MICRO;
  // Too long for an integer of 32 bits.
  if (quarters >= 0x7fffffff) return LATENCY_BUCKETS - 1;
  const whole = quarters | 0;
  if (whole < 2) return Math.max(0, whole);
  const doublings = 31 - Math.clz32(whole);
  const isUpperHalf = (whole >>> (doublings - 1)) & 1;
  return Math.min(2 * doublings + isUpperHalf, LATENCY_BUCKETS - 1);
}

/** The shortest duration of a bucket, in microseconds. */
function startOf(bucket: number): number {
  if (bucket < 2) return bucket / PER_MICRO;
  return (2 ** (bucket >> 1) * ((bucket & 1) === 1 ? 1.5 : 1)) / PER_MICRO;
}

/**
 * Within how many microseconds this part of all decisions was made, taking them as spread evenly
 * over their bucket: off by half at the very most, from a half on. 0 when there
 * are none.
 */
export function latencyOf(part: number, buckets: readonly number[]): number {
  const wanted = part * buckets.reduce((sum, count) => sum + count, 0);
  let before = 0;
  for (const [bucket, count] of buckets.entries()) {
    if (count > 0 && before + count >= wanted) {
      const start = startOf(bucket);
      // The last one has no end.
      if (bucket >= LATENCY_BUCKETS - 1) return start;
      return start + ((wanted - before) / count) * (startOf(bucket + 1) - start);
    }
    before += count;
  }
  return 0;
}
