import type { AccountState } from "../domain/account.ts";
import type { Reason } from "../domain/reasons.ts";
import { isDelegated, scopesAsked } from "../domain/requirement.ts";
import {
  narrowed,
  type ScopeBits,
  type ScopeSet,
  satisfies,
  satisfiesOnOwn,
} from "../domain/scope.ts";
import type { Authority } from "../policy/authority.ts";
import type { CompiledPolicy } from "../policy/compile.ts";
import { ownerOf } from "../policy/match.ts";
import type { EffectiveScopes, VerifiedToken } from "../tokens/verified-tokens.ts";
import { type Attempt, pass, refuse } from "./attempt.ts";
import type { Shared } from "./parts.ts";

/** Whether account, address, plan and scopes allow what the endpoint asks. */
export function authorize(parts: Shared, attempt: Attempt): Reason | undefined {
  const credential = attempt.verified?.credential;
  if (credential === undefined) return undefined;
  return (
    checkAccount(attempt) ??
    checkAddress(attempt, credential.authority) ??
    checkEntitlement(parts, attempt, credential.account) ??
    checkScopes(parts, attempt, credential.authority)
  );
}

/** The account acted for, where it is not the credential's own. */
function checkAccount(attempt: Attempt): Reason | undefined {
  const { account } = attempt;
  if (account === undefined || account.status === "active") return undefined;
  return refuse(attempt, "status", "account_suspended", account.id);
}

function checkAddress(attempt: Attempt, { networks }: Authority): Reason | undefined {
  const { request } = attempt;
  if (networks === undefined) return undefined;
  if (request.address === undefined || !networks.contains(request.address)) {
    return refuse(attempt, "address", "address_not_allowed", request.address);
  }
  if (attempt.trace !== undefined) pass(attempt, "address", request.address);
  return undefined;
}

function checkEntitlement(
  { policy }: Shared,
  attempt: Attempt,
  account: AccountState,
): Reason | undefined {
  const family = attempt.requirement?.family ?? null;
  const verdict = policy.entitled(account.kind, account.plan, family);
  if (verdict !== "yes") {
    return refuse(attempt, "entitlement", verdict, lackOf(account, family));
  }
  if (attempt.trace !== undefined) pass(attempt, "entitlement", family ?? "the unnamed family");
  return undefined;
}

function lackOf({ kind, plan }: AccountState, family: string | null): string {
  return `${kind} on plan ${plan ?? "none"}, family ${family ?? "unnamed"}`;
}

function checkScopes(
  parts: Shared,
  attempt: Attempt,
  { scopes: held }: Authority,
): Reason | undefined {
  const { requirement, verified, scheme } = attempt;
  if (requirement === undefined || verified === undefined) return undefined;
  const { token } = verified;
  const scopes = token === undefined ? held : scopesOf(token, held, parts.policy);
  attempt.scopes = scopes;
  const needed = isDelegated(scheme, verified.kind)
    ? requirement.delegatedNeeded
    : requirement.needed;
  if (needed === undefined) {
    return refuse(attempt, "scopes", "scope_insufficient", "no scope opens this to such a token");
  }
  if (!satisfies(scopes, needed)) return checkExemptions(parts, attempt, { scopes, needed });
  if (attempt.trace !== undefined) {
    pass(attempt, "scopes", scopesAsked(requirement, scheme, verified.kind).join(" "));
  }
  return undefined;
}

/** Without the scopes that are needed: some schemes need none, and some hold on what is one's own. */
function checkExemptions(
  { policy, reading: { path } }: Shared,
  attempt: Attempt,
  { scopes, needed }: { readonly scopes: ScopeSet; readonly needed: ScopeBits },
): Reason | undefined {
  const { requirement, verified, scheme } = attempt;
  if (requirement === undefined || verified === undefined || scheme === undefined) return undefined;
  if (policy.policy.unscoped.includes(scheme)) return undefined;
  const names = scopesAsked(requirement, scheme, verified.kind);
  const owner = ownerOf(requirement, path);
  const subject = verified.isForeign ? null : verified.subject;
  const isOwn = owner !== undefined && (owner === verified.userId || owner === subject);
  if (isOwn && satisfiesOnOwn(scopes, needed)) {
    pass(attempt, "scopes", `${names.join(" ")}, on what is its own`);
    return undefined;
  }
  const has = scopes.names.join(" ") || "none";
  return refuse(attempt, "scopes", "scope_insufficient", `needs ${names.join(" ")}; has ${has}`);
}

/** What may be done now: a token's own claims, as far as its key may give them today. */
function scopesOf(token: VerifiedToken, held: ScopeSet, policy: CompiledPolicy): ScopeSet {
  if (token.scopes === undefined) return held;
  if (token.effective?.held !== held) {
    token.effective = effectiveOf(policy.scopes, policy.scopes.set(token.scopes), held);
  }
  return token.effective.scopes;
}

/** Most tokens of a key claim the same: they share what it comes to. */
const shared = new WeakMap<ScopeSet, WeakMap<ScopeSet, EffectiveScopes>>();

function effectiveOf(
  registry: CompiledPolicy["scopes"],
  claimed: ScopeSet,
  held: ScopeSet,
): EffectiveScopes {
  const bitsOf = (name: string) => (registry.has(name) ? registry.needed([name]) : undefined);
  const underHeld = shared.get(held) ?? new WeakMap<ScopeSet, EffectiveScopes>();
  const effective = underHeld.get(claimed) ?? { held, scopes: narrowed(claimed, held, bitsOf) };
  shared.set(held, underHeld.set(claimed, effective));
  return effective;
}
