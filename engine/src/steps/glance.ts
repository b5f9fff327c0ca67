import type { Decision } from "../domain/decision.ts";
import type { Question } from "../domain/known.ts";
import type { Principal } from "../domain/principal.ts";
import type { ApiRequest } from "../domain/request.ts";
import { isDelegated } from "../domain/requirement.ts";
import { satisfies } from "../domain/scope.ts";
import { isCounted, type Spent } from "../limits/limiter.ts";
import { retryAfter } from "./attempt.ts";
import { versionOf } from "./check-request.ts";
import type { Shared } from "./parts.ts";
import { keyOfCounters } from "./spend.ts";

/** Decides about the request that was read; `undefined`: the steps have the say. */
export type Glance = (request: ApiRequest) => Decision | Promise<Decision> | undefined;

/** What is decided about a request that was counted. */
export type DecideCounted = (
  request: ApiRequest,
  spent: Spent | Promise<Spent>,
) => Decision | Promise<Decision>;

const NOTHING_ASKED: readonly Question[] = [];

/**
 * The short way of almost every request: a credential that its secret alone proves, in force, of an
 * active account, for that account, on an endpoint for anybody, with the scopes that are asked for,
 * within its limit or not. Of all others the steps have the say; of these they would say the same.
 *
 * One function over what the engine is made of, and no object but those of the decision: spread over
 * the steps it takes a third longer.
 */
export function createGlance(shared: Shared, decideCounted: DecideCounted): Glance {
  const { policy, reading, claimant, memory, inquiry, limiter, clock, requireTls } = shared;
  const { presented } = reading;
  const { entitled } = policy;
  const { accountHeader, version } = policy.policy;
  const namesAccount = accountHeader === null ? 0 : presented.bitsOf([accountHeader]);
  const namesVersion = version === null ? 0 : presented.bitsOf([version.header]);

  return (request) => {
    const { requirement } = reading;
    if (requirement === undefined || !requirement.isForAnybody) return undefined;
    if ((requireTls && !request.secure) || presented.hasAny(namesAccount)) return undefined;
    let apiVersion = version?.default;
    if (version !== null && presented.hasAny(namesVersion)) {
      apiVersion = versionOf(version, presented.named(version.header));
      if (apiVersion === undefined) return undefined;
    }
    const scheme = claimant();
    if (typeof scheme !== "object" || scheme.standsFor === undefined) return undefined;
    const { secret } = presented;
    const found = memory.credential(scheme.name, secret, NOTHING_ASKED);
    if (typeof found === "string") return inquiry.keep(scheme.name, secret, found);
    const now = clock();
    const kind = scheme.standsFor(found, presented);
    const { account, authority, more, expiresAt } = found;
    const { limit } = authority;
    const passes =
      kind !== undefined &&
      kind !== "platform" &&
      !isDelegated(scheme.name, kind) &&
      !found.revoked &&
      expiresAt > now &&
      !more.isRestricted &&
      account.status === "active" &&
      authority.networks === undefined &&
      entitled(account.kind, account.plan, requirement.family) === "yes" &&
      satisfies(authority.scopes, requirement.needed);
    if (!passes || limit === undefined || limit.per === "address") {
      return inquiry.keep(scheme.name, secret, found);
    }
    const spent = limiter.spend(limit, keyOfCounters(limit.per, found, found.userId), now, found);
    if (!isCounted(spent)) return decideCounted(request, spent);
    if (spent.ticket !== found.ticket) memory.keepCounters(found.place, spent.bucket, spent.ticket);
    const principal: Principal = {
      kind,
      accountId: account.id,
      userId: found.userId,
      subject: null,
      applicationId: more.applicationId,
      actor: more.actor,
      scopes: authority.scopes.names,
      plan: account.plan,
      mode: authority.mode,
      credentialId: found.id,
      scheme: authority.scheme,
    };
    if (spent.exceeded) {
      return {
        outcome: "deny",
        at: now,
        reason: "rate_limited",
        scheme: scheme.name,
        principal,
        requirement,
        rotation: more.rotation,
        limit: spent,
        retryAfterSeconds: retryAfter("rate_limited", spent),
        apiVersion,
        trace: undefined,
      };
    }
    return {
      outcome: "allow",
      at: now,
      principal,
      requirement,
      expiresAt: expiresAt === Number.POSITIVE_INFINITY ? null : expiresAt,
      rotation: more.rotation,
      limit: spent,
      apiVersion,
      trace: undefined,
    };
  };
}
