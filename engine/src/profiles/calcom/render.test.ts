import { describe, expect, test } from "vitest";
import type { Deny } from "../../domain/decision.ts";
import { compilePolicy } from "../../policy/compile.ts";
import { policyOf } from "../../policy/validate.ts";
import {
  AT,
  aContext,
  aDeny,
  aLimitState,
  anAllow,
  aPrincipal,
  aRequirement,
} from "../../testing/decisions.ts";
import { requirementFor } from "../../testing/requirement-for.ts";
import { calcomApi } from "./calcom.ts";
import { renderCalcom } from "./render.ts";

const COMPILED = compilePolicy(policyOf(calcomApi));
const STRATEGY = "ApiAuthStrategy -";
const INVALID_KEY = "CustomThrottlerGuard - Invalid API Key";
const KEY = `cal_live_${"0123456789abcdef".repeat(2)}`;

/** Refuses a request for `target`, with the requirement that the profile has for it. */
function refused(deny: Partial<Deny>, target = "/v2/me", headers: readonly string[] = []) {
  const requirement = aRequirement(requirementFor(COMPILED, "GET", target).requirement);
  const context = aContext(calcomApi, { target, headers });
  const { status, body, headers: sent } = renderCalcom(aDeny({ requirement, ...deny }), context);
  const { error, ...envelope } = JSON.parse(body ?? "");
  return { status, error, envelope, sent };
}

/** What an exception that was raised with a message looks like. */
function withMessage(status: number, message: string) {
  const names: Record<number, readonly [string, string]> = {
    400: ["BadRequestException", "Bad Request"],
    401: ["UnauthorizedException", "Unauthorized"],
    403: ["ForbiddenException", "Forbidden"],
    404: ["NotFoundException", "Not Found"],
    503: ["ServiceUnavailableException", "Service Unavailable"],
  };
  const [code, error] = names[status] ?? [];
  return { status, error: { code, message, details: { message, error, statusCode: status } } };
}

describe("the envelope", () => {
  test("has when, what for with its query, and the fault, in this order", () => {
    const context = aContext(calcomApi, { target: "/v2/me?x=1" });
    expect(
      renderCalcom(aDeny({ reason: "credential_revoked", scheme: "api-key" }), context).body,
    ).toBe(
      '{"status":"error","timestamp":"2027-01-15T08:00:00.000Z","path":"/v2/me?x=1",' +
        `"error":{"code":"UnauthorizedException","message":"${INVALID_KEY}",` +
        `"details":{"message":"${INVALID_KEY}","error":"Unauthorized","statusCode":401}}}`,
    );
  });

  test.each([
    ["rate_limited", 429, "slow_down", "Too many requests. Please try again later."],
    ["transport_insecure", 403, "invalid_request", "All API requests must be made over HTTPS."],
    ["source_unavailable", 503, "temporarily_unavailable", "is temporarily unavailable."],
    ["header_duplicated", 400, "invalid_request", "was sent more than once."],
  ] as const)("is not what the token endpoint says of %s", (reason, status, error, words) => {
    const asked = (method: string, target: string) => {
      const { request, ...rest } = aContext(calcomApi, { target });
      const context = { ...rest, request: { ...request, method } };
      const answer = renderCalcom(aDeny({ reason }), context);
      return [answer.status, JSON.parse(answer.body ?? "")];
    };
    const flat = { error, error_description: expect.stringMatching(words) };
    for (const target of ["/v2/auth/oauth2/token", "/v2/auth/oauth2/token/?x=1"]) {
      expect(asked("POST", target)).toEqual([status, flat]);
      expect(asked("GET", target)).toEqual([status, expect.objectContaining({ status: "error" })]);
    }
  });

  test("repeats no secret of the address", () => {
    expect(refused({}, `/v2/me?key=${KEY}`).envelope.path).toBe("/v2/me?key=[hidden]");
  });

  test("has no name of the status in its details where there is nothing to say", () => {
    expect(refused({ reason: "account_suspended" }).error).toEqual({
      code: "ForbiddenException",
      message: "Forbidden",
      details: { message: "Forbidden", statusCode: 403 },
    });
    expect(refused({ reason: "account_mismatch" }).error).toEqual({
      code: "UnauthorizedException",
      message: "Unauthorized",
      details: { message: "Unauthorized", statusCode: 401 },
    });
  });
});

