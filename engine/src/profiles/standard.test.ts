import { expect, test } from "vitest";
import type { Reason } from "../domain/reasons.ts";
import { AT, aContext, aDeny, aLimitState, anAllow } from "../testing/decisions.ts";
import { renderStandard, standardApi } from "./standard.ts";

const UNAUTHORIZED =
  '{"error":{"code":"UNAUTHORIZED","message":"Invalid or missing authentication credentials"}}';
const FORBIDDEN =
  '{"error":{"code":"FORBIDDEN","message":"Insufficient permissions for this operation"}}';

test.each<[Reason, number, string]>([
  ["credential_missing", 401, UNAUTHORIZED],
  ["credential_revoked", 401, UNAUTHORIZED],
  ["token_expired", 401, UNAUTHORIZED],
  ["signature_invalid", 401, UNAUTHORIZED],
  ["scope_insufficient", 403, FORBIDDEN],
  ["address_not_allowed", 403, FORBIDDEN],
  [
    "principal_kind_refused",
    403,
    '{"error":{"code":"FORBIDDEN","message":"This endpoint is for another kind of credential"}}',
  ],
  ["account_unknown", 404, '{"error":{"code":"NOT_FOUND","message":"Not found"}}'],
  ["rate_limited", 429, '{"error":{"code":"RATE_LIMITED","message":"Too many requests"}}'],
  [
    "api_version_unsupported",
    400,
    '{"error":{"code":"INVALID_REQUEST","message":"The request is malformed",' +
      '"details":{"header":"x-api-version","supported":["2.0"]}}}',
  ],
])("%s is %i", (reason, status, body) => {
  expect(renderStandard(aDeny({ reason }), aContext(standardApi))).toMatchObject({ status, body });
});

test("says in which header an account is named, where one must be", () => {
  const api = { slug: "acme", extends: standardApi, accountHeader: "x-acme-account" };
  const { body } = renderStandard(aDeny({ reason: "account_missing" }), aContext(api));
  expect(JSON.parse(body ?? "").error.details).toEqual({ header: "x-acme-account" });
});

test("an allow says when the credential expires, which version it is, and every window", () => {
  const window = { name: "hour", limit: 10, remaining: 9, windowSeconds: 3600, resetAt: AT + 1 };
  const limit = aLimitState(window, { ...window, name: "burst", windowSeconds: 1 });
  const allow = anAllow({ limit, apiVersion: "2.0", expiresAt: AT });
  expect(renderStandard(allow, aContext(standardApi)).headers).toEqual([
    "RateLimit-Policy",
    '"hour";q=10;w=3600, "burst";q=10;w=1',
    "RateLimit",
    '"hour";r=9;t=1, "burst";r=9;t=1',
    "X-RateLimit-Limit",
    "10",
    "X-RateLimit-Remaining",
    "9",
    "X-RateLimit-Reset",
    "1800000001",
    "X-Request-ID",
    "req-1",
    "x-api-version",
    "2.0",
    "X-Credential-Expires-At",
    "2027-01-15T08:00:00.000Z",
  ]);
});
