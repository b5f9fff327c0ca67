import {
  readJwt,
  readPublicKey,
  type SignatureProof,
  sharedSecretProof,
  timeFault,
  verifierOf,
} from "@latchkey/engine";
import { describe, expect, test } from "vitest";
import { hostileTokens, validTokens } from "./hostile-tokens.ts";
import { newTokenKeys, type TokenKeys } from "./token-keys.ts";

const NOW = 1_800_000_000;
const KEYS = newTokenKeys(NOW);
const RULES = { skewSeconds: 60, maxLifetimeSeconds: 3600 };

/** What every scheme does with a token, from the parts that the engine has for it. */
function judgeOf({ now, known, issuer, secret }: TokenKeys) {
  const times = { now: now * 1000, ...RULES };
  const byKeyId = new Map<string, SignatureProof>();
  for (const { kid, publicKey } of Object.values(known)) {
    const key = readPublicKey(publicKey.export({ format: "jwk" }));
    if (typeof key === "string") throw new Error(key);
    byKeyId.set(kid, verifierOf(key.spki));
  }
  const byIssuer = new Map<unknown, SignatureProof>([
    [issuer, sharedSecretProof([{ secret, endsAt: null }])],
  ]);

  return (token: string): { accepted: boolean; verified: number } => {
    const refused = { accepted: false, verified: 0 };
    const jwt = readJwt(token);
    if (typeof jwt === "string") return refused;
    const { header, claims, signingInput, signature } = jwt;
    const proof = header.kid === undefined ? byIssuer.get(claims.iss) : byKeyId.get(header.kid);
    if (!proof?.algorithms.includes(header.alg)) return refused;
    if (timeFault(claims, times) !== undefined) return refused;
    if (typeof claims.sub !== "string" || !/^.{1,255}$/s.test(claims.sub)) return refused;
    return { accepted: proof.verify(signingInput, signature, times.now) !== "failed", verified: 1 };
  };
}

const judge = judgeOf(KEYS);

test.each(validTokens(KEYS))("accepts a valid token of $alg", ({ token }) => {
  expect(judge(token)).toEqual({ accepted: true, verified: 1 });
});

describe("refuses, and computes no signature where the form condemns", () => {
  const tokens = hostileTokens(KEYS);
  test("more than 200 tokens, each with a name of its own", () => {
    expect(tokens.length).toBeGreaterThan(200);
    expect(new Set(tokens.map(({ name }) => name)).size).toBe(tokens.length);
    expect(new Set(tokens.map(({ token }) => token)).size).toBe(tokens.length);
  });

  test("those of wrong signatures and instants for nothing else", () => {
    const others = tokens.filter(({ name, formOnly }) => !formOnly || name.startsWith("instants"));
    expect(others.length).toBeGreaterThan(100);
    for (const { name, token } of others) expect(readJwt(token), name).toBeTypeOf("object");
  });

  test.each(tokens)("$name", ({ token, formOnly }) => {
    expect(judge(token)).toEqual({ accepted: false, verified: formOnly ? 0 : 1 });
  });
});

test("refuses a valid token with any one character changed, left out or doubled", () => {
  for (const { token } of validTokens(KEYS)) {
    for (let at = 0; at < token.length; at += 1) {
      const [before, here, behind] = [token.slice(0, at), token.charAt(at), token.slice(at + 1)];
      for (const other of ["", here + here, here === "A" ? "B" : "A", "."]) {
        if (other === here) continue;
        expect(judge(before + other + behind).accepted, `${at}: ${other}`).toBe(false);
      }
    }
  }
});
