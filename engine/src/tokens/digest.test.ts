import { expect, test } from "vitest";
import { sameSecret, secretDigest } from "./digest.ts";

// 6.5.1
test("compares secrets of any lengths without throwing", () => {
  expect(sameSecret("a".repeat(40), "a".repeat(40))).toBe(true);
  for (const other of ["", "a", "a".repeat(39), "a".repeat(41), `${"a".repeat(39)}é`]) {
    expect(sameSecret("a".repeat(40), other)).toBe(false);
  }
});

test("is SHA-256", () => {
  expect(Buffer.from(secretDigest("abc")).toString("hex")).toBe(
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
  );
});
