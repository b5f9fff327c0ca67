import {
  type Allow,
  ApiError,
  type ApiRequest,
  type Clock,
  type Policy,
  type TrustedPeers,
} from "@latchkey/engine";
import type { FastifyRequest } from "fastify";
import type { Accounts } from "../../accounts/accounts.ts";
import type { ApiKeys } from "../../accounts/api-keys.ts";
import type { Applications } from "../../accounts/applications.ts";
import type { ManagedUsers } from "../../accounts/managed-users.ts";
import type { PortalSessions } from "../../accounts/portal-sessions.ts";
import type { Users } from "../../accounts/users.ts";
import type { WebhookEndpoints } from "../../accounts/webhook-endpoints.ts";
import type { CalcomTokens } from "../../oauth/calcom-tokens.ts";
import type { Store } from "../../store/store.ts";
import type { App } from "../app.ts";
import type { ProtectedApi, RecordDecision } from "../protected-api.ts";

/** What a profile's own endpoints may use. */
export interface FacadeParts {
  readonly accounts: Accounts;
  readonly users: Users;
  readonly apiKeys: ApiKeys;
  readonly applications: Applications;
  readonly managedUsers: ManagedUsers;
  readonly portalSessions: PortalSessions;
  readonly calcomTokens: CalcomTokens;
  readonly webhookEndpoints: WebhookEndpoints;
  readonly childAccounts: Store["childAccounts"];
  /** Newest first. */
  readonly masterKeys: readonly Uint8Array[];
  /** How the outside reaches the deployment, without a trailing slash. */
  readonly publicUrl: string;
  readonly trustedProxies: TrustedPeers;
  readonly record: RecordDecision;
  readonly clock: Clock;
  /** Milliseconds that no one can set back. */
  readonly monotonic: Clock;
  /** Answer other paths with what was decided, so that a policy can be tried before the API exists. */
  readonly echo: boolean;
  /** Plain HTTP from this machine itself counts as secure: it crosses no network. */
  readonly plainLoopback: boolean;
}

/** A profile's own endpoints, and how it words the faults of a request that was allowed. */
export interface ProfileFacade {
  /** Adds the endpoints below the API's mount. Each handler runs only once allowed. */
  routes(app: App, api: ProtectedApi, parts: FacadeParts): void;
  /** A request as the policy decides about it: without what an endpoint checks by itself. */
  asDecided?(request: ApiRequest): ApiRequest;
  /**
   * What the caller gets for a mistake in a body or query, for something that is not there, and for
   * a fault of ours. Never a status below 400; may repeat no value of the request, only names.
   */
  errorAnswer(error: ApiError, context: FaultContext): FacadeAnswer;
}

/** What an error's answer may be worded with. */
export interface FaultContext {
  readonly policy: Policy;
  readonly requestId: string;
  /** The request below the mount, as it was decided about. */
  readonly request: ApiRequest;
  /** Unix milliseconds. */
  readonly at: number;
}

/** A whole answer. The headers of the decision, of CORS and the request id are added to it. */
export interface FacadeAnswer {
  readonly status: number;
  /** Names and values in turn; with the content type. */
  readonly headers: readonly string[];
  readonly body: string;
}

/** The content type of every JSON that facades write themselves. */
export const JSON_TYPE: readonly string[] = ["content-type", "application/json; charset=utf-8"];

/** The options of a facade's route: decided by the API's policy, and in no `openapi.json`. */
export const OWN_ENDPOINT = {
  config: { public: "decided by the API's own policy" },
  schema: { hide: true },
} as const;

/** The decision of a request that reached a handler; a bug elsewhere if there is none. */
export function allowedOf(request: FastifyRequest): Allow {
  if (request.allowed === null) throw new Error("a facade handler ran before the decision");
  return request.allowed;
}

/** For a look-up whose caller goes on without what is not there. */
export function ifMissing(error: unknown): undefined {
  if (error instanceof ApiError && error.code === "NOT_FOUND") return undefined;
  throw error;
}

declare module "fastify" {
  interface FastifyRequest {
    /** What was decided about a request to the facade; `null` before, and elsewhere. */
    allowed: Allow | null;
    /** Where a request to the facade came from, behind trusted proxies. */
    clientAddress: string | undefined;
  }
}
