import fc from "fast-check";
import { expect, test } from "vitest";
import { bearerStart, MOST_CREDENTIAL_LENGTH } from "./bearer.ts";
import { beginningOf, PresentedSecret } from "./presented-secret.ts";

/** One for all: what a longer secret leaves behind must not show. */
const SECRET = new PresentedSecret();

function bytesOf({ words }: PresentedSecret): Buffer {
  return Buffer.from(words.buffer, words.byteOffset, words.byteLength);
}

const scheme = fc.constantFrom(
  ...["Bearer ", "bearer ", "BEARER ", "Bearer  ", "Bearer", "Bearer\t", "Basic ", " Bearer ", ""],
  ...["Bearer\0", "\u0142earer ", "Beare\u0172 ", "Bearer\u0120", "b\u0005arer ", "Béarer "],
);
const token = fc.oneof(
  fc.string({ maxLength: 70 }),
  fc.string({ unit: "binary", maxLength: 70 }),
  fc.string({ minLength: 60, maxLength: 70 }),
  fc.constantFrom(" ", "  x", "é".repeat(32), `${"a".repeat(63)}é`, "x".repeat(64)),
);

test("finds a token where bearerStart does, and has its bytes when it is short ASCII", () => {
  fc.assert(
    fc.property(scheme, token, (name, rest) => {
      const line = name + rest;
      SECRET.readBearer(line);
      const start = bearerStart(line);
      expect(SECRET.start).toBe(start);
      if (start === -1) return;
      const secret = line.slice(start);
      expect(SECRET.text.slice(SECRET.start)).toBe(secret);
      expect(SECRET.length).toBe(secret.length);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are ASCII too
      expect(SECRET.isShort).toBe(/^[\u0000-\u007f]{1,64}$/.test(secret));
      if (SECRET.isShort) expect(bytesOf(SECRET)).toEqual(padded(secret));
    }),
    { numRuns: 3000 },
  );
});

test("takes the end of any text", () => {
  fc.assert(
    fc.property(token, token, (before, secret) => {
      SECRET.read(before + secret, before.length);
      expect(SECRET).toMatchObject({ start: before.length, length: secret.length });
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are ASCII too
      expect(SECRET.isShort).toBe(/^[\u0000-\u007f]{0,64}$/.test(secret));
      if (SECRET.isShort) expect(bytesOf(SECRET)).toEqual(padded(secret));
    }),
  );
});

test.each([
  ["lk_live_", true],
  ["lk_livf_", false],
  ["k_live_x", false],
])("tells whether a secret begins with %s: %s", (prefix, expected) => {
  SECRET.readBearer(`Bearer lk_live_${"x".repeat(80)}`);
  expect(SECRET.beginsWith(beginningOf(prefix))).toBe(expected);
  SECRET.readBearer("Bearer lk_live_x");
  expect(SECRET.beginsWith(beginningOf(prefix))).toBe(expected);
});

test("finds none in no line, nor in one that is too long", () => {
  SECRET.readBearer(undefined);
  expect(SECRET.start).toBe(-1);
  SECRET.readBearer(`Bearer ${"x".repeat(MOST_CREDENTIAL_LENGTH - 7)}`);
  expect(SECRET.start).toBe(7);
  SECRET.readBearer(`Bearer ${"x".repeat(MOST_CREDENTIAL_LENGTH - 6)}`);
  expect(SECRET.start).toBe(-1);
});

function padded(secret: string): Buffer {
  return Buffer.concat([Buffer.from(secret), Buffer.alloc(64)]).subarray(0, 64);
}
