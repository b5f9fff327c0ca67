import { hash } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { PresentedSecret } from "../domain/presented-secret.ts";
import { KeyedDigests } from "./keyed-digests.ts";

const DIGESTS = new KeyedDigests();
/** One for all: what a longer secret leaves behind must not show. */
const SECRET = new PresentedSecret();

function digestOf(text: string, digests = DIGESTS): string {
  SECRET.read(text, 0);
  return digests.of(SECRET).join();
}

/** Short and long secrets, of ASCII and of other characters, many of them alike. */
const secret = fc.oneof(
  fc.string({ maxLength: 70 }),
  fc.string({ unit: "grapheme", maxLength: 70 }),
  fc.constantFrom("", "\0", "\0\0", "a", "á", "\u0161", "a\0", "x".repeat(64), "x".repeat(65)),
);

test("two secrets have one digest only if they are the same", () => {
  fc.assert(
    fc.property(secret, secret, (a, b) => {
      expect(digestOf(a) === digestOf(b)).toBe(a === b);
    }),
    { numRuns: 2000, examples: [["é", "é"]] },
  );
});

test("means nothing under another process's key", () => {
  for (const text of ["lk_live_secret", "x".repeat(65)]) {
    expect(digestOf(text, new KeyedDigests())).not.toBe(digestOf(text));
  }
});

test("the SHA-256 of a long secret does not pass for it", () => {
  const long = "x".repeat(65);
  expect(digestOf(hash("sha256", long, "latin1"))).not.toBe(digestOf(long));
  expect(digestOf(hash("sha256", long, "hex"))).not.toBe(digestOf(long));
});
