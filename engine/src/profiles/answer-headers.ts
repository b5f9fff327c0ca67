import { dpopStart } from "../domain/bearer.ts";
import type { Decision, Deny } from "../domain/decision.ts";
import { DPOP_ALGORITHMS } from "../domain/proof.ts";
import { REASONS, type Reason } from "../domain/reasons.ts";
import { header } from "../domain/request.ts";
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

/** Reasons that find fault with a DPoP proof, where the token is one that needs it. */
const PROOF_REFUSED: readonly Reason[] = ["dpop_proof_invalid", "signature_replayed"];

const DPOP_ALGS = `, algs="${DPOP_ALGORITHMS.join(" ")}"`;

/** What every answer carries where the document says nothing else: limits, request id, version. */
export function answerHeaders(decision: Decision, { policy, requestId }: RenderContext): string[] {
  const headers = decision.limit === undefined ? [] : rateLimitHeaders(decision.limit);
  headers.push("X-Request-ID", requestId);
  addVersion(headers, decision, policy);
  return headers;
}

/** Adds the version of the API that the request was decided by, under the name that requests use. */
export function addVersion(headers: string[], { apiVersion }: Decision, { version }: Policy): void {
  if (apiVersion !== undefined && version !== null) headers.push(version.header, apiVersion);
}

/** What every refusal carries besides; `scheme` is the auth-scheme of its challenge. */
export function refusalHeaders(
  decision: Deny,
  context: RenderContext,
  { status, scheme }: { readonly status: number; readonly scheme: "Bearer" | "ApiKey" },
): string[] {
  const headers = ["Content-Type", "application/json; charset=utf-8", "Cache-Control", "no-store"];
  const parameters = challengeParameters(decision, status);
  if (parameters !== undefined) {
    const [name, more] = isAboutDpop(decision, context) ? ["DPoP", DPOP_ALGS] : [scheme, ""];
    const realm = context.policy.slug;
    headers.push("WWW-Authenticate", `${name} realm="${realm}"${parameters}${more}`);
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
    const asked = (requirement && scopesAsked(requirement, scheme, principal?.kind)) ?? [];
    // Where the endpoint names none, there is none to ask for.
    const scope = asked.length === 0 ? "" : `, scope="${asked.join(" ")}"`;
    return `, error="insufficient_scope"${scope}`;
  }
  const asksForAnother = REASONS[reason].class === "unauthenticated" || status === 401;
  if (!asksForAnother) return undefined;
  if (NOTHING_SENT.includes(reason)) return "";
  return PROOF_REFUSED.includes(reason) && scheme === "access-token"
    ? ', error="invalid_dpop_proof"'
    : ', error="invalid_token"';
}

/** RFC 9449 §7.1: whoever sent a bound token is told of its scheme, and how a proof is signed. */
function isAboutDpop({ reason }: Deny, { request }: RenderContext): boolean {
  const authorization = header(request.headers, "authorization");
  const isSent = authorization !== undefined && dpopStart(authorization) >= 0;
  return reason === "dpop_proof_missing" || (isSent && reason !== "dpop_token_unbound");
}
