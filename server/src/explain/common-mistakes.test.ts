import { describe, expect, test } from "vitest";
import { type AskedFacts, commonMistakes } from "./common-mistakes.ts";
import { parseCurl } from "./curl-command.ts";

const NOW = Date.UTC(2026, 10, 22, 6, 0, 0);
const SECONDS = NOW / 1000;
const KEY = "lk_live_0123456789abcdefghijABCDEFGHIJ3dLPFf";
const URL = "https://api.example.com/v2/users";

function mistakes(command: string, facts: Partial<AskedFacts> = {}): readonly string[] {
  return commonMistakes({
    request: parseCurl(command),
    reason: "credential_malformed",
    hasAddress: false,
    serverNow: NOW,
    localNow: NOW,
    ...facts,
  });
}

function withAuthorization(value: string, reason = "credential_malformed"): readonly string[] {
  return mistakes(`curl -H $'Authorization: ${value}' ${URL}`, { reason });
}

function aToken(claims: object, header: object = { alg: "ES256", kid: "kid_1" }): string {
  const parts = [header, claims].map((part) =>
    Buffer.from(JSON.stringify(part)).toString("base64url"),
  );
  return [...parts, "c2lnbmF0dXJlLW9mLW5vYm9keQ"].join(".");
}

test("finds nothing in a sound command", () => {
  expect(withAuthorization(`Bearer ${KEY}`)).toEqual([]);
  expect(withAuthorization(`Bearer ${aToken({ exp: SECONDS + 60 })}`, "token_expired")).toEqual([]);
  expect(withAuthorization(`Bearer cal_live_${"0123456789abcdef".repeat(2)}`)).toEqual([]);
});

test("repeats no part of a secret that has a dollar sign in it", () => {
  const bare = `-H 'x-cal-secret-key: pa$sEcReT' ${URL}`;
  expect(mistakes(`curl ${bare}`, { reason: "secret_wrong" })).toEqual([]);
  const quoted = mistakes(`curl -H "x-cal-secret-key: pa$SECRET" ${URL}`);
  expect(quoted).toEqual([expect.stringMatching(/holds a variable or substitution/)]);
});

test("takes ids and secrets of other headers for no keys", () => {
  const app = "-H 'x-app-key: app_key_0123456789' -H 'x-cal-secret-key: cs_short'";
  expect(mistakes(`curl ${app} ${URL}`)).toEqual([]);
});

describe("finds in Authorization", () => {
  test.each([
    ["no Bearer", KEY, "`Bearer ` is missing before the value of Authorization."],
    ["Bearer twice", `Bearer Bearer ${KEY}`, "`Bearer` is there twice."],
    ["a colon after Bearer", `Bearer: ${KEY}`, /^After `Bearer` comes one blank/],
    ["no blank after Bearer", `Bearer${KEY}`, /^The blank after `Bearer` is missing/],
    ["another word", `Token ${KEY}`, /^Authorization says `Token`; .* is `Bearer`\.$/],
    ["nothing", "Bearer", "Authorization carries nothing: was a variable empty?"],
    ["a line break", `Bearer ${KEY}\\n`, /: the value has a line break at its end/],
    ["a line break inside", `Bearer ${KEY.slice(0, 20)}\\n${KEY.slice(20)}`, /a line break inside/],
    ["an escaped line break", `Bearer ${KEY}\\\\n`, /an escaped line break at its end/],
    ["quotes", `Bearer "${KEY}"`, /has a quote in it/],
    ["typographic quotes", `Bearer “${KEY}”`, /has a quote in it/],
    ["white space", `Bearer ${KEY.slice(0, 20)} ${KEY.slice(20)}`, /has white space in it/],
    ["brackets", `Bearer <${KEY}>`, /a placeholder|brackets around it/],
    ["a comma", `Bearer ${KEY},`, /a punctuation mark at its end/],
    ["an invisible character", `Bearer \\u200b${KEY}`, /character 1 of the value is U\+200B/],
    ["a placeholder", "Bearer YOUR_API_KEY", /a placeholder instead of the value/],
    ["a placeholder in brackets", "Bearer <token>", /a placeholder instead of the value/],
    ["a variable in lower case", "Bearer $token", /a placeholder instead of the value/],
    ["a template", "Bearer {{apiKey}}", /a placeholder instead of the value/],
    ["a shortened key", "Bearer lk_live_…9fQ2", /shortened for showing it/],
    ["crosses", "Bearer lk_live_xxxxxxxxxxxxxxxx", /shortened for showing it/],
    [
      "a variable in single quotes",
      "Bearer $TOKEN",
      /holds \$TOKEN as it stands: .* double quotes/,
    ],
    ["a key cut off", `Bearer ${KEY.slice(0, -1)}`, /has 35 characters; .* have 36/],
    ["a prefix alone", "Bearer lk_live_", /has 0 characters; .* have 36/],
    ["a key too long", `Bearer ${KEY}0`, /has 37 characters; .* have 36/],
    ["a mistyped key", `Bearer ${KEY.replace("abc", "abd")}`, /checksum is wrong/],
    ["an operator token", `Bearer lkop_${"a".repeat(43)}`, /an operator token, which is for \/v1/],
  ])("%s", (_what, value, mistake) => {
    expect(withAuthorization(value)).toEqual([
      typeof mistake === "string" ? mistake : expect.stringMatching(mistake),
    ]);
  });
});

test("tells a variable that a shell would replace from one that it would not", () => {
  const command = `curl -H "Authorization: Bearer $TOKEN" ${URL}`;
  expect(mistakes(command)).toEqual([
    "Authorization holds $TOKEN, which only your shell can replace: put `latchkey explain` in " +
      "front of the curl command instead of pasting it.",
  ]);
  const substitution = `curl -H "Authorization: Bearer $(pass sEcReT)" ${URL}`;
  expect(mistakes(substitution).join()).toMatch(/holds a variable or substitution, which/);
  expect(mistakes(substitution).join()).not.toContain("sEcReT");
});

