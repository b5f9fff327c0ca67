import type { FastifyRequest } from "fastify";
import type { Call } from "../accounts/call.ts";
import { DEPLOYMENT } from "../store/store.ts";
import { operatorOf } from "./access.ts";
import type { IdempotencyOf } from "./idempotency.ts";

/** What the audit trail and the idempotency record need to know of a management call. */
export type CallOf = (request: FastifyRequest) => Call;

/** `addressOf` is the client's address behind trusted proxies. */
export function createCallOf(parts: {
  readonly idempotencyOf: IdempotencyOf;
  readonly addressOf: (request: FastifyRequest) => string | undefined;
}): CallOf {
  return (request) => {
    const { api = DEPLOYMENT } = request.params as { readonly api?: string };
    const { visitor, ceiling } = request;
    const identity = visitor === null ? [] : ["session", visitor.cookie];
    return {
      api,
      actor: actorOf(request),
      session: visitor?.session.id,
      ceiling,
      requestId: request.id,
      address: parts.addressOf(request) ?? null,
      idempotency: parts.idempotencyOf(request, api, identity),
    };
  };
}

function actorOf(request: FastifyRequest): Call["actor"] {
  const { visitor } = request;
  if (visitor === null || request.operator !== null) {
    return { kind: "operator", id: operatorOf(request).id };
  }
  const { personId, id } = visitor.session;
  return personId === null ? { kind: "portal", id } : { kind: "user", id: personId };
}
