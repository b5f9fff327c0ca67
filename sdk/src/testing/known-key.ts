import {
  type ApiDefinition,
  type ApiRequest,
  type CredentialAnswer,
  type CredentialState,
  newKey,
  type Policy,
  policyOf,
  profiles,
} from "@latchkey/engine";

/** The instant at which tests happen: 2026-11-22T12:00:00Z. */
export const NOW = Date.UTC(2026, 10, 22, 12);

/** The profile `standard`, with changes. */
export function aPolicy(changes: Partial<ApiDefinition> = {}): Policy {
  return policyOf({ extends: profiles.standard, slug: "standard", ...changes } as ApiDefinition);
}

/** A live key of `acct_1` that may read users, with changes. */
export function aCredential(changes: Partial<CredentialState> = {}): CredentialState {
  return {
    id: "key_1",
    scheme: "api-key",
    accountId: "acct_1",
    userId: null,
    scopes: ["read:users"],
    mode: "live",
    allowedIps: [],
    limits: null,
    signing: "off",
    expiresAt: null,
    revokedAt: null,
    lineageId: "key_1",
    successorId: null,
    rotatedAt: null,
    brownOuts: [],
    handle: null,
    generation: 1,
    applicationId: null,
    ...changes,
  };
}

/** What a server says of it, at this place of its feed. */
export function anAnswer(asOf: number, changes: Partial<CredentialState> = {}): CredentialAnswer {
  const account = { id: "acct_1", kind: "account", parentId: null, plan: null } as const;
  const credential = aCredential(changes);
  return { asOf, credential, account: { ...account, status: "active" }, material: undefined };
}

/** A key of the right form; nothing says that it is `key_1` but the tests' own sources. */
const KEY = newKey(aPolicy().keyFormat, "live").key;

/** A request that reads users with this key. */
export function aRequest(key: string = KEY): ApiRequest {
  const headers = ["Authorization", `Bearer ${key}`];
  return { method: "GET", target: "/v2/users", headers, address: "192.0.2.1", secure: true };
}
