import { expect, test } from "vitest";
import { corsHeaders, preflightAnswer } from "./cross-origin.ts";

function exposed(rendered: readonly string[]): readonly string[] {
  const [origin, any, name, list = ""] = corsHeaders(rendered);
  expect([origin, any, name]).toEqual([
    "Access-Control-Allow-Origin",
    "*",
    "Access-Control-Expose-Headers",
  ]);
  return list.split(", ");
}

test("scripts may read what each profile tells of limits, rotations, versions and requests", () => {
  expect(exposed([])).toEqual([
    "Cal-Api-Version",
    "Deprecation",
    "RateLimit",
    "RateLimit-Policy",
    "Retry-After",
    "Sunset",
    "WWW-Authenticate",
    "X-API-Version",
    "X-Credential-Expires-At",
    "X-RateLimit-Limit",
    "X-RateLimit-Limit-Default",
    "X-RateLimit-Remaining",
    "X-RateLimit-Remaining-Default",
    "X-RateLimit-Reset",
    "X-RateLimit-Reset-Default",
    "X-Request-ID",
  ]);
});

test("the names of a policy's own limits and version are added to them, once, and nothing else is", () => {
  const own = [
    "X-RateLimit-Limit-Burst",
    "9",
    "x-ratelimit-reset-default",
    "3",
    "acme-version",
    "2",
  ];
  const safelisted = ["Content-Type", "application/json", "Cache-Control", "no-store"];
  const names = [...exposed([]), "X-RateLimit-Limit-Burst", "acme-version"];
  expect(exposed([...own, ...safelisted])).toEqual(names);
});

test.each([
  ["authorization,x-trace", "authorization,x-trace"],
  ["api_key, x.tenant", "api_key, x.tenant"],
  ["!#$%&'*+-.^_`|~09azAZ", "!#$%&'*+-.^_`|~09azAZ"],
  ["a b", "Authorization, Content-Type"],
  ["a,\r\nb", "Authorization, Content-Type"],
  ["", "Authorization, Content-Type"],
])("who asks to send %j is allowed %j", (asked, allowed) => {
  const headers = ["Origin", "https://app.example.com"];
  headers.push("Access-Control-Request-Method", "GET", "Access-Control-Request-Headers", asked);
  const told = preflightAnswer({ method: "OPTIONS", headers })?.headers ?? [];
  expect(told[told.indexOf("Access-Control-Allow-Headers") + 1]).toBe(allowed);
});
