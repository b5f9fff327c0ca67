import { expect, test } from "vitest";
import { UnknownCredentials } from "./unknown-credentials.ts";

const NOW = 1_800_000_000_000;

function aDigest(n: number): Int32Array {
  return Int32Array.of(n * 7919, 0, 0, 0, 0, 0, 0, n);
}

test("remembers a digest until its time is over, counted from when it was last added", () => {
  const unknown = new UnknownCredentials(5000, 10);
  unknown.add(aDigest(1), NOW);
  expect(unknown.has(aDigest(1), NOW + 4999)).toBe(true);
  expect(unknown.has(aDigest(1), NOW + 5000)).toBe(false);
  expect(unknown.has(aDigest(2), NOW)).toBe(false);
  unknown.add(aDigest(1), NOW + 5000);
  expect(unknown.has(aDigest(1), NOW + 9999)).toBe(true);
});

test("has room for so many, and then forgets the first", () => {
  const unknown = new UnknownCredentials(5000, 10);
  for (let n = 0; n < 25; n += 1) unknown.add(aDigest(n), NOW);
  const left = Array.from({ length: 25 }, (_, n) => n).filter((n) => unknown.has(aDigest(n), NOW));
  expect(left).toEqual([15, 16, 17, 18, 19, 20, 21, 22, 23, 24]);
});

test("is never full, however many come", () => {
  const unknown = new UnknownCredentials(5000, 10);
  for (let n = 0; n < 1000; n += 1) unknown.add(aDigest(n), NOW);
  expect([989, 990, 999].map((n) => unknown.has(aDigest(n), NOW))).toEqual([false, true, true]);
});

test("forgets one that has become known, and no other", () => {
  const unknown = new UnknownCredentials(5000, 10);
  for (const n of [1, 2]) unknown.add(aDigest(n), NOW);
  for (const n of [1, 3]) unknown.forget(aDigest(n));
  expect([1, 2, 3].map((n) => unknown.has(aDigest(n), NOW))).toEqual([false, true, false]);
});
