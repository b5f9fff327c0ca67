import type { IncomingMessage } from "node:http";
import type { Clock } from "@latchkey/engine";
import Provider from "oidc-provider";
import type { WriteContext } from "../store/store.ts";
import { isApplication } from "./client-metadata.ts";

/** What the trail says of a request to the authorization server. */
export interface OAuthCall {
  readonly requestId: string;
  readonly address: string | undefined;
}

/** What is known of requests under way, and of what their handling came upon. */
export interface Calls {
  begin(request: IncomingMessage, call: OAuthCall): void;
  of(request: IncomingMessage): OAuthCall | undefined;
  /** For a write on behalf of the request that is being handled. */
  writeContext(api: string): WriteContext;
}

/** Remembers each request's call for as long as the request is there. */
export function createCalls(clock: Clock): Calls {
  const calls = new WeakMap<IncomingMessage, OAuthCall>();
  return {
    begin: (request, call) => void calls.set(request, call),
    of: (request) => calls.get(request),
    writeContext(api) {
      const request = Provider.ctx?.req;
      const call = request && calls.get(request);
      const clientId = Provider.ctx?.oidc?.client?.clientId;
      return {
        api,
        at: clock(),
        // Other clients than applications are no credential, and a revoked one may write nothing.
        actor:
          clientId !== undefined && isApplication(clientId)
            ? { kind: "credential", id: clientId }
            : { kind: call === undefined ? "system" : "anonymous", id: null },
        requestId: call?.requestId ?? null,
        address: call?.address ?? null,
      };
    },
  };
}
