import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { KeyFormat } from "../domain/credential.ts";
import { PresentedSecret } from "../domain/presented-secret.ts";
import { crc32 } from "./crc32.ts";
import { secretDigest } from "./digest.ts";
import { isKey, keyOutlines, looksLikeKey, newKey } from "./key-format.ts";

const FORMAT: KeyFormat = { live: "lk_live_", test: "lk_test_", form: "checksummed" };
const HEX: KeyFormat = { live: "cal_live_", test: "cal_", form: "hex" };

/** Each form with prefixes of which none, or one, begins with the other. */
const FORMATS: readonly [string, KeyFormat, RegExp][] = [
  ["checksummed", FORMAT, /^lk_(live|test)_[0-9A-Za-z]{36}$/],
  ["checksummed, nested", { live: "sk_", test: "sk_test_", form: "checksummed" }, /^sk_(test_)?/],
  ["hex, nested", HEX, /^cal_(live_)?[0-9a-f]{32}$/],
  ["hex", { live: "a_", test: "b_", form: "hex" }, /^[ab]_[0-9a-f]{32}$/],
];

function presented(text: string): PresentedSecret {
  const secret = new PresentedSecret();
  secret.read(text, 0);
  return secret;
}

test("computes the CRC-32 of the standard check value", () => {
  expect(crc32("123456789", 9)).toBe(0xcbf43926);
});

describe.each(FORMATS)("%s", (_form, format, pattern) => {
  test.each(["live", "test"] as const)("makes %s keys of its own form", (mode) => {
    const { key, prefix, lastFour, digest } = newKey(format, mode);
    expect(key).toMatch(pattern);
    expect(isKey(format, key)).toBe(true);
    expect(looksLikeKey(keyOutlines(format), presented(key))).toBe(true);
    expect(prefix).toBe(format[mode]);
    expect(key.startsWith(prefix)).toBe(true);
    expect(key.endsWith(lastFour)).toBe(true);
    expect(lastFour).toHaveLength(4);
    expect(digest).toEqual(secretDigest(key));
  });

  test("refuses a truncated or lengthened key", () => {
    const { key } = newKey(format, "live");
    const outlines = keyOutlines(format);
    for (let length = 0; length < key.length; length += 1) {
      expect(isKey(format, key.slice(0, length))).toBe(false);
      if (outlines.some((outline) => outline.length === length)) continue;
      expect(looksLikeKey(outlines, presented(key.slice(0, length)))).toBe(false);
    }
    expect(isKey(format, `${key}0`)).toBe(false);
    expect(looksLikeKey(outlines, presented(`${key}0`))).toBe(false);
  });

  test("takes no key with the other mode's prefix in place of its own for a whole one", () => {
    const { key } = newKey(format, "test");
    const swapped = format.live + key.slice(format.test.length);
    // Without a checksum, only the store knows.
    expect(isKey(format, swapped)).toBe(format.form === "hex");
  });

  test("lists the longer prefix first", () => {
    const [first, second] = keyOutlines(format).map(({ length }) => length);
    expect(first).toBeGreaterThanOrEqual(second ?? 0);
  });
});

test("never makes the same key twice, and uses every digit", () => {
  const keys = Array.from({ length: 1000 }, () => newKey(FORMAT, "live").key);
  expect(new Set(keys).size).toBe(1000);
  expect(new Set(keys.flatMap((key) => [...key.slice(8)])).size).toBe(62);
  const hexKeys = Array.from({ length: 1000 }, () => newKey(HEX, "live").key);
  expect(new Set(hexKeys).size).toBe(1000);
  expect(new Set(hexKeys.flatMap((key) => [...key.slice(9)])).size).toBe(16);
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

test.each([..."Afg/:`GZ_-é "])("a hex key has lower-case hex digits only, not %j", (character) => {
  const { key } = newKey(HEX, "live");
  for (const at of [HEX.live.length, key.length - 1]) {
    const changed = key.slice(0, at) + character + key.slice(at + 1);
    expect(isKey(HEX, changed)).toBe("0123456789abcdef".includes(character));
    // Its shape is still that of a key: who sends it meant to send one.
    if (character !== "é") expect(looksLikeKey(keyOutlines(HEX), presented(changed))).toBe(true);
  }
});
