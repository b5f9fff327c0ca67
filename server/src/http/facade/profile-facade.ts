import type { Allow, Clock, NetworkList } from "@latchkey/engine";
import type { FastifyRequest } from "fastify";
import type { ApiKeys } from "../../accounts/api-keys.ts";
import type { App } from "../app.ts";
import type { ProtectedApi, RecordDecision } from "../protected-api.ts";

/** What a profile's own endpoints may use. */
export interface FacadeParts {
  readonly apiKeys: ApiKeys;
  /** Newest first. */
  readonly masterKeys: readonly Uint8Array[];
  readonly trustedProxies: NetworkList;
  readonly record: RecordDecision;
  /** Milliseconds that no one can set back. */
  readonly monotonic: Clock;
  /** Answer other paths with what was decided, so that a policy can be tried before the API exists. */
  readonly echo: boolean;
  /** Plain HTTP from this machine itself counts as secure: it crosses no network. */
  readonly plainLoopback: boolean;
}

/** Adds a profile's own endpoints below the API's mount. Each handler runs only once allowed. */
export type ProfileFacade = (app: App, api: ProtectedApi, parts: FacadeParts) => void;

/** The decision of a request that reached a handler; a bug elsewhere if there is none. */
export function allowedOf(request: FastifyRequest): Allow {
  if (request.allowed === null) throw new Error("a facade handler ran before the decision");
  return request.allowed;
}

declare module "fastify" {
  interface FastifyRequest {
    /** What was decided about a request to the facade; `null` before, and elsewhere. */
    allowed: Allow | null;
    /** Where a request to the facade came from, behind trusted proxies. */
    clientAddress: string | undefined;
  }
}
