import { createPrivateKey, sign } from "node:crypto";
import { expect, test } from "vitest";
import { readPublicKey } from "./public-key.ts";
import { verifierOf } from "./public-key-proof.ts";
import { newSigningKeyPair } from "./signing-key-pair.ts";

test("makes a pair on P-256 of which one half signs and the other verifies", () => {
  const { privateKeyPem, publicKeyPem, spki } = newSigningKeyPair();
  expect(privateKeyPem).toMatch(/^-----BEGIN PRIVATE KEY-----\n[^-]+-----END PRIVATE KEY-----\n$/);
  expect(readPublicKey(publicKeyPem)).toEqual({ algorithm: "ES256", spki, pem: publicKeyPem });
  const key = { key: createPrivateKey(privateKeyPem), dsaEncoding: "ieee-p1363" } as const;
  const signature = sign("sha256", Buffer.from("a.b"), key);
  expect(verifierOf(spki).verify("a.b", signature, 0)).toMatchObject({ outcome: "proven" });
});

test("makes no pair twice", () => {
  expect(newSigningKeyPair().publicKeyPem).not.toBe(newSigningKeyPair().publicKeyPem);
});