describe("unauthenticated", () => {
  test.each<[string, Partial<Deny>, string, readonly string[], string]>([
    [
      "nothing sent",
      { reason: "credential_missing", scheme: "anonymous" },
      "/v2/me",
      [],
      `${STRATEGY} No authentication method provided. Either pass an API key as 'Bearer' ` +
        "header or OAuth client credentials as 'x-cal-secret-key' and 'x-cal-client-id' " +
        "headers",
    ],
    [
      "only a client id",
      { reason: "client_secret_missing", scheme: "client-secret-headers" },
      "/v2/oauth-clients/app_1/users",
      [],
      `${STRATEGY} Only 'x-cal-client-id' header provided. Please also provide ` +
        "'x-cal-secret-key' header or Auth bearer token as 'Authentication' header",
    ],
    [
      "only a secret",
      { reason: "client_id_missing", scheme: "client-secret-headers" },
      "/v2/me",
      [],
      `${STRATEGY} Only 'x-cal-secret-key' header provided. Please also provide ` +
        "'x-cal-client-id' header or Auth bearer token as 'Authentication' header",
    ],
    [
      "unknown client, named in a header",
      { reason: "credential_unknown", scheme: "client-secret-headers" },
      "/v2/me",
      ["X-Cal-Client-Id", "clx0abc"],
      `${STRATEGY} oAuth client - Client with ID clx0abc not found`,
    ],
    [
      "unknown client, named in the path as well",
      { reason: "credential_unknown", scheme: "client-secret-headers" },
      "/v2/oauth-clients/in-path/users",
      ["X-Cal-Client-Id", "in-header"],
      `${STRATEGY} oAuth client - Client with ID in-path not found`,
    ],
    [
      "revoked client",
      { reason: "credential_revoked", scheme: "client-secret-headers" },
      "/v2/me",
      ["x-cal-client-id", "z".repeat(128)],
      `${STRATEGY} oAuth client - Client with ID ${"z".repeat(128)} not found`,
    ],
    [
      "client id that is too long",
      { reason: "credential_unknown", scheme: "client-secret-headers" },
      "/v2/me",
      ["x-cal-client-id", "a".repeat(129)],
      `${STRATEGY} oAuth client - Client with ID <invalid> not found`,
    ],
    [
      "client id that is none",
      { reason: "credential_unknown", scheme: "client-secret-headers" },
      "/v2/me",
      ["x-cal-client-id", "<script>"],
      `${STRATEGY} oAuth client - Client with ID <invalid> not found`,
    ],
    [
      "key in place of a client id",
      { reason: "credential_unknown", scheme: "client-secret-headers" },
      "/v2/me",
      ["x-cal-client-id", KEY],
      `${STRATEGY} oAuth client - Client with ID [hidden] not found`,
    ],
    [
      "wrong secret",
      { reason: "secret_wrong", scheme: "client-secret-headers" },
      "/v2/oauth-clients/app_1",
      [],
      `${STRATEGY} oAuth client - Invalid client secret`,
    ],
    ["unknown key", { reason: "credential_unknown", scheme: "api-key" }, "/v2/me", [], INVALID_KEY],
    ["revoked key", { reason: "credential_revoked", scheme: "api-key" }, "/v2/me", [], INVALID_KEY],
    [
      "browned-out key",
      { reason: "credential_browned_out", scheme: "api-key" },
      "/v2/me",
      [],
      INVALID_KEY,
    ],
    [
      "malformed key",
      { reason: "credential_malformed", scheme: "api-key" },
      "/v2/me",
      [],
      INVALID_KEY,
    ],
    [
      "token that begins like a key",
      { reason: "credential_unknown", scheme: "access-token" },
      "/v2/me",
      ["Authorization", "bearer cal_short"],
      INVALID_KEY,
    ],
    [
      "raw token that begins like a key, claimed by no scheme",
      { reason: "credential_malformed" },
      "/v2/me",
      ["Authorization", "cal_live_short"],
      INVALID_KEY,
    ],
    ...[`Bearer cal_${"x".repeat(9000)}`, `cal_${"x".repeat(9000)}`].map(
      (sent): [string, Partial<Deny>, string, string[], string] => [
        `key that is too long to be looked at: ${sent.slice(0, 8)}`,
        { reason: "credential_malformed" },
        "/v2/me",
        ["Authorization", sent],
        INVALID_KEY,
      ],
    ),
    [
      "token that is too long to be looked at",
      { reason: "credential_malformed" },
      "/v2/me",
      ["Authorization", `Bearer ${"x".repeat(9000)}`],
      "Invalid Access Token.",
    ],
    [
      "expired key",
      { reason: "credential_expired", scheme: "api-key" },
      "/v2/me",
      [],
      `${STRATEGY} api key - Your api key is expired`,
    ],
    [
      "unknown token",
      { reason: "credential_unknown", scheme: "access-token" },
      "/v2/me",
      ["Authorization", "Bearer eyJ.x.y"],
      "Invalid Access Token.",
    ],
    [
      "revoked token of a managed user",
      {
        reason: "credential_revoked",
        scheme: "access-token",
        principal: aPrincipal({ kind: "managed-user" }),
      },
      "/v2/me",
      [],
      "Invalid Access Token.",
    ],
    [
      "expired token of a third party",
      {
        reason: "credential_expired",
        scheme: "access-token",
        principal: aPrincipal({ kind: "user" }),
      },
      "/v2/me",
      ["Authorization", "Bearer eyJ.x.y"],
      "Invalid Access Token.",
    ],
    ...[
      ["https://evil.example", "https://evil.example"],
      ["https://evil.example/<script>", "<invalid>"],
    ].map(([sent = "", shown]): [string, Partial<Deny>, string, string[], string] => [
      `token of a managed user from the page ${sent}`,
      {
        reason: "origin_refused",
        scheme: "access-token",
        principal: aPrincipal({ kind: "managed-user", applicationId: "app_2" }),
      },
      "/v2/me",
      ["Authorization", "Bearer eyJ.x.y", "Origin", sent],
      `${STRATEGY} access token - Invalid request origin - please open ` +
        `https://app.cal.com/settings/platform and add the origin '${shown}' to the ` +
        "'Redirect uris' of your OAuth client with ID 'app_2'",
    ]),
    [
      "a kind of credential that the endpoint is not for",
      { reason: "principal_kind_refused", scheme: "api-key" },
      "/v2/oauth-clients/app_1/users",
      [],
      `${STRATEGY} Invalid authentication method. Please provide one of the allowed ` +
        "methods: OAUTH_CLIENT_CREDENTIALS",
    ],
    [
      "a kind of credential that may not refresh keys",
      {
        reason: "principal_kind_refused",
        requirement: aRequirement({ accepts: ["account", "user", "managed-user", "anonymous"] }),
      },
      "/v2/api-keys/refresh",
      [],
      `${STRATEGY} Invalid authentication method. Please provide one of the allowed ` +
        "methods: API_KEY, ACCESS_TOKEN",
    ],
  ])("%s", (_case, deny, target, headers, message) => {
    const { sent, envelope, ...answer } = refused(deny, target, headers);
    expect(answer).toEqual(withMessage(401, message));
    expect(sent).toContain("WWW-Authenticate");
    expect(envelope).toEqual({
      status: "error",
      timestamp: "2027-01-15T08:00:00.000Z",
      path: target,
    });
  });

  test.each(["credential_expired", "token_expired"] as const)(
    "the expired token of a managed user is 498: %s",
    (reason) => {
      const principal = aPrincipal({ kind: "managed-user" });
      const { status, error, sent } = refused({ reason, scheme: "access-token", principal });
      expect({ status, error }).toEqual({
        status: 498,
        error: {
          code: "TokenExpiredException",
          message: "ACCESS_TOKEN_IS_EXPIRED",
          details: "ACCESS_TOKEN_IS_EXPIRED",
        },
      });
      expect(sent).toContain("WWW-Authenticate");
    },
  );
});

