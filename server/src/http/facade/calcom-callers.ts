import { ApiError, type CalcomFault } from "@latchkey/engine";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { AccountRecord, CredentialRecord } from "../../store/records.ts";
import type { ProtectedApi } from "../protected-api.ts";
import { askedRequest } from "./asked-request.ts";
import { calcomAnswer } from "./calcom-envelope.ts";
import { accountOf } from "./credential-call.ts";
import { allowedOf, type FacadeParts } from "./profile-facade.ts";

const NO_PLATFORM = "OrganizationRolesGuard - Organization is not a platform (SHP).";
const ROLE_TOO_LOW = "OrganizationRolesGuard - User must have one of the roles: ADMIN, OWNER.";

const KEY_BOUND =
  "This API key is bound by addresses, signing or test mode. " +
  "A client would not be: use a key without any of them.";

/** What is said to who comes to keys and clients with anything but an API key. */
export const API_KEYS_ONLY: CalcomFault = {
  status: 401,
  message:
    "ApiAuthStrategy - Invalid authentication method. Please provide one of the allowed methods: API_KEY",
};

/** Whether an API key was presented: what a client or a token may do ends before keys and clients. */
export function hasApiKey(request: FastifyRequest): boolean {
  return allowedOf(request).principal.scheme === "api-key";
}

/** Answers a fault that is none of `ApiError`: thrown, a 401 would mean a credential just revoked. */
export function createSendFault(api: ProtectedApi, parts: FacadeParts) {
  return (request: FastifyRequest, reply: FastifyReply, fault: CalcomFault): FastifyReply => {
    const { status, headers, body } = calcomAnswer(fault, {
      policy: api.engine.policy.policy,
      request: askedRequest(request, api, parts),
      at: parts.clock(),
    });
    for (let i = 0; i < headers.length; i += 2) reply.header(headers[i] as string, headers[i + 1]);
    return reply.code(status).send(body);
  };
}

/**
 * The platform on whose behalf an API key looks after clients: a key without a user acts as its
 * owner. @throws {ApiError} `FORBIDDEN` with the document's message.
 */
export async function platformOf(
  request: FastifyRequest,
  { slug }: ProtectedApi,
  { accounts, users }: Pick<FacadeParts, "accounts" | "users">,
): Promise<AccountRecord> {
  const { userId } = allowedOf(request).principal;
  const account = await accounts.find(slug, accountOf(request));
  if (account.kind !== "platform") throw new ApiError("FORBIDDEN", NO_PLATFORM);
  if (userId === null) return account;
  const { memberships } = await users.find(slug, userId);
  const role = memberships.find(({ accountId }) => accountId === account.id)?.role;
  if (role === "owner" || role === "admin") return account;
  throw new ApiError("FORBIDDEN", ROLE_TOO_LOW);
}

/**
 * A client can be used from anywhere and for everything, so a key that cannot looks after none.
 * That a key ends, or has other limits, is no such bound: programs refresh their keys, and customers
 * who buy more requests go on as before. @throws {ApiError} `FORBIDDEN`.
 */
export async function requireUnboundKey(
  request: FastifyRequest,
  { slug }: ProtectedApi,
  { apiKeys }: Pick<FacadeParts, "apiKeys">,
): Promise<void> {
  const { credentialId } = allowedOf(request).principal;
  if (credentialId === null) throw new Error("an API key is known by its id");
  const key = await apiKeys.find(slug, { id: credentialId, accountId: accountOf(request) });
  if (isBound(key)) throw new ApiError("FORBIDDEN", KEY_BOUND);
}

function isBound({ allowedIps, signing, mode }: CredentialRecord): boolean {
  return allowedIps.length > 0 || signing !== "off" || mode === "test";
}
