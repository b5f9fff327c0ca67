import type { Deny } from "../../domain/decision.ts";
import { hideSecrets } from "../../domain/hidden-secrets.ts";
import { isOrigin } from "../../domain/origin.ts";
import type { Reason } from "../../domain/reasons.ts";
import { header } from "../../domain/request.ts";
import type { RenderContext } from "../render.ts";
import { bareFault, type Fault } from "./envelope.ts";
import { clientIdOf } from "./named-in-request.ts";

const STRATEGY = "ApiAuthStrategy -";

const TOO_LITTLE: Partial<Record<Reason, string>> = {
  credential_missing:
    `${STRATEGY} No authentication method provided. Either pass an API key as 'Bearer' header ` +
    "or OAuth client credentials as 'x-cal-secret-key' and 'x-cal-client-id' headers",
  client_secret_missing:
    `${STRATEGY} Only 'x-cal-client-id' header provided. Please also provide ` +
    "'x-cal-secret-key' header or Auth bearer token as 'Authentication' header",
  client_id_missing:
    `${STRATEGY} Only 'x-cal-secret-key' header provided. Please also provide ` +
    "'x-cal-client-id' header or Auth bearer token as 'Authentication' header",
};

const INVALID_KEY: Fault = { status: 401, message: "CustomThrottlerGuard - Invalid API Key" };
const EXPIRED_KEY: Fault = {
  status: 401,
  message: `${STRATEGY} api key - Your api key is expired`,
};
const INVALID_TOKEN: Fault = { status: 401, message: "Invalid Access Token." };
/** Clients refresh their token when they see this status, and only then. */
const EXPIRED_TOKEN: Fault = { status: 498, message: "ACCESS_TOKEN_IS_EXPIRED", details: "text" };

/** The fault of a request that did not prove whose it is, by what it tried to prove it with. */
export function unauthenticated(decision: Deny, context: RenderContext): Fault {
  const { reason, scheme } = decision;
  const message = TOO_LITTLE[reason];
  if (message !== undefined) return { status: 401, message };
  if (scheme === "client-secret-headers") return unknownClient(decision, context);
  if (scheme === "api-key" || presentsKey(context)) {
    // A key that was replaced is gone there, not expired.
    const isExpired = reason === "credential_expired" && decision.rotation === undefined;
    return isExpired ? EXPIRED_KEY : INVALID_KEY;
  }
  if (reason === "origin_refused") return foreignOrigin(decision, context);
  const isNoToken = header(context.request.headers, "authorization") === undefined;
  if (isNoToken && (scheme === undefined || scheme === "anonymous")) return bareFault(401);
  return expiredManagedToken(decision) ? EXPIRED_TOKEN : INVALID_TOKEN;
}

function unknownClient({ reason, requirement }: Deny, context: RenderContext): Fault {
  const why =
    reason === "secret_wrong"
      ? "Invalid client secret"
      : `Client with ID ${clientIdOf(requirement, context) ?? "<invalid>"} not found`;
  return { status: 401, message: `${STRATEGY} oAuth client - ${why}` };
}

/** Names the page's own origin, never those that are registered. */
function foreignOrigin({ principal }: Deny, { request }: RenderContext): Fault {
  const sent = header(request.headers, "origin") ?? "";
  const origin = isOrigin(sent) ? hideSecrets(sent) : "<invalid>";
  return {
    status: 401,
    message:
      `${STRATEGY} access token - Invalid request origin - please open ` +
      `https://app.cal.com/settings/platform and add the origin '${origin}' to the ` +
      `'Redirect uris' of your OAuth client with ID '${principal?.applicationId}'`,
  };
}

/** Whether the token begins as a key does, however it goes on. */
function presentsKey({ policy, request }: RenderContext): boolean {
  const line = header(request.headers, "authorization");
  if (line === undefined) return false;
  // Also of a line that is longer than any that schemes look at.
  const token = line.replace(/^bearer +/i, "");
  return token.startsWith(policy.keyFormat.live) || token.startsWith(policy.keyFormat.test);
}

function expiredManagedToken({ reason, principal }: Deny): boolean {
  const isExpired = reason === "credential_expired" || reason === "token_expired";
  return isExpired && principal?.kind === "managed-user";
}
