import { expect, test } from "vitest";
import { BucketTable } from "./bucket-table.ts";

const NOW = 1_800_000_000_000;

/** A table whose buckets are idle from the instants that tests set. */
function aTable(maxKeys?: number) {
  const idleAt: number[] = [];
  const taken: number[] = [];
  const grown: number[] = [];
  const table = new BucketTable(
    {
      idleAt: (bucket) => idleAt[bucket] ?? 0,
      take: (bucket) => taken.push(bucket),
      grow: (capacity) => grown.push(capacity),
    },
    maxKeys,
  );
  /** Gives the key a bucket that is in use until then. */
  function use(key: string, until: number): number {
    const bucket = table.bucketOf(key, NOW);
    idleAt[bucket] = until;
    return bucket;
  }
  return { table, use, idleAt, taken, grown };
}

test("a key keeps its bucket", () => {
  const { table, taken } = aTable();
  const bucket = table.bucketOf("a", NOW);
  expect(table.bucketOf("a", NOW)).toBe(bucket);
  expect(table.find("a")).toBe(bucket);
  expect(taken).toEqual([bucket]);
});

test("asking for a key makes no bucket", () => {
  const { table } = aTable();
  expect(table.find("a")).toBe(-1);
  expect(table.size).toBe(0);
});

test("room is made before a bucket is used, and never beyond the maximum", () => {
  const { use, grown } = aTable(20);
  for (let i = 0; i < 20; i += 1) {
    const bucket = use(`key_${i}`, NOW + 1);
    expect(bucket).toBeLessThan(grown.at(-1) ?? 0);
  }
  expect(grown).toEqual([16, 20]);
});

test("keys that come and go need only as much room as are in use at once", () => {
  const { table, idleAt } = aTable();
  for (let i = 0; i < 10_000; i += 1) {
    const bucket = table.bucketOf(`key_${i}`, NOW + i);
    idleAt[bucket] = NOW + i + 50;
  }
  expect(table.size).toBeLessThan(200);
});

test("an idle bucket is made untouched before another key gets it, and its key forgotten", () => {
  const { table, use, taken } = aTable();
  const bucket = use("a", NOW);
  expect(table.bucketOf("b", NOW)).toBe(bucket);
  expect(taken).toEqual([bucket, bucket]);
  expect(table.find("a")).toBe(-1);
  expect(table.bucketOf("a", NOW - 1)).not.toBe(table.find("b"));
});

test("a bucket in use for one more millisecond is not taken while there is room", () => {
  const { table, use } = aTable();
  use("a", NOW + 1);
  expect(table.bucketOf("b", NOW)).toBe(1);
});

test("a full table takes an idle bucket first", () => {
  const { table, use } = aTable(3);
  use("a", NOW + 1);
  use("b", NOW + 2);
  use("c", NOW + 3);
  expect(table.bucketOf("d", NOW + 1)).toBe(0);
  expect(table.find("a")).toBe(-1);
  expect(table.size).toBe(3);
});

test("a full table in use gives up the bucket that would be idle soonest", () => {
  const { table, use } = aTable(3);
  use("a", NOW + 30);
  use("b", NOW + 10);
  use("c", NOW + 20);
  expect(table.bucketOf("d", NOW)).toBe(1);
  expect([table.find("a"), table.find("b"), table.find("c")]).toEqual([0, -1, 2]);
  expect(table.size).toBe(3);
});

test("a table for one key works", () => {
  const { table, use } = aTable(1);
  use("a", NOW + 1);
  expect(use("b", NOW + 1)).toBe(0);
  expect(table.find("a")).toBe(-1);
});
