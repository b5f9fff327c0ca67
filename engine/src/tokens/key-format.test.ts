import fc from "fast-check";
import { expect, test } from "vitest";
import { crc32 } from "./crc32.ts";
import { secretDigest } from "./digest.ts";
import { isKey, newKey } from "./key-format.ts";

const FORMAT = { live: "lk_live_", test: "lk_test_" };

test("computes the CRC-32 of the standard check value", () => {
  expect(crc32("123456789", 9)).toBe(0xcbf43926);
});

test.each(["live", "test"] as const)("makes %s keys of its own form", (mode) => {
  const { key, prefix, lastFour, digest } = newKey(FORMAT, mode);
  expect(key).toMatch(new RegExp(`^lk_${mode}_[0-9A-Za-z]{36}$`));
  expect(isKey(FORMAT, key)).toBe(true);
  expect(key.startsWith(prefix)).toBe(true);
  expect(key.endsWith(lastFour)).toBe(true);
  expect(digest).toEqual(secretDigest(key));
});

test("never makes the same key twice, and uses every digit", () => {
  const keys = Array.from({ length: 1000 }, () => newKey(FORMAT, "live").key);
  expect(new Set(keys).size).toBe(1000);
  expect(new Set(keys.flatMap((key) => [...key.slice(8)])).size).toBe(62);
});

test("refuses a key with any one character changed", () => {
  const { key } = newKey(FORMAT, "live");
  fc.assert(
    fc.property(fc.nat(key.length - 1), fc.constantFrom(..."0Az_-é"), (at, character) => {
      fc.pre(key[at] !== character);
      expect(isKey(FORMAT, key.slice(0, at) + character + key.slice(at + 1))).toBe(false);
    }),
    { numRuns: 300 },
  );
});

test("refuses a truncated, lengthened or swapped key", () => {
  const { key } = newKey(FORMAT, "live");
  for (let length = 0; length < key.length; length += 1) {
    expect(isKey(FORMAT, key.slice(0, length))).toBe(false);
  }
  expect(isKey(FORMAT, `${key}0`)).toBe(false);
  expect(isKey(FORMAT, key.replace("live", "test"))).toBe(false);
});
