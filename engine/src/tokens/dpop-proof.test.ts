import { createHash, generateKeyPairSync } from "node:crypto";
import { expect, test } from "vitest";
import { aDpopKey, aProof, type ProofChange } from "../testing/dpop.ts";
import { aToken, NOW } from "../testing/world.ts";
import { PROOF_SECONDS, readDpopProof, thumbprintOf } from "./dpop-proof.ts";

const TOKEN = "lk_at_token";
const KEY = aDpopKey();
const OTHER = aDpopKey();
const TARGET = {
  method: "GET",
  addresses: ["https://other.example/v2/me", "https://api.example/"],
  token: TOKEN,
  boundKey: thumbprintOf(KEY.jwk),
  now: NOW,
};

const read = (change: ProofChange, key = KEY, target = TARGET) =>
  readDpopProof(aProof(TOKEN, key, change), target);

test("the thumbprint is that of RFC 7638 §3.1 and of RFC 8037 A.3", () => {
  const n =
    "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw";
  const rsa = { kty: "RSA", n, e: "AQAB", alg: "RS256", kid: "2011-04-29" };
  expect(thumbprintOf(rsa)).toBe("NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
  const x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
  const okp = { kty: "OKP", crv: "Ed25519", x };
  expect(thumbprintOf(okp)).toBe("kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
});

test.each(["ES256", "EdDSA"] as const)("accepts a proof by %s for this request", (type) => {
  const key = aDpopKey(type);
  const proof = read({}, key, { ...TARGET, boundKey: thumbprintOf(key.jwk) });
  expect(proof).toEqual({
    jti: createHash("sha256").update("jti-1").digest("base64url"),
    expiresAt: NOW + PROOF_SECONDS * 1000,
  });
});

test.each([
  ["with a query and a fragment", "https://api.example/?a=b#c"],
  ["with the port that every https address has", "https://api.example:443/"],
  ["with a host in upper case", "HTTPS://API.example/"],
  ["of another base that the API has", "https://other.example/v2/me"],
])("accepts an address %s", (_what, htu) => {
  expect(read({ claims: { htu } })).toMatchObject({ jti: expect.any(String) });
});

test.each([-PROOF_SECONDS, PROOF_SECONDS])("accepts what was made %i s from now", (seconds) => {
  expect(read({ claims: { iat: NOW / 1000 + seconds } })).toMatchObject({});
});

test.each<[string, string, ProofChange]>([
  ["jti", "no name", { claims: { jti: undefined } }],
  ["jti", "an empty name", { claims: { jti: "" } }],
  ["jti", "a name that is too long", { claims: { jti: "j".repeat(1025) } }],
  ["htm", "another method", { claims: { htm: "POST" } }],
  ["htm", "the method in lower case", { claims: { htm: "get" } }],
  ["htu", "another host", { claims: { htu: "https://evil.example/" } }],
  ["htu", "another scheme", { claims: { htu: "http://api.example/" } }],
  ["htu", "another port", { claims: { htu: "https://api.example:8443/" } }],
  ["htu", "another path", { claims: { htu: "https://api.example/v2" } }],
  ["htu", "a host that only begins so", { claims: { htu: "https://api.example.evil.example/" } }],
  ["htu", "the host as a user", { claims: { htu: "https://api.example@evil.example/" } }],
  ["htu", "a path alone", { claims: { htu: "/" } }],
  ["htu", "no address", { claims: { htu: undefined } }],
  ["iat", "a moment too long ago", { claims: { iat: NOW / 1000 - PROOF_SECONDS - 1 } }],
  ["iat", "a moment too far ahead", { claims: { iat: NOW / 1000 + PROOF_SECONDS + 1 } }],
  ["iat", "no instant", { claims: { iat: undefined } }],
  ["iat", "a text as instant", { claims: { iat: String(NOW / 1000) } }],
  ["ath", "another token", { claims: { ath: createHash("sha256").digest("base64url") } }],
  ["ath", "no token", { claims: { ath: undefined } }],
  ["header", "the type of an access token", { header: { typ: "at+jwt" } }],
  ["header", "no type", { header: { typ: undefined } }],
  ["header", "an extension that must be understood", { header: { crit: ["x"], x: 1 } }],
  ["header", "the address of a key", { header: { jku: "https://evil.example/jwks" } }],
  ["alg", "no signature", { header: { alg: "none" } }],
  ["alg", "a shared secret", { header: { alg: "HS256" } }],
  ["alg", "an algorithm of another kind of key", { header: { alg: "EdDSA" } }],
  ["alg", "an algorithm that nothing is bound by", { header: { alg: "RS256" } }],
  ["jwk", "no key", { header: { jwk: undefined } }],
  ["jwk", "the private key", { header: { jwk: KEY.privateKey.export({ format: "jwk" }) } }],
  ["key", "another key", { header: { jwk: OTHER.jwk } }],
])("names %s of a proof with %s", (fault, _what, change) => {
  expect(read(change)).toBe(fault);
});

test("refuses what another key signed, whatever key it shows", () => {
  expect(read({}, { privateKey: OTHER.privateKey, jwk: KEY.jwk })).toBe("signature");
});

test("refuses the public key as a shared secret", () => {
  const { publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const jwk = { ...publicKey.export({ format: "jwk" }) };
  const header = { typ: "dpop+jwt", jwk };
  const target = { ...TARGET, boundKey: thumbprintOf(jwk) };
  const pem = String(publicKey.export({ type: "spki", format: "pem" }));
  expect(readDpopProof(aToken({ jti: "1" }, pem, header), target)).toBe("alg");
});

test.each(["", "a", "a.b", "a.b.c", "..", "a.b.c.d", `${"a".repeat(8190)}.b.c`])(
  "refuses what is no JWT: %.20s",
  (text) => {
    expect(readDpopProof(text, TARGET)).toBe("form");
  },
);

test("refuses a proof with more behind it, or with a member twice", () => {
  const proof = aProof(TOKEN, KEY);
  expect(readDpopProof(`${proof}.`, TARGET)).toBe("form");
  const [header, , signature] = proof.split(".");
  const twice = Buffer.from('{"jti":"1","jti":"2"}').toString("base64url");
  expect(readDpopProof(`${header}.${twice}.${signature}`, TARGET)).toBe("form");
});