describe("forbidden", () => {
  const client = aPrincipal({ kind: "application", applicationId: "app_1", scheme: "x" });
  const planned = (plan: string | null) =>
    aPrincipal({ kind: "platform", accountId: "acct_9", plan });

  test.each<[string, Partial<Deny>, string, string]>([
    [
      "a client without a permission",
      { reason: "scope_insufficient", scheme: "client-secret-headers", principal: client },
      "/v2/bookings/1",
      "PermissionsGuard - oAuth client with id=app_1 does not have the required " +
        "permissions=BOOKING_READ. Go to platform dashboard settings and add the required " +
        "permissions to the oAuth client.",
    ],
    [
      "a managed user's token without two permissions",
      {
        reason: "scope_insufficient",
        scheme: "access-token",
        principal: aPrincipal({ kind: "managed-user", applicationId: "app_2" }),
        requirement: aRequirement({ scopes: ["BOOKING_READ", "PROFILE_READ"] }),
      },
      "/v2/me",
      "PermissionsGuard - oAuth client with id=app_2 does not have the required " +
        "permissions=BOOKING_READ, PROFILE_READ. Go to platform dashboard settings and add " +
        "the required permissions to the oAuth client.",
    ],
    [
      "a third party's token without a scope",
      {
        reason: "scope_insufficient",
        scheme: "access-token",
        principal: aPrincipal({ kind: "user", scopes: ["BOOKING_READ", "APPS_READ"] }),
        requirement: aRequirement({ scopes: ["PROFILE_READ", "PROFILE_WRITE"] }),
      },
      "/v2/me",
      "insufficient_scope: token does not have the required scopes. Required: " +
        "PROFILE_READ, PROFILE_WRITE. Token has: BOOKING_READ, APPS_READ",
    ],
    [
      "a third party's token where no scope would do",
      {
        reason: "scope_insufficient",
        scheme: "access-token",
        principal: aPrincipal({ kind: "user" }),
      },
      "/v2/webhooks",
      "insufficient_scope: this endpoint is not available for third-party OAuth tokens",
    ],
    [
      "a platform without a plan",
      { reason: "plan_insufficient", principal: planned(null) },
      "/v2/organizations/acct_9/teams",
      "PlatformPlanGuard - No platform subscription found for organization with id=acct_9.",
    ],
    [
      "a platform on too low a plan",
      { reason: "plan_insufficient", principal: planned("STARTER") },
      "/v2/organizations/acct_9/teams",
      "PlatformPlanGuard - organization with id=acct_9 does not have required plan for " +
        "this operation. Minimum plan is ESSENTIALS while the organization has STARTER.",
    ],
    [
      "a platform on a plan that nobody knows",
      { reason: "plan_insufficient", principal: planned("GOLD") },
      "/v2/organizations/acct_9/organizations",
      "PlatformPlanGuard - organization with id=acct_9 does not have required plan for " +
        "this operation. Minimum plan is ESSENTIALS while the organization has GOLD.",
    ],
    [
      "a platform in a family that is not for platforms",
      { reason: "entitlement_missing", principal: planned("ENTERPRISE") },
      "/v2/organizations/acct_9/attributes",
      "IsNotPlatformOrgGuard - Platform organizations are not permitted to perform this action.",
    ],
    [
      "a platform's client there",
      { reason: "entitlement_missing", principal: client },
      "/v2/organizations/acct_9/attributes",
      "IsNotPlatformOrgGuard - Platform organizations are not permitted to perform this action.",
    ],
    [
      "anyone else in the family of platforms",
      { reason: "entitlement_missing", principal: aPrincipal() },
      "/v2/oauth-clients",
      "OrganizationRolesGuard - Organization is not a platform (SHP).",
    ],
    [
      "a team's user in a family of organizations",
      { reason: "entitlement_missing", principal: aPrincipal({ kind: "user", userId: "user_7" }) },
      "/v2/organizations/o-1/teams/5",
      "RolesGuard - user with id=user_7 does not have the minimum required role=ORG_MEMBER " +
        "within organization with id=o-1 team with id=5.",
    ],
    [
      "an organization in the family of teams",
      { reason: "entitlement_missing", principal: aPrincipal() },
      "/v2/teams/5",
      "RolesGuard - user with id=acct_1 does not have the minimum required " +
        "role=TEAM_MEMBER within organization with id=null team with id=5.",
    ],
    [
      "plain HTTP",
      { reason: "transport_insecure" },
      "/v2/me",
      "All API requests must be made over HTTPS.",
    ],
  ])("%s", (_case, deny, target, message) => {
    const { status, error } = refused(deny, target);
    expect({ status, error }).toEqual(withMessage(403, message));
  });

  test("only missing scopes are a challenge", () => {
    expect(refused({ reason: "scope_insufficient" }, "/v2/bookings").sent).toContain(
      'Bearer realm="calcom", error="insufficient_scope", scope="BOOKING_READ"',
    );
    // RFC 6750 §3: the attribute names at least one scope.
    const closed = { reason: "scope_insufficient", requirement: aRequirement() } as const;
    expect(refused(closed, "/v2/webhooks").sent).toContain(
      'Bearer realm="calcom", error="insufficient_scope"',
    );
    expect(refused({ reason: "plan_insufficient" }).sent).not.toContain("WWW-Authenticate");
  });
});

