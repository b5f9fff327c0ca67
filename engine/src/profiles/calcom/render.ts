import type { Decision, Deny } from "../../domain/decision.ts";
import { hideSecrets } from "../../domain/hidden-secrets.ts";
import type { LimitState } from "../../domain/limit.ts";
import type { Principal } from "../../domain/principal.ts";
import { REASONS, type Reason } from "../../domain/reasons.ts";
import { addVersion, refusalHeaders } from "../answer-headers.ts";
import type { Render, RenderContext } from "../render.ts";
import { bareFault, envelopeOf, type Fault } from "./envelope.ts";
import { forbidden } from "./forbidden.ts";
import { asksToken, tokenFaultOf } from "./token-endpoint.ts";
import { unauthenticated } from "./unauthenticated.ts";

/** Answers in the envelope of this API, with the text that its own code has for each fault. */
export const renderCalcom: Render = (decision, context) => {
  const headers = calcomHeaders(decision, context);
  if (decision.outcome === "allow") return { status: 200, headers, body: null };
  const fault = faultOf(decision, context);
  const { status } = fault;
  headers.push(...refusalHeaders(decision, context, { status, scheme: "Bearer" }));
  const { request } = context;
  const body = asksToken(request)
    ? tokenFaultOf(fault)
    : envelopeOf(fault, decision.at, request.target);
  return { status, headers, body };
};

function calcomHeaders(decision: Decision, { policy, requestId }: RenderContext): string[] {
  const headers = decision.limit === undefined ? [] : suffixedLimits(decision.limit);
  headers.push("X-Request-Id", requestId);
  addVersion(headers, decision, policy);
  return headers;
}

/** Three headers for each window, which end in its name; the reset is in seconds from now. */
function suffixedLimits({ at, windows }: LimitState): string[] {
  return windows.flatMap(({ name, limit, remaining, resetAt }) => {
    const suffix = name.charAt(0).toUpperCase() + name.slice(1);
    const seconds = Math.max(0, Math.ceil((resetAt - at) / 1000));
    return [
      `X-RateLimit-Limit-${suffix}`,
      String(limit),
      `X-RateLimit-Remaining-${suffix}`,
      String(remaining),
      `X-RateLimit-Reset-${suffix}`,
      String(seconds),
    ];
  });
}

function faultOf(decision: Deny, context: RenderContext): Fault {
  switch (REASONS[decision.reason].class) {
    case "unauthenticated":
      return unauthenticated(decision, context);
    case "forbidden":
      return forbidden(decision, context);
    case "wrong_kind":
      return decision.reason === "principal_kind_refused"
        ? { status: 401, message: methodMessage(decision) }
        : badRequest(decision);
    case "invalid_request":
      return badRequest(decision);
    case "not_found": {
      const { method, target } = context.request;
      return { status: 404, message: `Cannot ${method} ${hideSecrets(target)}` };
    }
    case "limited":
      return {
        status: 429,
        message: "CustomThrottlerGuard - Too many requests. Please try again later.",
        details: "text",
      };
    case "unavailable":
      return { status: 503, message: "Authentication is temporarily unavailable." };
  }
}

const BAD_REQUESTS: Partial<Record<Reason, string>> = {
  account_missing: "The request must name the account that it is about.",
  api_version_unsupported: "The requested API version is not supported.",
  credential_ambiguous: "More than one credential was sent.",
  header_duplicated: "A header with credentials was sent more than once.",
};

function badRequest({ reason }: Deny): Fault {
  const message = BAD_REQUESTS[reason];
  return message === undefined ? bareFault(400) : { status: 400, message };
}

/** What this API calls the ways to be each kind of principal. */
const METHODS: Record<Exclude<Principal["kind"], "anonymous">, string> = {
  account: "API_KEY",
  user: "API_KEY",
  platform: "API_KEY",
  "managed-user": "ACCESS_TOKEN",
  application: "OAUTH_CLIENT_CREDENTIALS",
};

function methodMessage({ requirement }: Deny): string {
  const kinds = (requirement?.accepts ?? []).filter((kind) => kind !== "anonymous");
  const methods = new Set(kinds.map((kind) => METHODS[kind]));
  const list = [...methods].join(", ");
  return (
    "ApiAuthStrategy - Invalid authentication method. " +
    `Please provide one of the allowed methods: ${list}`
  );
}
