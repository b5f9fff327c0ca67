import { BoundedMap } from "../domain/bounded-map.ts";
import type { Deny } from "../domain/decision.ts";
import { REASONS, type RefusalClass } from "../domain/reasons.ts";
import { defineApi } from "../policy/define.ts";
import type { Policy } from "../policy/policy.ts";
import { answerHeaders, refusalHeaders } from "./answer-headers.ts";
import type { Render } from "./render.ts";

/** The generic "v2" API: keys, OAuth and JWTs as Bearer, scopes `verb:noun`, two windows. */
export const standardApi = defineApi({
  slug: "standard",
  renderer: "standard",
  schemes: ["api-key", "shared-secret-jwt", "access-token", "anonymous"],
  keyFormat: { live: "lk_live_", test: "lk_test_" },
  scopes: {
    "read:users": "Read user information",
    "write:users": "Create/update users",
    "delete:users": "Delete users",
    "read:projects": "Read project data",
    "write:projects": "Create/update projects",
    "read:all": { title: "Read everything", implies: ["read:*"] },
    "write:own": { title: "Create/update what is one's own", impliesOnOwn: ["write:*"] },
    "admin:all": { title: "Full administrative access", implies: ["*"] },
  },
  endpoints: [
    { match: "GET /v2/users/**", scopes: ["read:users"] },
    { match: "PUT /v2/users/{userId}", scopes: ["write:users"], owner: "userId" },
    { match: "PATCH /v2/users/{userId}", scopes: ["write:users"], owner: "userId" },
    { match: "POST /v2/users/**", scopes: ["write:users"] },
    { match: "PUT /v2/users/**", scopes: ["write:users"] },
    { match: "PATCH /v2/users/**", scopes: ["write:users"] },
    { match: "DELETE /v2/users/**", scopes: ["delete:users"] },
    { match: "GET /v2/projects/**", scopes: ["read:projects"] },
    { match: "POST /v2/projects/**", scopes: ["write:projects"] },
    { match: "PUT /v2/projects/**", scopes: ["write:projects"] },
    { match: "PATCH /v2/projects/**", scopes: ["write:projects"] },
    { match: "DELETE /v2/projects/**", scopes: ["admin:all"] },
    { match: "/api-keys/**", scopes: ["admin:all"] },
    { match: "/v2/api-keys/**", scopes: ["admin:all"] },
    { match: "/oauth/applications/**", scopes: ["admin:all"] },
    { match: "/v2/oauth/applications/**", scopes: ["admin:all"] },
  ],
  otherwise: "authenticated",
  limits: {
    apiKey: { per: "credential", windows: ["10000/hour", "100/second"] },
    oauth: { per: "user", windows: ["5000/hour", "50/second"] },
    jwt: { per: "token", windows: ["10000/hour", "100/second"] },
    anonymous: { per: "address", windows: ["100/hour", "5/second"] },
  },
  failures: ["100/minute"],
  version: {
    header: "x-api-version",
    supported: ["2.0"],
    default: "2.0",
    unsupported: "refuse",
  },
  requestIds: "accept",
  oauth: { accessTokenPrefix: "lk_at_", refreshGraceSeconds: 30, dynamicRegistration: true },
});

interface Answer {
  readonly status: number;
  readonly code: string;
  readonly message: string;
}

const ANSWERS: Record<RefusalClass, Answer> = {
  invalid_request: { status: 400, code: "INVALID_REQUEST", message: "The request is malformed" },
  unauthenticated: {
    status: 401,
    code: "UNAUTHORIZED",
    message: "Invalid or missing authentication credentials",
  },
  forbidden: {
    status: 403,
    code: "FORBIDDEN",
    message: "Insufficient permissions for this operation",
  },
  wrong_kind: {
    status: 403,
    code: "FORBIDDEN",
    message: "This endpoint is for another kind of credential",
  },
  not_found: { status: 404, code: "NOT_FOUND", message: "Not found" },
  limited: { status: 429, code: "RATE_LIMITED", message: "Too many requests" },
  unavailable: {
    status: 503,
    code: "UNAVAILABLE",
    message: "Authentication is temporarily unavailable",
  },
};

/** Answers in the shape `{"error": {"code", "message"}}`, with every header the document names. */
export const renderStandard: Render = (decision, context) => {
  const headers = answerHeaders(decision, context);
  if (decision.outcome === "allow") {
    if (decision.expiresAt !== null) {
      headers.push("X-Credential-Expires-At", written(decision.expiresAt));
    }
    return { status: 200, headers, body: null };
  }
  const { status, code, message } = ANSWERS[REASONS[decision.reason].class];
  headers.push(...refusalHeaders(decision, context, { status, scheme: "Bearer" }));
  const details = detailsOf(decision, context.policy);
  return { status, headers, body: JSON.stringify({ error: { code, message, details } }) };
};

const MOST_WRITTEN = 4096;
const writtenInstants = new BoundedMap<number, string>(MOST_WRITTEN);

/** Writing an instant costs half as much as a decision, and a credential has the same each time. */
function written(at: number): string {
  let text = writtenInstants.get(at);
  if (text === undefined) {
    text = new Date(at).toISOString();
    writtenInstants.set(at, text);
  }
  return text;
}

/** What the client needs in order to do better. */
function detailsOf({ reason }: Deny, { version, accountHeader }: Policy): object | undefined {
  if (reason === "api_version_unsupported") {
    return { header: version?.header, supported: version?.supported };
  }
  return reason === "account_missing" ? { header: accountHeader } : undefined;
}
