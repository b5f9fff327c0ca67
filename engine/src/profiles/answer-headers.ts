import type { Decision, Deny } from "../domain/decision.ts";
import { REASONS, type Reason } from "../domain/reasons.ts";
import { scopesAsked } from "../domain/requirement.ts";
import type { Policy } from "../policy/policy.ts";
import { rateLimitHeaders } from "./rate-limit-headers.ts";
import type { RenderContext } from "./render.ts";

/** Reasons that mean that nothing was proven or disproven, because too little was sent. */
const NOTHING_SENT: readonly Reason[] = [
  "credential_missing",
  "client_id_missing",
  "client_secret_missing",
];

/** What every answer carries where the document says nothing else: limits, request id, version. */
export function answerHeaders(decision: Decision, { policy, requestId }: RenderContext): string[] {
  const headers = decision.limit === undefined ? [] : rateLimitHeaders(decision.limit);
  headers.push("X-Request-ID", requestId, ...versionHeader(decision, policy));
  return headers;
}

/** The version of the API that the request was decided by, under the name that requests use. */
export function versionHeader({ apiVersion }: Decision, { version }: Policy): string[] {
  return apiVersion === undefined || version === null ? [] : [version.header, apiVersion];
}

/** What every refusal carries besides; `scheme` is the auth-scheme of its challenge. */
export function refusalHeaders(
  decision: Deny,
  { policy }: RenderContext,
  { status, scheme }: { readonly status: number; readonly scheme: "Bearer" | "ApiKey" },
): string[] {
  const headers = ["Content-Type", "application/json; charset=utf-8", "Cache-Control", "no-store"];
  const parameters = challengeParameters(decision, status);
  if (parameters !== undefined) {
    headers.push("WWW-Authenticate", `${scheme} realm="${policy.slug}"${parameters}`);
  }
  if (decision.retryAfterSeconds !== undefined) {
    headers.push("Retry-After", String(decision.retryAfterSeconds));
  }
  return headers;
}

/**
 * A challenge with every status that asks for another credential (RFC 9110 §11.6.1) and for missing
 * scopes (RFC 6750 §3). No error code when nothing was sent, and none that tells unknown from
 * revoked; `undefined`: no challenge.
 */
function challengeParameters(decision: Deny, status: number): string | undefined {
  const { reason, requirement, scheme, principal } = decision;
  if (reason === "scope_insufficient") {
    const asked = requirement && scopesAsked(requirement, scheme, principal?.kind);
    return `, error="insufficient_scope", scope="${asked?.join(" ") ?? ""}"`;
  }
  const asksForAnother = REASONS[reason].class === "unauthenticated" || status === 401;
  if (!asksForAnother) return undefined;
  return NOTHING_SENT.includes(reason) ? "" : ', error="invalid_token"';
}
