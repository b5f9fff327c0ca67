import { createPublicKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import { expect, test } from "vitest";
import { type PublicKey, readPublicKey } from "./public-key.ts";

const EC = generateKeyPairSync("ec", { namedCurve: "P-256" });
const ED = generateKeyPairSync("ed25519");
const RSA = generateKeyPairSync("rsa", { modulusLength: 2048 });
const PAIRS = [
  ["ES256", EC, "ES256"],
  ["EdDSA", ED, "EdDSA"],
  ["EdDSA", ED, "Ed25519"],
  ["RS256", RSA, "RS256"],
] as const;

const pemOf = (key: KeyObject) => key.export({ type: "spki", format: "pem" }).toString();
const jwkOf = (key: KeyObject) => key.export({ format: "jwk" });
const accepted = (input: unknown): PublicKey => {
  const key = readPublicKey(input);
  if (typeof key === "string") throw new Error(key);
  return key;
};

test.each(PAIRS)(
  "reads %s as PEM and as JWK, to the same bytes",
  (algorithm, { publicKey }, alg) => {
    const pem = pemOf(publicKey);
    const key = { algorithm, spki: publicKey.export({ type: "spki", format: "der" }), pem };
    const jwk = jwkOf(publicKey);
    const public_ = { ...jwk, kid: "a", use: "sig", alg, key_ops: ["verify"], unknown: 1 };
    for (const input of [
      pem,
      jwk,
      public_,
      JSON.stringify(jwk),
      ` ${JSON.stringify(public_, null, 2)}\n`,
    ]) {
      expect(readPublicKey(input)).toEqual(key);
    }
    for (const text of [pem.trim(), `\n ${pem}\n`, pem.replaceAll("\n", "\r\n")]) {
      expect(readPublicKey(text)).toEqual(key);
    }
  },
);

test("reads a compressed point as the same key", () => {
  const { x = "", y = "" } = jwkOf(EC.publicKey);
  const sign = ((Buffer.from(y, "base64url")[31] ?? 0) & 1) + 2;
  const algorithm = "301306072a8648ce3d020106082a8648ce3d030107";
  const point = Buffer.concat([Buffer.of(sign), Buffer.from(x, "base64url")]);
  const der = Buffer.concat([Buffer.from(`3039${algorithm}032200`, "hex"), point]);
  const pem = `-----BEGIN PUBLIC KEY-----\n${der.toString("base64")}\n-----END PUBLIC KEY-----`;
  expect(readPublicKey(pem)).toEqual(readPublicKey(pemOf(EC.publicKey)));
});

const privateSecrets = PAIRS.map(([, { privateKey }]) => {
  const { d = "" } = privateKey.export({ format: "jwk" });
  return d;
});
const PRIVATE = PAIRS.flatMap(([name, { privateKey }]) => [
  [`${name} as PKCS #8`, privateKey.export({ type: "pkcs8", format: "pem" }).toString()],
  [`${name} as JWK`, privateKey.export({ format: "jwk" })],
  [`${name} as the text of a JWK`, JSON.stringify(privateKey.export({ format: "jwk" }))],
  [
    `${name} encrypted`,
    privateKey
      .export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "a" })
      .toString(),
  ],
]);
test.each([
  ...PRIVATE,
  ["SEC1", EC.privateKey.export({ type: "sec1", format: "pem" }).toString()],
  ["PKCS #1", RSA.privateKey.export({ type: "pkcs1", format: "pem" }).toString()],
  ["a public key and a private one", pemOf(EC.publicKey) + PRIVATE[0]?.[1]],
])("refuses a private key and does not repeat it: %s", (_what, input) => {
  const fault = readPublicKey(input);
  expect(fault).toMatch(/^This is a private key/);
  for (const secret of privateSecrets) expect(fault).not.toContain(secret.slice(0, 8));
});

const jwk = { EC: jwkOf(EC.publicKey), ED: jwkOf(ED.publicKey), RSA: jwkOf(RSA.publicKey) };
const base64url = (hex: string) => Buffer.from(hex, "hex").toString("base64url");
const modulus = (bits: number, last = "01") => {
  const first = (1 << ((bits - 1) % 8)).toString(16).padStart(2, "0");
  return base64url(first + "a5".repeat(Math.ceil(bits / 8) - 2) + last);
};
const rsa = (n: string, e = "AQAB") => ({ kty: "RSA", n, e });
const otherPem = (type: string, options: object) => {
  const { publicKey } = generateKeyPairSync(type as "ec", options as { namedCurve: string });
  return pemOf(publicKey);
};
const certificate = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----";
const [firstLine, ...otherLines] = pemOf(EC.publicKey).trim().split("\n");

