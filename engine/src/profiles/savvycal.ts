import type { Deny } from "../domain/decision.ts";
import { REASONS, type RefusalClass } from "../domain/reasons.ts";
import { defineApi } from "../policy/define.ts";
import { answerHeaders, refusalHeaders } from "./answer-headers.ts";
import type { Render } from "./render.ts";

/** SavvyCal Appointments: account tokens, platform tokens, ES256 JWTs of users; no scopes. */
export const savvycalApi = defineApi({
  slug: "savvycal",
  renderer: "savvycal",
  schemes: ["api-key", "customer-jwt", "anonymous"],
  keyFormat: { live: "sk_", test: "sk_test_" },
  scopes: {},
  accountHeader: "x-savvycal-account",
  tokens: { maxLifetimeSeconds: 86_400, skewSeconds: 30 },
  endpoints: [
    { match: "GET /v1/account", accepts: ["account", "platform"] },
    { match: "GET /v1/user", accepts: ["user"], context: "own" },
    { match: "GET /v1/platform", accepts: ["platform"], context: "own" },
    { match: "/v1/accounts", accepts: ["platform"], context: "own" },
    { match: "/v1/accounts/{id}", accepts: ["platform"], context: "own" },
    // It opens the dashboard as any user of the account, which no user may do.
    { match: "POST /v1/dashboard_sessions", accepts: ["account", "platform"] },
    { match: "/v1/public/**", anonymous: true },
  ],
  otherwise: "authenticated",
  limits: {},
  failures: ["100/minute"],
  // Its document leaves the address to whoever has the token.
  returnUrls: ["https://*", "http://localhost", "http://127.0.0.1", "http://[::1]"],
  webhookFormat: "savvycal",
});

/** One item of `errors`; the members in the order in which they are written. */
interface Item {
  readonly title?: string;
  readonly detail: string;
  readonly code?: string;
}

const ANSWERS: Record<RefusalClass, Item & { readonly status: number }> = {
  invalid_request: {
    status: 400,
    title: "Invalid request",
    detail: "The request is malformed.",
    code: "invalid_request",
  },
  wrong_kind: { status: 400, title: "Invalid value", detail: "" },
  unauthenticated: { status: 401, detail: "Unauthorized" },
  forbidden: { status: 403, detail: "Forbidden", code: "forbidden" },
  not_found: { status: 404, detail: "Not Found" },
  limited: { status: 429, detail: "Too Many Requests", code: "limited" },
  unavailable: { status: 503, detail: "Service Unavailable", code: "unavailable" },
};

/**
 * Answers `{"errors": [...]}`, the status being a text: 400 for the wrong kind of token, and one
 * body for all that is unauthenticated and one for all that is not found.
 */
export const renderSavvycal: Render = (decision, context) => {
  const headers = answerHeaders(decision, context);
  if (decision.outcome === "allow") return { status: 200, headers, body: null };
  const { status, title, detail, code } = ANSWERS[REASONS[decision.reason].class];
  headers.push(...refusalHeaders(decision, context, { status, scheme: "Bearer" }));
  const item =
    title === undefined
      ? { detail, status: String(status), code }
      : { status: String(status), title, detail: detail || wantedKind(decision), code };
  return { status, headers, body: JSON.stringify({ errors: [item] }) };
};

/** Which kind of token would do. */
function wantedKind({ requirement }: Deny): string {
  const accepts = requirement?.accepts ?? [];
  const kind =
    accepts.length === 0 || accepts.includes("account")
      ? "an account-scoped"
      : accepts.includes("platform")
        ? "a platform"
        : "a user";
  return `You must use ${kind} token to access this endpoint.`;
}
