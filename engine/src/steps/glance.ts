import { isDelegated } from "../domain/requirement.ts";
import { satisfies } from "../domain/scope.ts";
import type { Attempt } from "./attempt.ts";
import type { Shared } from "./parts.ts";

/**
 * Whether a glance is enough: the steps from status to scopes would let this request pass, for the
 * credential's own account and with all its scopes. So it is with almost every request; of any
 * other those steps have the say. An explanation takes them all, to tell of each.
 */
export function passesAtAGlance(
  { policy, presented, accountHeader }: Shared,
  { verified, requirement, scheme, now, trace }: Attempt,
): boolean {
  if (trace !== undefined || verified === undefined || requirement === undefined) return false;
  const { credential, kind, user, token, cosigner } = verified;
  if (credential === undefined || kind === "platform") return false;
  if (user !== undefined || token !== undefined || cosigner !== undefined) return false;
  const { account, authority } = credential;
  return (
    !credential.revoked &&
    credential.expiresAt > now &&
    !credential.more.isRestricted &&
    account.status === "active" &&
    authority.networks === undefined &&
    requirement.isForAnybody &&
    presented.at(accountHeader) === undefined &&
    policy.entitled(account.kind, account.plan, requirement.family) === "yes" &&
    !isDelegated(scheme, kind) &&
    satisfies(authority.scopes, requirement.needed)
  );
}
