import { createHmac, randomBytes } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { secretDigest } from "./digest.ts";
import { secretDigestProof, sharedSecretProof } from "./hmac-key.ts";
import { PROVEN } from "./secret-life.ts";

const NOW = 1_800_000_000_000;
const only = (secret: Uint8Array) => sharedSecretProof([{ secret, endsAt: null }]);
const hmacOf = (secret: Uint8Array, text: string) =>
  createHmac("sha256", secret).update(text).digest();
const repeated = (byte: number, times: number) => Buffer.alloc(times, byte);

// RFC 4231 §4; case 4 is left out, because its text is not UTF-8, and so is 5, which is truncated.
test.each([
  [
    "1",
    repeated(0x0b, 20),
    "Hi There",
    "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
  ],
  [
    "2",
    Buffer.from("Jefe"),
    "what do ya want for nothing?",
    "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
  ],
  [
    "6",
    repeated(0xaa, 131),
    "Test Using Larger Than Block-Size Key - Hash Key First",
    "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
  ],
  [
    "7",
    repeated(0xaa, 131),
    "This is a test using a larger than block-size key and a larger than block-size data. " +
      "The key needs to be hashed before being used by the HMAC algorithm.",
    "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2",
  ],
])("agrees with case %s of RFC 4231", (_case, secret, text, mac) => {
  expect(only(secret).verify(text, Buffer.from(mac, "hex"), NOW)).toMatchObject({
    outcome: "proven",
  });
});

test("agrees with createHmac for every key and text, also long and not ASCII", () => {
  const text = fc.oneof(
    fc.string({ maxLength: 400 }),
    fc.string({ unit: "binary", maxLength: 100 }),
    fc.constantFrom(0, 55, 56, 63, 64, 8191, 8192, 8193, 30_000).map((n) => "a".repeat(n)),
    fc.constantFrom(2731, 8192, 8193).map((n) => "€".repeat(n)),
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), text, (secret, signed) => {
      expect(only(secret).verify(signed, hmacOf(secret, signed), NOW)).toMatchObject({
        outcome: "proven",
      });
    }),
    { numRuns: 500 },
  );
});

test.each([0, 1, 63, 64, 65, 128, 1000])("takes a key of %i bytes", (length) => {
  const secret = randomBytes(length);
  expect(only(secret).verify("a.b", hmacOf(secret, "a.b"), NOW)).toMatchObject({
    outcome: "proven",
  });
  expect(only(secret).verify("a.c", hmacOf(secret, "a.b"), NOW)).toBe("failed");
});

test("refuses a signature with any one bit changed", () => {
  const secret = randomBytes(32);
  const proof = only(secret);
  const mac = hmacOf(secret, "a.b");
  for (let bit = 0; bit < 256; bit += 1) {
    const changed = Buffer.from(mac);
    changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    expect(proof.verify("a.b", changed, NOW)).toBe("failed");
  }
});

test("refuses every other length without throwing", () => {
  const secret = randomBytes(32);
  const mac = hmacOf(secret, "a.b");
  for (const length of [0, 1, 16, 31, 33, 64]) {
    const signature = Buffer.concat([mac, mac]).subarray(0, length);
    expect(only(secret).verify("a.b", signature, NOW)).toBe("failed");
  }
});

test("keeps keys apart that are used in turn", () => {
  const [one, two] = [randomBytes(32), randomBytes(32)];
  const [first, second] = [only(one), only(two)];
  for (let i = 0; i < 3; i += 1) {
    expect(first.verify("a.b", hmacOf(one, "a.b"), NOW)).toMatchObject({ outcome: "proven" });
    expect(second.verify("a.b", hmacOf(one, "a.b"), NOW)).toBe("failed");
    expect(second.verify("a.b", hmacOf(two, "a.b"), NOW)).toMatchObject({ outcome: "proven" });
  }
});

test("does not depend on what becomes of the secret's bytes", () => {
  const secret = randomBytes(32);
  const mac = hmacOf(secret, "a.b");
  const proof = only(secret);
  secret.fill(0);
  expect(proof.verify("a.b", mac, NOW)).toMatchObject({ outcome: "proven" });
});

test("tries every secret that has not ended, to the millisecond", () => {
  const [old, ending, current] = [randomBytes(32), randomBytes(32), randomBytes(32)];
  const proof = sharedSecretProof([
    { secret: current, endsAt: null },
    { secret: ending, endsAt: NOW },
    { secret: old, endsAt: NOW - 10 },
  ]);
  const accepted = (secret: Uint8Array, now: number) =>
    proof.verify("a.b", hmacOf(secret, "a.b"), now) !== "failed";
  expect([accepted(current, NOW), accepted(ending, NOW - 1)]).toEqual([true, true]);
  expect([accepted(ending, NOW), accepted(old, NOW - 10)]).toEqual([false, false]);
  expect(accepted(old, NOW - 11)).toBe(true);
});

test("accepts HS256 alone, and nothing without a secret", () => {
  expect(only(randomBytes(32)).algorithms).toEqual(["HS256"]);
  expect(sharedSecretProof([]).verify("a.b", randomBytes(32), NOW)).toBe("failed");
});

test("matches secrets by their digests while these last", () => {
  const proof = secretDigestProof([
    { digest: secretDigest("new"), endsAt: null },
    { digest: secretDigest("old"), endsAt: NOW },
    { digest: secretDigest("cut").subarray(0, 31), endsAt: null },
  ]);
  expect([proof.matches("new", NOW), proof.matches("old", NOW - 1)]).toEqual([PROVEN, PROVEN]);
  expect(proof.matches("old", NOW)).toBe("failed");
  for (const secret of ["", "New", "new ", "cut", "é"]) {
    expect(proof.matches(secret, NOW)).toBe("failed");
  }
  expect(secretDigestProof([]).matches("", NOW)).toBe("failed");
});
