import { expect, test } from "vitest";
import { tokenKey, type VerifiedToken, VerifiedTokens } from "./verified-tokens.ts";

const NOW = 1_800_000_000_000;

/** A token with this signature, as it is sent. */
const sent = (signature: string, rest = "a.b.") => ({
  text: rest + signature.padStart(64, "s"),
  start: 0,
});

function aVerifiedToken(key: string, goodUntil = NOW + 1): VerifiedToken {
  return {
    key,
    algorithm: "ES256",
    credentialId: "kid_1",
    place: 0,
    generation: 1,
    subject: "user_1",
    isUser: true,
    scopes: undefined,
    jti: undefined,
    expiresAt: goodUntil,
    rotation: undefined,
    goodUntil,
    effective: undefined,
    bucket: -1,
    ticket: 0,
  };
}

const name = (i: number) => String(i).padStart(4, "0");

test("finds a token up to, not at, the instant from which it must be verified again", () => {
  const tokens = new VerifiedTokens(4);
  const token = aVerifiedToken("a");
  tokens.add(sent("a"), token);
  expect(tokens.find(sent("a"), NOW)).toBe(token);
  expect(tokens.find(sent("b"), NOW)).toBeUndefined();
  expect(tokens.find(sent("a"), NOW + 1)).toBeUndefined();
  expect(tokens.size).toBe(0);
});

test("never keeps more than its capacity, and always the newest half", () => {
  const tokens = new VerifiedTokens(10);
  for (let i = 0; i < 100; i += 1) {
    tokens.add(sent(name(i)), aVerifiedToken(name(i)));
    expect(tokens.size).toBeLessThanOrEqual(10);
    for (let j = Math.max(0, i - 4); j <= i; j += 1) {
      expect(tokens.peek(sent(name(j)))?.key).toBe(name(j));
    }
  }
  expect(tokens.peek(sent(name(0)))).toBeUndefined();
});

test("keeps a token that is used while others come and go", () => {
  const tokens = new VerifiedTokens(10);
  tokens.add(sent("used"), aVerifiedToken("used"));
  for (let i = 0; i < 100; i += 1) {
    tokens.add(sent(name(i)), aVerifiedToken(name(i)));
    if (i % 4 === 0) expect(tokens.find(sent("used"), NOW)?.key).toBe("used");
  }
});

test("forgets a token that must be verified again, among the older ones too", () => {
  const tokens = new VerifiedTokens(2);
  for (const key of ["a", "b"]) tokens.add(sent(key), aVerifiedToken(key));
  for (const key of ["a", "b"]) {
    expect(tokens.find(sent(key), NOW + 1)).toBeUndefined();
    expect(tokens.peek(sent(key))).toBeUndefined();
  }
  expect(tokens.size).toBe(0);
});

test("never gives one token for another with the same signature", () => {
  const tokens = new VerifiedTokens(10);
  const [first, second] = [aVerifiedToken("1"), aVerifiedToken("2")];
  tokens.add(sent("same", "a.1."), first);
  expect(tokens.find(sent("same", "a.2."), NOW)).toBeUndefined();
  expect(tokens.find(sent("same", "a.1."), NOW)).toBe(first);
  tokens.add(sent("same", "a.2."), second);
  expect(tokens.find(sent("same", "a.2."), NOW)).toBe(second);
  expect(tokens.find(sent("same", "a.1."), NOW)).toBeUndefined();
});

test("keeps nothing of what can be no token", () => {
  const tokens = new VerifiedTokens(10);
  tokens.add({ text: "short", start: 0 }, aVerifiedToken("a"));
  expect(tokens.size).toBe(0);
  expect(tokens.find({ text: "short", start: 0 }, NOW)).toBeUndefined();
});

test("two tokens whose content differs in one character have different keys", () => {
  expect(tokenKey("eyJ.a")).toBe(tokenKey("eyJ.a"));
  expect(tokenKey("eyJ.a")).not.toBe(tokenKey("eyJ.b"));
});
