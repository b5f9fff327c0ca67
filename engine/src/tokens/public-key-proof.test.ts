import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { describe, expect, test } from "vitest";
import { readPublicKey } from "./public-key.ts";
import { verifierOf } from "./public-key-proof.ts";

const TEXT = "eyJhbGciOiJFUzI1NiJ9.e30";
const EC = generateKeyPairSync("ec", { namedCurve: "P-256" });
const ED = generateKeyPairSync("ed25519");
const RSA = generateKeyPairSync("rsa", { modulusLength: 2048 });

const proofOf = (key: KeyObject) => verifierOf(key.export({ type: "spki", format: "der" }));
const es256 = (text: string, key = EC.privateKey) =>
  sign("sha256", Buffer.from(text), { key, dsaEncoding: "ieee-p1363" });

// RFC 7515 appendix A.3 and RFC 8037 appendix A.4.
test.each([
  [
    "RFC 7515",
    {
      kty: "EC",
      crv: "P-256",
      x: "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
      y: "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
    },
    "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFt" +
      "cGxlLmNvbS9pc19yb290Ijp0cnVlfQ",
    "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q",
  ],
  [
    "RFC 8037",
    { kty: "OKP", crv: "Ed25519", x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" },
    "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc",
    "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg",
  ],
])("verifies the example of %s", (_name, jwk, signingInput, signature) => {
  const key = readPublicKey(jwk);
  if (typeof key === "string") throw new Error(key);
  const proof = verifierOf(key.spki);
  const bytes = Buffer.from(signature, "base64url");
  expect(proof.verify(signingInput, bytes, 0)).toMatchObject({ outcome: "proven" });
  expect(proof.verify(`${signingInput}A`, bytes, 0)).toBe("failed");
});

describe.each([
  ["ES256", ["ES256"], EC, es256(TEXT)],
  ["EdDSA", ["EdDSA", "Ed25519"], ED, sign(null, Buffer.from(TEXT), ED.privateKey)],
  ["RS256", ["RS256"], RSA, sign("sha256", Buffer.from(TEXT), RSA.privateKey)],
] as const)("%s", (_name, algorithms, { publicKey }, signature) => {
  const proof = proofOf(publicKey);

  test("accepts its own algorithm alone, and its key's signature", () => {
    expect(proof.algorithms).toEqual(algorithms);
    expect(proof.verify(TEXT, signature, 0)).toMatchObject({ outcome: "proven" });
    expect(proof.verify(TEXT, Uint8Array.from(signature), 0)).toMatchObject({ outcome: "proven" });
    expect(proof.verify(TEXT.slice(0, -1), signature, 0)).toBe("failed");
    expect(proof.verify("", signature, 0)).toBe("failed");
  });

  test("refuses the signature with any one byte changed", () => {
    for (let i = 0; i < signature.length; i += 1) {
      const changed = Buffer.from(signature);
      changed[i] = (changed[i] ?? 0) ^ 1;
      expect(proof.verify(TEXT, changed, 0)).toBe("failed");
    }
  });

  test.each(["00", "01", "7f", "80", "ff"])("refuses bytes of 0x%s of every length", (byte) => {
    for (const length of [0, 1, 31, 32, 63, 64, 65, 70, 71, 72, 128, 255, 256, 257, 8192]) {
      expect(proof.verify(TEXT, Buffer.alloc(length, byte, "hex"), 0)).toBe("failed");
    }
  });

  test("refuses a byte more or less", () => {
    const zero = Buffer.alloc(1);
    for (const wrong of [
      signature.subarray(1),
      signature.subarray(0, -1),
      Buffer.concat([signature, zero]),
      Buffer.concat([zero, signature]),
    ]) {
      expect(proof.verify(TEXT, wrong, 0)).toBe("failed");
    }
  });

  test("refuses the signature of another key", () => {
    const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    expect(proof.verify(TEXT, es256(TEXT, privateKey), 0)).toBe("failed");
  });
});

const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const scalar = (value: bigint) => Buffer.from(value.toString(16).padStart(64, "0"), "hex");

test("refuses r or s of 0, of the order and above it, also where they are equal modulo it", () => {
  const proof = proofOf(EC.publicKey);
  const signature = es256(TEXT);
  const [r, s] = [signature.subarray(0, 32), signature.subarray(32)];
  const most = (1n << 256n) - 1n;
  for (const wrong of [0n, ORDER, ORDER + 1n, most].map(scalar)) {
    for (const pair of [
      [wrong, s],
      [r, wrong],
      [wrong, wrong],
    ]) {
      expect(proof.verify(TEXT, Buffer.concat(pair), 0)).toBe("failed");
    }
  }
});

test("leaves 1 and the order less 1 to the mathematics", () => {
  const proof = proofOf(EC.publicKey);
  for (const value of [1n, ORDER - 1n].map(scalar)) {
    expect(proof.verify(TEXT, Buffer.concat([value, value]), 0)).toBe("failed");
  }
  // (r, n - s) is a signature wherever (r, s) is: nothing relies on there being one.
  const signature = es256(TEXT);
  const s = BigInt(`0x${signature.subarray(32).toString("hex")}`);
  const other = Buffer.concat([signature.subarray(0, 32), scalar(ORDER - s)]);
  expect(proof.verify(TEXT, other, 0)).toMatchObject({ outcome: "proven" });
});

test("refuses DER, also when it is as long as the plain form", () => {
  const proof = proofOf(EC.publicKey);
  const der = sign("sha256", Buffer.from(TEXT), EC.privateKey);
  expect(proof.verify(TEXT, der, 0)).toBe("failed");
  expect(proof.verify(TEXT, Buffer.concat([der, Buffer.alloc(64)]).subarray(0, 64), 0)).toBe(
    "failed",
  );
});

test("does not depend on what becomes of the key's bytes", () => {
  const spki = EC.publicKey.export({ type: "spki", format: "der" });
  const proof = verifierOf(spki);
  spki.fill(0);
  expect(proof.verify(TEXT, es256(TEXT), 0)).toMatchObject({ outcome: "proven" });
});

const derOf = (type: string, options: object) => {
  const { publicKey } = generateKeyPairSync(type as "ec", options as { namedCurve: string });
  return publicKey.export({ type: "spki", format: "der" });
};
test.each([
  ["other bytes", Buffer.from("no key")],
  ["P-384", derOf("ec", { namedCurve: "P-384" })],
  ["secp256k1", derOf("ec", { namedCurve: "secp256k1" })],
  ["RSA-PSS", derOf("rsa-pss", { modulusLength: 2048 })],
  ["another kind", generateKeyPairSync("x25519").publicKey.export({ type: "spki", format: "der" })],
])("throws for %s", (_what, spki) => {
  expect(() => verifierOf(spki)).toThrow();
});
