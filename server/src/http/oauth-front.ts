import {
  clientOf,
  corsHeaders,
  headerCount,
  newRequestId,
  preflightAnswer,
  requestIdOf,
  type TrustedPeers,
} from "@latchkey/engine";
import type { AuthorizationServers } from "../oauth/authorization-servers.ts";
import { isSecure } from "./facade/asked-request.ts";
import type { Front } from "./server.ts";

interface OAuthFrontParts {
  readonly servers: AuthorizationServers;
  readonly trustedProxies: TrustedPeers;
  readonly requireHttps: boolean;
  /** Plain HTTP from this machine itself counts as secure. */
  readonly plainLoopback: boolean;
}

/**
 * Hands what is for an authorization server to it, before the framework reads any of it. What came
 * in the open where it should not is refused, never redirected: its secrets have been seen.
 */
export function oauthFront(parts: OAuthFrontParts): Front {
  const { servers, trustedProxies, requireHttps, plainLoopback } = parts;
  return (request, response) => {
    const place = servers.placeOf(request.url ?? "");
    if (place === undefined) return false;
    const requestId =
      place.requestIds === "make" ? newRequestId() : requestIdOf(request.rawHeaders);
    response.setHeader("x-request-id", requestId);
    if (!place.isPage) {
      const { method = "", rawHeaders: headers } = request;
      const preflight = preflightAnswer({ method, headers });
      if (preflight !== undefined) {
        response.writeHead(preflight.status, [...preflight.headers]).end();
        return true;
      }
      // The library leaves these to whoever has said something about them.
      const told = corsHeaders([]);
      for (let i = 0; i < told.length; i += 2) response.setHeader(told[i] ?? "", told[i + 1] ?? "");
    }
    const peer = { address: request.socket.remoteAddress, encrypted: false };
    const client = clientOf(peer, request.rawHeaders, trustedProxies);
    const isOpen = requireHttps && !isSecure(client, plainLoopback);
    // Whoever stands between may have looked at the other one.
    const isTwice = headerCount(request.rawHeaders, "authorization") > 1;
    if (isOpen || isTwice) {
      const error_description = isOpen ? "use https" : "send Authorization once";
      const body = { error: "invalid_request", error_description };
      const text = JSON.stringify(body);
      response.writeHead(400, {
        "content-type": "application/json",
        "content-length": Buffer.byteLength(text),
        "cache-control": "no-store",
      });
      response.end(text);
      return true;
    }
    // It answers its own faults.
    void servers.answer(request, response, { requestId, address: client.address });
    return true;
  };
}