test.each<[string, unknown, RegExp]>([
  ["nothing", "", /^A public key is/],
  ["undefined", undefined, /^A public key is/],
  ["null", null, /^A public key is/],
  ["a number", 1, /^A public key is/],
  ["an array", [jwk.EC], /^A public key is/],
  ["any text", "ssh-ed25519 AAAA", /^A public key is/],
  ["a JSON array", JSON.stringify([jwk.EC]), /^A public key is/],
  ["a member twice", JSON.stringify(jwk.EC).replace("{", '{"kty":"EC",'), /^A public key is/],
  ["PEM with text before", `a\n${pemOf(EC.publicKey)}`, /^A public key is/],
  ["two of PEM", pemOf(EC.publicKey) + pemOf(ED.publicKey), /^A public key is/],
  ["PEM with headers", [firstLine, "A: b", "", ...otherLines].join("\n"), /^A public key is/],
  ["more than 8 KiB", `${pemOf(EC.publicKey)}${" ".repeat(9000)}a`, /^A public key is/],
  ["a certificate", certificate, /certificate/],
  ["PKCS #1", RSA.publicKey.export({ type: "pkcs1", format: "pem" }), /SubjectPublicKeyInfo/],
  ["PEM of other bytes", certificate.replaceAll("CERTIFICATE", "PUBLIC KEY"), /damaged/],
  ["a set", { keys: [jwk.EC] }, /set of keys/],
  ["a shared secret", { kty: "oct", k: "AAAA" }, /shared secret/],
  ["a shared secret within a key", { ...jwk.EC, k: "AAAA" }, /shared secret/],
  ["an empty object", {}, /must be P-256/],
  ["P-384", otherPem("ec", { namedCurve: "P-384" }), /must be P-256/],
  ["P-521", otherPem("ec", { namedCurve: "P-521" }), /must be P-256/],
  ["secp256k1", otherPem("ec", { namedCurve: "secp256k1" }), /must be P-256/],
  ["Ed448", otherPem("ed448", {}), /must be P-256/],
  ["X25519", otherPem("x25519", {}), /must be P-256/],
  ["RSA-PSS", otherPem("rsa-pss", { modulusLength: 2048 }), /must be P-256/],
  ["DSA", otherPem("dsa", { modulusLength: 1024, divisorLength: 160 }), /must be P-256/],
  ["an unknown kind", { ...jwk.EC, kty: "AKP" }, /must be P-256/],
  ["a curve with another kind", { ...jwk.EC, kty: "OKP" }, /must be P-256/],
  ["RSA with a curve", { ...jwk.RSA, crv: "P-256" }, /must be P-256/],
  ["use enc", { ...jwk.EC, use: "enc" }, /"use"/],
  ["use that is no text", { ...jwk.EC, use: ["sig"] }, /"use"/],
  ["key_ops without verify", { ...jwk.EC, key_ops: ["sign"] }, /"key_ops"/],
  ["no key_ops", { ...jwk.EC, key_ops: [] }, /"key_ops"/],
  ["key_ops that is no list", { ...jwk.EC, key_ops: "verify" }, /"key_ops"/],
  ["alg of another kind", { ...jwk.EC, alg: "RS256" }, /"alg"/],
  ["alg of another curve", { ...jwk.EC, alg: "ES384" }, /"alg"/],
  ["alg of another hash", { ...jwk.RSA, alg: "RS512" }, /"alg"/],
  ["alg PS256", { ...jwk.RSA, alg: "PS256" }, /"alg"/],
  ["alg none", { ...jwk.ED, alg: "none" }, /"alg"/],
  ["alg null", { ...jwk.ED, alg: null }, /"alg"/],
  ["no y", { ...jwk.EC, y: undefined }, /damaged/],
  ["a coordinate that is no text", { ...jwk.EC, y: 1 }, /damaged/],
  ["a short coordinate", { ...jwk.EC, y: "AAAA" }, /damaged/],
  ["a padded coordinate", { ...jwk.EC, y: `${jwk.EC.y}=` }, /damaged/],
  ["a long coordinate", { ...jwk.EC, y: base64url(`00${"01".repeat(32)}`) }, /damaged/],
  ["a point off the curve", { ...jwk.EC, y: base64url("01".repeat(32)) }, /damaged/],
  [
    "the point (0, 0)",
    { ...jwk.EC, x: base64url("00".repeat(32)), y: base64url("00".repeat(32)) },
    /damaged/,
  ],
  ["a short Ed25519 key", { ...jwk.ED, x: "AAAA" }, /damaged/],
  ["RSA without e", { ...jwk.RSA, e: undefined }, /damaged/],
  ["RSA of 2047 bits", rsa(modulus(2047)), /modulus/],
  ["RSA of 1024 bits", rsa(modulus(1024)), /modulus/],
  ["RSA of 8193 bits", rsa(modulus(8193)), /modulus/],
  ["RSA with an even modulus", rsa(modulus(2048, "02")), /modulus/],
  ["RSA with e = 1", rsa(modulus(2048), base64url("01")), /exponent/],
  ["RSA with e = 3", rsa(modulus(2048), base64url("03")), /exponent/],
  ["RSA with e = 65535", rsa(modulus(2048), base64url("ffff")), /exponent/],
  ["RSA with e = 65538", rsa(modulus(2048), base64url("010002")), /exponent/],
  ["RSA with e above 2^32", rsa(modulus(2048), base64url("0100000001")), /exponent/],
])("refuses %s", (_what, input, sentence) => {
  expect(readPublicKey(input)).toMatch(sentence);
});

test.each([2048, 2049, 4096, 8192])("takes RSA of %i bits", (bits) => {
  expect(accepted(rsa(modulus(bits)))).toMatchObject({ algorithm: "RS256" });
});

test("takes the least and the greatest exponent", () => {
  expect(accepted(rsa(modulus(2048), base64url("010001"))).algorithm).toBe("RS256");
  expect(accepted(rsa(modulus(2048), base64url("ffffffff"))).algorithm).toBe("RS256");
});

const SMALL_ORDER = [
  "0100000000000000000000000000000000000000000000000000000000000000",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "0000000000000000000000000000000000000000000000000000000000000000",
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
  "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
];
test.each(SMALL_ORDER)("refuses the Ed25519 key %s, for which anyone can sign", (hex) => {
  for (const high of [0, 0x80]) {
    const bytes = Buffer.from(hex, "hex");
    bytes[31] = (bytes[31] ?? 0) | high;
    const x = bytes.toString("base64url");
    expect(readPublicKey({ kty: "OKP", crv: "Ed25519", x })).toMatch(/fits every text/);
    const key = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" });
    expect(readPublicKey(pemOf(key))).toMatch(/fits every text/);
  }
});