describe("finds in a JWT", () => {
  test.each([
    ["exp passed", { exp: SECONDS - 312 }, /`exp` passed 312 seconds \(5 minutes\) ago/],
    ["exp passed just now", { exp: SECONDS }, /`exp` passed 0 seconds ago/],
    ["exp in milliseconds", { exp: NOW + 60_000 }, /`exp` is in milliseconds/],
    ["exp as text", { exp: `${SECONDS + 60}` }, /`exp` is no number/],
    ["a broken exp", { exp: SECONDS + 0.5 }, /`exp` is no whole number/],
    ["nbf ahead", { exp: SECONDS + 60, nbf: SECONDS + 1 }, /`nbf` is 1 second ahead/],
    [
      "iat ahead",
      { exp: SECONDS + 9000, iat: SECONDS + 7200 },
      /`iat` is 7200 seconds \(2 hours\)/,
    ],
  ])("%s", (_what, claims, mistake) => {
    expect(withAuthorization(`Bearer ${aToken(claims)}`, "token_malformed")).toEqual([
      expect.stringMatching(mistake),
    ]);
  });

  test.each([
    ["a missing part", (token: string) => token.slice(0, token.lastIndexOf(".")), /has 2 of a JWT/],
    ["base64", (token: string) => `${token}==`, /is in base64; a JWT is in base64url/],
    ["an empty signature", (token: string) => token.replace(/[^.]*$/, ""), /has no signature/],
    ["claims cut off", (token: string) => token.replace(/\.[^.]{4}/, "."), /claims are no JSON/],
  ])("%s", (_what, spoil, mistake) => {
    const token = spoil(aToken({ exp: SECONDS + 60 }));
    expect(withAuthorization(`Bearer ${token}`, "token_malformed")).toEqual([
      expect.stringMatching(mistake),
    ]);
  });

  test("no signature, by its header", () => {
    const token = aToken({ exp: SECONDS + 60 }, { alg: "nOnE" });
    expect(withAuthorization(`Bearer ${token}`, "token_malformed")).toEqual([
      "The token is not signed (`alg` is `none`).",
    ]);
  });

  test("how far exp is ahead, when that is too far", () => {
    const command = `curl -H 'X-Signature: ${aToken({ exp: SECONDS + 7200 })}' ${URL}`;
    expect(mistakes(command, { reason: "token_lifetime_exceeded" })).toEqual([
      "The token's `exp` is 7200 seconds (2 hours) ahead of the server's clock.",
    ]);
  });

  test.each([
    [4999, []],
    [-4000, []],
    [5000, ["The clock of this machine is 5 seconds ahead of the server's."]],
    [-130_000, ["The clock of this machine is 130 seconds (2 minutes) behind the server's."]],
  ])("that the clocks differ by %d ms", (difference, found) => {
    const command = `curl -H 'Authorization: Bearer ${aToken({ exp: SECONDS + 60 })}' ${URL}`;
    const facts = { reason: "token_expired", localNow: NOW + difference };
    expect(mistakes(command, facts)).toEqual(found);
  });
});

describe("says what fits the reason:", () => {
  const SENT = `-H 'Authorization: Bearer ${KEY}'`;

  test.each([
    ["credential_missing", `curl '${URL}?api_key=k'`, /in the query is ignored/],
    ["credential_missing", `curl -H 'X-API-Key: ${KEY}' ${URL}`, /no credential in X-API-Key/],
    ["credential_malformed", `curl -u ${KEY}: ${URL}`, /-u makes a Basic pair/],
    ["credential_unknown", `curl ${SENT} ${URL}`, /holds a live key: is it the test key/],
    [
      "credential_ambiguous",
      `curl ${SENT} -H 'X-Api-Key: ${KEY}' ${URL}`,
      /Authorization, X-Api-Key/,
    ],
    ["address_not_allowed", `curl ${SENT} ${URL}`, /^Say with --ip/],
    ["scope_insufficient", `curl ${SENT} -d a=1 ${URL}`, /makes curl send POST/],
    ["transport_insecure", `curl ${SENT} http://api.example.com/`, /it has to be https/],
  ])("%s", (reason, command, mistake) => {
    expect(mistakes(command, { reason })).toEqual([expect.stringMatching(mistake)]);
  });

  test.each([
    ["address_not_allowed", `curl ${SENT} ${URL}`, { hasAddress: true }],
    ["scope_insufficient", `curl ${SENT} -X POST -d a=1 ${URL}`, {}],
    ["rate_limited", `curl -H 'Authorization: ${KEY}' ${URL}`, {}],
    ["credential_revoked", `curl -H 'Authorization: ${KEY}' ${URL}`, {}],
  ])("nothing more about %s", (reason, command, facts) => {
    expect(mistakes(command, { reason, ...facts })).toEqual([]);
  });
});

test("warns of plain HTTP also when the request is allowed, but not over loopback", () => {
  const sent = `curl -H 'Authorization: Bearer ${KEY}'`;
  const allowed = { reason: undefined };
  expect(mistakes(`${sent} http://api.example.com/`, allowed)).toEqual([
    "Its URL says http: everyone on the way can read the credential. Use https.",
  ]);
  for (const host of ["localhost:4000", "127.0.0.1", "[::1]:80"]) {
    expect(mistakes(`${sent} http://${host}/`, allowed)).toEqual([]);
  }
  expect(mistakes("curl http://api.example.com/", allowed)).toEqual([]);
  expect(mistakes(`${sent} http://127.0.0.1.example.com/`, allowed)).toHaveLength(1);
});
