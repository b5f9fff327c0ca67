import type { Decision } from "../domain/decision.ts";
import type { KnownCredential } from "../domain/known.ts";
import { failureBucket } from "../domain/network.ts";
import { isPromised } from "../domain/promised.ts";
import { REASONS, type Reason } from "../domain/reasons.ts";
import type { CompiledLimit } from "../limits/compiled-limit.ts";
import { type CountedState, isCounted, type Spent } from "../limits/limiter.ts";
import type { VerifiedToken } from "../tokens/verified-tokens.ts";
import { type Attempt, allow, deny, pass, refuse } from "./attempt.ts";
import type { DecideParts } from "./parts.ts";

/**
 * Counts the request against every window of its limit, or against none; `undefined`: it has no
 * limit. An explanation only looks.
 */
export function count(
  parts: DecideParts,
  attempt: Attempt,
): Spent | undefined | Promise<Spent | undefined> {
  const limit = limitOf(parts, attempt);
  if (limit === undefined) return undefined;
  const key = countedTogether(limit, attempt);
  if (attempt.trace !== undefined) return parts.limiter.peek(limit, key, attempt.now);
  const placed = placeOf(limit, attempt);
  const spent = parts.limiter.spend(limit, key, attempt.now, placed);
  if (placed !== undefined && isCounted(spent) && placed.ticket !== spent.ticket) {
    keepPlace(parts, placed, spent);
  }
  return spent;
}

/**
 * Who remembers where the counters are: a token for its own, a credential for those that it always
 * has. An address has as many as credentials come from it.
 */
function placeOf(
  { per }: CompiledLimit,
  { verified }: Attempt,
): VerifiedToken | KnownCredential | undefined {
  if (verified === undefined || per === "address") return undefined;
  const { token } = verified;
  if (token === undefined) return verified.credential;
  return per === "token" ? token : undefined;
}

function keepPlace(
  { memory }: DecideParts,
  placed: VerifiedToken | KnownCredential,
  { bucket, ticket }: CountedState,
): void {
  if ("account" in placed) {
    memory.keepCounters(placed.place, bucket, ticket);
  } else {
    placed.bucket = bucket;
    placed.ticket = ticket;
  }
}

/**
 * A refusal that counts for nothing; where the policy says so, it tells how the limit stands: of
 * who is not authenticated that of anybody at the address, whatever was presented.
 */
export function refuseUncounted(
  parts: DecideParts,
  attempt: Attempt,
  reason: Reason,
): Decision | Promise<Decision> {
  if (reason === "address_throttled") {
    // Now that this request has been counted, too: it may have begun a block.
    attempt.waitSeconds = parts.admission.waitSeconds(attempt.request.address);
  }
  if (parts.policy.policy.limitsShown === "counted") return deny(attempt, reason);
  const isNobody = REASONS[reason].class === "unauthenticated";
  const shown = isNobody ? { ...attempt, verified: undefined } : attempt;
  const limit = limitOf(parts, shown);
  if (limit === undefined) return deny(attempt, reason);
  const state = parts.limiter.peek(limit, countedTogether(limit, shown), attempt.now);
  const refused = (spent: Spent) =>
    deny(attempt, reason, typeof spent === "object" ? spent : undefined);
  return isPromised(state) ? state.then(refused) : refused(state);
}

/** The refusal of a request that its limit would not let pass now; counts nothing. */
export async function denyIfExceeded(
  parts: DecideParts,
  attempt: Attempt,
): Promise<Decision | undefined> {
  const limit = limitOf(parts, attempt);
  if (limit === undefined || attempt.trace !== undefined) return undefined;
  const spent = await parts.limiter.peek(limit, countedTogether(limit, attempt), attempt.now);
  return typeof spent === "object" && spent.exceeded ? denyLimited(attempt, spent) : undefined;
}

function limitOf(parts: DecideParts, { verified }: Attempt): CompiledLimit | undefined {
  const credential = verified?.credential;
  return credential === undefined ? parts.policy.limitOf("anonymous") : credential.authority.limit;
}

/**
 * What requests are counted together with this one. Who shows no credential has nothing but an
 * address: all together, one would use up what there is for all others.
 */
function countedTogether({ per }: CompiledLimit, { request, verified }: Attempt): string {
  if (per === "address" || verified?.credential === undefined) {
    return failureBucket(request.address);
  }
  const { credential, token, userId } = verified;
  if (per === "token" && token?.key !== undefined) return token.key;
  return keyOfCounters(per, credential, userId);
}

/** What requests with a credential that its secret alone proves are counted together with. */
export function keyOfCounters(
  per: Exclude<CompiledLimit["per"], "address">,
  { lineageId, account, more }: KnownCredential,
  userId: string | null,
): string {
  if (per === "account") return account.id;
  if (per === "user") return userId ?? more.applicationId ?? account.id;
  return lineageId;
}

/** Lets the request pass, or refuses it, by what counting it came to. */
export function conclude(attempt: Attempt, spent: Spent | undefined): Decision {
  if (typeof spent === "object") {
    if (spent.exceeded) return denyLimited(attempt, spent);
    if (attempt.trace !== undefined) pass(attempt, "limit", countsOf(spent));
    return allow(attempt, spent);
  }
  if (spent !== "unavailable") return allow(attempt, undefined);
  return deny(attempt, refuse(attempt, "limit", "counters_unavailable"));
}

function denyLimited(attempt: Attempt, spent: CountedState): Decision {
  if (attempt.trace !== undefined) refuse(attempt, "limit", "rate_limited", countsOf(spent));
  return deny(attempt, "rate_limited", spent);
}

function countsOf({ windows, decidedBy }: CountedState): string {
  const counts = windows.map(
    ({ name, limit, remaining }) => `${name} ${limit - remaining}/${limit}`,
  );
  return `${counts.join(", ")} (${decidedBy})`;
}
