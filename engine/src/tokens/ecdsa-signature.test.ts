import { generateKeyPairSync, sign, verify } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { derSignature } from "./ecdsa-signature.ts";

const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const hex = (value: bigint) => value.toString(16).padStart(64, "0");
const of = (r: bigint, s: bigint) => Buffer.from(hex(r) + hex(s), "hex");
const derOf = (r: bigint, s: bigint) => {
  const der = derSignature(of(r, s));
  return der && Buffer.from(der).toString("hex");
};
const integer = (value: bigint) => {
  const digits = value.toString(16);
  const even = digits.length % 2 === 0 ? digits : `0${digits}`;
  const bytes = Number.parseInt(even.slice(0, 2), 16) > 127 ? `00${even}` : even;
  return `02${(bytes.length / 2).toString(16).padStart(2, "0")}${bytes}`;
};

test("writes every r and s as the shortest positive integers", () => {
  const bits = fc.integer({ min: 1, max: 256 });
  const scalar = fc
    .tuple(fc.bigInt({ min: 1n, max: ORDER - 1n }), bits)
    .map(([value, length]) => value >> BigInt(256 - length) || 1n);
  fc.assert(
    fc.property(scalar, scalar, (r, s) => {
      const content = integer(r) + integer(s);
      const length = (content.length / 2).toString(16).padStart(2, "0");
      expect(derOf(r, s)).toBe(`30${length}${content}`);
    }),
    { numRuns: 1000 },
  );
});

test("writes the least and the greatest", () => {
  expect(derOf(1n, 0x80n)).toBe("300702010102020080");
  const most = `022100${hex(ORDER - 1n)}`;
  expect(derOf(ORDER - 1n, ORDER - 1n)).toBe(`3046${most}${most}`);
});

test("refuses r or s of 0, of the order and above", () => {
  for (const wrong of [0n, ORDER, ORDER + 1n, (1n << 256n) - 1n]) {
    expect([derOf(wrong, 1n), derOf(1n, wrong), derOf(wrong, wrong)]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  }
});

test.each([0, 1, 32, 63, 65, 66, 72, 96, 128])("refuses %i bytes", (length) => {
  expect(derSignature(Buffer.alloc(length, 1))).toBeUndefined();
});

test("means what the plain form means, in 500 signatures", () => {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  for (let i = 0; i < 500; i += 1) {
    const text = Buffer.from(`${i}`);
    const der = derSignature(sign("sha256", text, { key: privateKey, dsaEncoding: "ieee-p1363" }));
    expect(der !== undefined && verify("sha256", text, publicKey, der)).toBe(true);
  }
});
