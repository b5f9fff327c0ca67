import type { FastifyRequest } from "fastify";
import { Type } from "typebox";
import type { Call } from "../../accounts/call.ts";
import { createIdempotency } from "../idempotency.ts";
import type { ProtectedApi } from "../protected-api.ts";
import { allowedOf, type FacadeParts } from "./profile-facade.ts";

/** The query of a list. */
export const ListQuery = Type.Object(
  {
    limit: Type.Integer({ minimum: 1, maximum: 200, default: 50 }),
    cursor: Type.Optional(Type.String({ maxLength: 512 })),
  },
  { additionalProperties: false },
);

/** What the audit trail and the idempotency record need to know of a call by an API's client. */
export function createCredentialCall(
  { slug }: ProtectedApi,
  { masterKeys }: Pick<FacadeParts, "masterKeys">,
): (request: FastifyRequest) => Call {
  const idempotencyOf = createIdempotency(masterKeys);
  return (request) => {
    const { credentialId, accountId, userId } = allowedOf(request).principal;
    return {
      api: slug,
      actor: { kind: "credential", id: credentialId },
      actsFor: accountId,
      requestId: request.id,
      address: request.clientAddress ?? null,
      // Not every credential is in `Authorization`, and one token may act for several accounts.
      idempotency: idempotencyOf(request, slug, [credentialId, accountId, userId]),
    };
  };
}

/** The account acted for; a bug of the policy where an endpoint that needs one lets nobody in. */
export function accountOf(request: FastifyRequest): string {
  const { accountId } = allowedOf(request).principal;
  if (accountId === null)
    throw new Error("the policy lets nobody in particular act for an account");
  return accountId;
}
