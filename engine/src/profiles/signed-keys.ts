import type { Deny } from "../domain/decision.ts";
import { REASONS, type Reason, type RefusalClass } from "../domain/reasons.ts";
import { defineApi } from "../policy/define.ts";
import { answerHeaders, refusalHeaders } from "./answer-headers.ts";
import type { Render } from "./render.ts";

/** Keys whose requests may be signed by their owner, and by the organization of their owner. */
export const signedKeysApi = defineApi({
  slug: "signed-keys",
  renderer: "signed-keys",
  schemes: ["signed-request"],
  keyFormat: { live: "sgn_live_", test: "sgn_test_" },
  scopes: {},
  signatures: { maxLifetimeSeconds: 60, skewSeconds: 5, oneTime: false },
  endpoints: [{ match: "GET /auth/test" }, { match: "POST /auth/test" }],
  otherwise: "authenticated",
  limits: { apiKey: { per: "credential", windows: ["100/second", "100000/hour"] } },
  failures: ["100/minute"],
});

interface Answer {
  readonly status: number;
  readonly error: string;
}

const ANSWERS: Record<RefusalClass, Answer> = {
  invalid_request: { status: 400, error: "invalid request" },
  unauthenticated: { status: 401, error: "invalid or missing credentials" },
  forbidden: { status: 403, error: "forbidden" },
  wrong_kind: { status: 403, error: "this endpoint is for another kind of credential" },
  not_found: { status: 404, error: "not found" },
  limited: { status: 429, error: "too many requests" },
  unavailable: { status: 503, error: "authentication is temporarily unavailable" },
};

/** Whoever signs learns that the clocks differ, and by how much: nothing else helps. */
const CLOCK_FAULTS: Partial<Record<Reason, string>> = {
  token_expired: "the signature has expired",
  token_lifetime_exceeded: "the signature expires too far in the future",
};

/** Answers every refusal `{"error": "<text>"}`, which is all that some clients of it read. */
export const renderSignedKeys: Render = (decision, context) => {
  const headers = answerHeaders(decision, context);
  if (decision.outcome === "allow") return { status: 200, headers, body: null };
  const { status } = ANSWERS[REASONS[decision.reason].class];
  headers.push(...refusalHeaders(decision, context, { status, scheme: "ApiKey" }));
  return { status, headers, body: JSON.stringify(bodyOf(decision)) };
};

function bodyOf({ reason, at }: Deny): object {
  const error = CLOCK_FAULTS[reason];
  if (error === undefined) return { error: ANSWERS[REASONS[reason].class].error };
  return { error, server_time: new Date(at).toISOString() };
}