describe("other refusals", () => {
  test.each([
    ["endpoint_unknown", 404, "Cannot GET /v2/x?y=1"],
    ["account_unknown", 404, "Cannot GET /v2/x?y=1"],
    ["header_duplicated", 400, "A header with credentials was sent more than once."],
    ["source_unavailable", 503, "Authentication is temporarily unavailable."],
  ] as const)("%s is %i", (reason, status, message) => {
    const { error, ...answer } = refused({ reason }, "/v2/x?y=1");
    expect({ status: answer.status, error }).toEqual(withMessage(status, message));
  });

  test("an exhausted limit is a text, twice, and says when to come back", () => {
    const message = "CustomThrottlerGuard - Too many requests. Please try again later.";
    const { status, error, sent } = refused({ reason: "rate_limited", retryAfterSeconds: 60 });
    expect({ status, error }).toEqual({
      status: 429,
      error: { code: "ThrottlerException", message, details: message },
    });
    expect(sent.slice(-2)).toEqual(["Retry-After", "60"]);
  });
});

test("every window has headers that end in its name, the reset in seconds, rounded up", () => {
  const first = { name: "default", limit: 120, remaining: 119, windowSeconds: 60 };
  const limit = aLimitState(
    { ...first, resetAt: AT + 59_001 },
    { ...first, name: "short-term", limit: 5, remaining: 0, resetAt: AT - 1 },
  );
  const allow = anAllow({ limit, apiVersion: "2024-06-11" });
  expect(renderCalcom(allow, aContext(calcomApi))).toEqual({
    status: 200,
    headers: [
      "X-RateLimit-Limit-Default",
      "120",
      "X-RateLimit-Remaining-Default",
      "119",
      "X-RateLimit-Reset-Default",
      "60",
      "X-RateLimit-Limit-Short-term",
      "5",
      "X-RateLimit-Remaining-Short-term",
      "0",
      "X-RateLimit-Reset-Short-term",
      "0",
      "X-Request-Id",
      "req-1",
      "cal-api-version",
      "2024-06-11",
    ],
    body: null,
  });
});
