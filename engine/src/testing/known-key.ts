import type { AccountState } from "../domain/account.ts";
import type { CredentialState } from "../domain/credential.ts";
import type { Source } from "../freshness/source.ts";

/** Whose key it is. */
export const ACCOUNT: AccountState = {
  id: "acct_1",
  kind: "account",
  parentId: null,
  status: "active",
  plan: null,
};

/** A live key without scopes and without any other key before it, with changes. */
export function aCredential({
  id = "key_1",
  ...changes
}: Partial<CredentialState> = {}): CredentialState {
  return {
    id,
    scheme: "api-key",
    accountId: ACCOUNT.id,
    userId: null,
    scopes: [],
    mode: "live",
    allowedIps: [],
    limits: null,
    signing: "off",
    expiresAt: null,
    revokedAt: null,
    lineageId: id,
    successorId: null,
    rotatedAt: null,
    brownOuts: [],
    handle: null,
    generation: 1,
    applicationId: null,
    ...changes,
  };
}

/** A source of credentials only. */
export function sourceOf(credential: Source["credential"]): Source {
  const none = () => Promise.reject(new Error("not asked here"));
  return { credential, account: none, user: none };
}
