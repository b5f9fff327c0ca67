import { expect, test } from "vitest";
import { latencyBucket, MOST_MICROS } from "./latency.ts";
import { LatencyCounts } from "./latency-counts.ts";

test("counts each slot for itself, however many there are", () => {
  const counts = new LatencyCounts();
  const slots = Array.from({ length: 100 }, () => counts.open());
  for (const [i, slot] of slots.entries()) counts.add(slot, i);
  counts.add(slots[7] ?? 0, 7.4);
  expect(counts.of(slots[7] ?? 0)).toEqual({
    totalMicros: 14,
    maxMicros: 7,
    buckets: [0, 0, 0, 0, 0, 0, 0, 0, 0, 2],
  });
  const { buckets } = counts.of(slots[99] ?? 0) ?? { buckets: [] };
  expect(buckets).toHaveLength(latencyBucket(99) + 1);
  expect(buckets.at(-1)).toBe(1);
});

test("a duration counts for as many decisions as it stands for, but is one longest", () => {
  const counts = new LatencyCounts();
  const slot = counts.open();
  counts.add(slot, 0.3, 16);
  counts.add(slot, 0.75);
  expect(counts.of(slot)).toEqual({ totalMicros: 6, maxMicros: 1, buckets: [0, 16, 0, 1] });
});

test("nothing that was not timed is told, and nothing is left when it was cleared", () => {
  const counts = new LatencyCounts();
  expect(counts.of(counts.open())).toBeUndefined();
  counts.add(0, 5);
  counts.clear();
  const slot = counts.open();
  expect([slot, counts.of(slot)]).toEqual([0, undefined]);
});

test("a total never leaves the whole numbers", () => {
  const counts = new LatencyCounts();
  const slot = counts.open();
  counts.add(slot, 1e300);
  expect(counts.of(slot)).toMatchObject({ totalMicros: MOST_MICROS, maxMicros: MOST_MICROS });
});
