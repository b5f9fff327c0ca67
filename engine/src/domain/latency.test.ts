import { describe, expect, test } from "vitest";
import { LATENCY_BUCKETS, latencyBucket, latencyOf } from "./latency.ts";

test.each([
  [-1, 0],
  [0, 0],
  [0.24, 0],
  [0.25, 1],
  [0.5, 2],
  [0.75, 3],
  [1, 4],
  [1.49, 4],
  [1.5, 5],
  [2, 6],
  [2.99, 6],
  [3, 7],
  [4, 8],
  [6, 9],
  [8, 10],
  [12, 11],
  [1000, 23],
  [12_582_911, 50],
  [12_582_912, 51],
  [0x7fffffff / 4, 51],
  [1e15, 51],
  [Number.POSITIVE_INFINITY, 51],
])("%d microseconds are in bucket %d", (micros, bucket) => {
  expect(latencyBucket(micros)).toBe(bucket);
});

test("every duration falls where its neighbours fall, and no bucket is left out", () => {
  const seen = new Set<number>();
  for (let micros = 0; micros < 2 ** 24; micros += Math.max(0.125, micros / 64)) {
    const bucket = latencyBucket(micros);
    expect(bucket).toBeGreaterThanOrEqual(Math.max(...seen, 0));
    seen.add(bucket);
  }
  expect(seen.size).toBe(LATENCY_BUCKETS);
});

describe("of durations that were counted", () => {
  const counted = (durations: readonly number[]): number[] => {
    const buckets = new Array<number>(LATENCY_BUCKETS).fill(0);
    for (const micros of durations) {
      const bucket = latencyBucket(micros);
      buckets[bucket] = (buckets[bucket] ?? 0) + 1;
    }
    return buckets;
  };

  test.each([0.5, 0.95, 0.99])("%d is found to within a half of it", (part) => {
    const durations = Array.from({ length: 5000 }, (_, i) => 0.5 * 1.002 ** i);
    const found = latencyOf(part, counted(durations));
    const truly = durations[Math.ceil(part * durations.length) - 1] ?? 0;
    expect(Math.abs(found / truly - 1)).toBeLessThan(0.5);
  });

  test("none is 0, and one alone is in its bucket whatever the part", () => {
    expect(latencyOf(0.5, [])).toBe(0);
    expect(latencyOf(0.5, counted([]))).toBe(0);
    for (const part of [0.01, 0.5, 0.99, 1]) {
      expect(latencyBucket(latencyOf(part, counted([100])) - 0.001)).toBe(latencyBucket(100));
    }
  });

  test("the slow few do not move the middle, and are what the last part tells", () => {
    const buckets = counted([...Array<number>(98).fill(5), 3000, 3000]);
    expect(latencyOf(0.5, buckets)).toBeLessThan(6);
    expect(latencyOf(0.98, buckets)).toBeLessThanOrEqual(6);
    expect(latencyOf(0.99, buckets)).toBeGreaterThan(2000);
  });

  test("what is longer than any bucket is at least as long as the last begins", () => {
    expect(latencyOf(0.5, counted([1e9]))).toBe(12_582_912);
  });
});
