import { expect, test } from "vitest";
import { timeFault } from "./jwt-times.ts";

const NOW = 1_800_000_000;
const rules = (milliseconds = 0) => ({
  now: NOW * 1000 + milliseconds,
  skewSeconds: 30,
  maxLifetimeSeconds: 3600,
});

test("accepts up to the last millisecond before exp plus the skew", () => {
  expect(timeFault({ exp: NOW - 29 }, rules())).toBeUndefined();
  expect(timeFault({ exp: NOW - 30 }, rules(-1))).toBeUndefined();
  expect(timeFault({ exp: NOW - 30 }, rules())).toBe("token_expired");
  expect(timeFault({ exp: 0 }, rules())).toBe("token_expired");
});

test("accepts an exp up to the longest lifetime plus the skew from now", () => {
  expect(timeFault({ exp: NOW + 3630 }, rules())).toBeUndefined();
  expect(timeFault({ exp: NOW + 3630 }, rules(-1))).toBe("token_lifetime_exceeded");
  expect(timeFault({ exp: NOW + 3631 }, rules())).toBe("token_lifetime_exceeded");
  expect(timeFault({ exp: Number.MAX_SAFE_INTEGER }, rules())).toBe("token_lifetime_exceeded");
});

test("accepts from nbf less the skew on", () => {
  const exp = NOW + 60;
  expect(timeFault({ exp, nbf: NOW + 30 }, rules())).toBeUndefined();
  expect(timeFault({ exp, nbf: NOW + 30 }, rules(-1))).toBe("token_not_yet_valid");
  expect(timeFault({ exp, nbf: NOW + 31 }, rules())).toBe("token_not_yet_valid");
  expect(timeFault({ exp, nbf: 0 }, rules())).toBeUndefined();
});

test("asks of iat only that it is an instant", () => {
  expect(timeFault({ exp: NOW + 60, iat: NOW + 3000 }, rules())).toBeUndefined();
  expect(timeFault({ exp: NOW + 60, iat: 0 }, rules())).toBeUndefined();
});

test("judges by the exact instant when there is no skew", () => {
  const strict = { now: NOW * 1000, skewSeconds: 0, maxLifetimeSeconds: 0 };
  expect(timeFault({ exp: NOW }, strict)).toBe("token_expired");
  expect(timeFault({ exp: NOW + 1 }, strict)).toBe("token_lifetime_exceeded");
  expect(timeFault({ exp: NOW }, { ...strict, now: strict.now - 1 })).toBe(
    "token_lifetime_exceeded",
  );
});

test("asks for exp", () => {
  expect(timeFault({}, rules())).toBe("token_expiry_missing");
  expect(timeFault({ nbf: NOW, iat: NOW }, rules())).toBe("token_expiry_missing");
  expect(timeFault({ nbf: "x" }, rules())).toBe("token_expiry_missing");
});

const NO_INSTANTS = [
  `"${NOW + 60}"`,
  `${NOW + 60}.5`,
  "-1",
  "9007199254740992",
  "9223372036854775808",
  "1e999",
  "-1e999",
  "null",
  "true",
  '""',
  `[${NOW + 60}]`,
  "{}",
  '"2099-01-01T00:00:00Z"',
];
test.each(["exp", "nbf", "iat"].flatMap((name) => NO_INSTANTS.map((json) => [name, json])))(
  "refuses %s: %s",
  (name, json) => {
    const claims = { exp: NOW + 60, ...JSON.parse(`{"${name}":${json}}`) };
    expect(timeFault(claims, rules())).toBe("token_malformed");
  },
);

test.each(["nbf", "iat"])("says that %s is malformed before that the token has expired", (name) => {
  expect(timeFault({ exp: 1, [name]: "0" }, rules())).toBe("token_malformed");
});
