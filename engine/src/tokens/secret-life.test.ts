import { createHmac } from "node:crypto";
import { expect, test } from "vitest";
import { sharedSecretProof } from "./hmac-key.ts";
import { nextChange, PROVEN, verdictOf } from "./secret-life.ts";

const NOW = 1_800_000_000_000;
const OLD = {
  rotatedAt: NOW - 1000,
  endsAt: NOW + 10_000,
  brownOuts: [
    { from: NOW, to: NOW + 100 },
    { from: NOW + 500, to: NOW + 600 },
  ],
};

test("a secret without a successor proves and nothing more", () => {
  expect(verdictOf({ endsAt: null }, NOW)).toBe(PROVEN);
  expect(verdictOf(undefined, NOW)).toBe("failed");
});

test.each([
  [-1, "proven"],
  [0, "browned_out"],
  [99, "browned_out"],
  [100, "proven"],
  [499, "proven"],
  [500, "browned_out"],
  [600, "proven"],
])("a rotated secret %d ms after its first brown-out begins: %s", (after, expected) => {
  const verdict = verdictOf(OLD, NOW + after);
  expect(typeof verdict === "string" ? verdict : verdict.outcome).toBe(expected);
});

test("a proof by a rotated secret tells of the rotation", () => {
  expect(verdictOf(OLD, NOW - 1)).toEqual({
    outcome: "proven",
    rotation: { rotatedAt: NOW - 1000, endsAt: NOW + 10_000 },
  });
});

test.each([
  [NOW - 1, NOW],
  [NOW, NOW + 500],
  [NOW + 500, NOW + 10_000],
  [NOW + 10_000, Number.POSITIVE_INFINITY],
])("at %d the next change of old and new secrets is at %d", (now, expected) => {
  expect(nextChange([OLD, { endsAt: null }], now)).toBe(expected);
});

test("one that never ends has no change ahead", () => {
  expect(nextChange([{ endsAt: null }], NOW)).toBe(Number.POSITIVE_INFINITY);
  expect(nextChange([], NOW)).toBe(Number.POSITIVE_INFINITY);
});

test("while the old secret is browned out, the new one proves", () => {
  const secrets = [
    { secret: Buffer.from("the old secret"), ...OLD },
    { secret: Buffer.from("the new secret"), endsAt: null },
  ];
  const proof = sharedSecretProof(secrets);
  const signed = (secret: string) => createHmac("sha256", secret).update("a.b").digest();
  expect(proof.verify("a.b", signed("the old secret"), NOW)).toEqual({
    outcome: "browned_out",
    rotation: { rotatedAt: NOW - 1000, endsAt: NOW + 10_000 },
  });
  expect(proof.verify("a.b", signed("the new secret"), NOW)).toBe(PROVEN);
  expect(proof.verify("a.b", signed("another secret"), NOW)).toBe("failed");
  expect(proof.changesAt(NOW)).toBe(NOW + 500);
});
