import type { AccountState } from "../domain/account.ts";
import type { Allow, Deny, Rotation, Trace, TraceStep } from "../domain/decision.ts";
import type { Question } from "../domain/known.ts";
import { type LimitState, secondsToWait } from "../domain/limit.ts";
import type { Principal } from "../domain/principal.ts";
import type { Reason } from "../domain/reasons.ts";
import type { ApiRequest } from "../domain/request.ts";
import type { ScopeSet } from "../domain/scope.ts";
import type { Spent } from "../limits/limiter.ts";
import type { Authority } from "../policy/authority.ts";
import type { CompiledRequirement } from "../policy/match.ts";
import type { Verified } from "../schemes/scheme.ts";

/** Seconds after which it is worth trying again when something was away. */
const TRY_AGAIN_SECONDS = 5;
const TRY_AGAIN: readonly Reason[] = [
  "source_unavailable",
  "counters_unavailable",
  "one_time_unavailable",
];

/** What was done for a request that is decided again. */
export interface Before {
  /** What the source was asked: what memory says now is the answer. */
  readonly answered: readonly Question[];
  /** When the first of these was asked, in Unix milliseconds; later: nothing was. */
  readonly since: number;
  /** What may be used once only is claimed. */
  readonly claimed: boolean;
  /** What counting it came to, where that took time. */
  readonly spent: Spent | undefined;
}

/** A request on its way to a decision. */
export interface Attempt {
  readonly request: ApiRequest;
  readonly now: number;
  readonly trace: Trace | undefined;
  readonly before: Before;
  requirement: CompiledRequirement | undefined;
  apiVersion: string | undefined;
  /** The scheme that claimed it. */
  scheme: string | undefined;
  verified: Verified<Authority> | undefined;
  /** The account acted for. */
  account: AccountState | undefined;
  /** What may be done, of what the credential may. */
  scopes: ScopeSet | undefined;
  /** Of what was presented and refused for a moment. */
  pausedRotation?: Rotation | undefined;
  /** Whole seconds until its address is listened to again, when it is not. */
  waitSeconds?: number | undefined;
}

/** The decision that lets the request pass. */
export function allow(attempt: Attempt, limit: LimitState | undefined): Allow {
  const { now: at, requirement, verified, apiVersion, trace } = attempt;
  if (requirement === undefined || verified === undefined) throw new Error("allowed unverified");
  return {
    outcome: "allow",
    at,
    principal: principalOf(attempt, verified),
    requirement,
    expiresAt: expiryOf(verified),
    rotation: verified.rotation,
    limit,
    apiVersion,
    trace,
  };
}

/** The decision that refuses it. */
export function deny(attempt: Attempt, reason: Reason, limit?: LimitState): Deny {
  const { now: at, requirement, scheme, verified, apiVersion, trace } = attempt;
  return {
    outcome: "deny",
    at,
    reason,
    scheme,
    principal: verified === undefined ? undefined : principalOf(attempt, verified),
    requirement,
    rotation: verified === undefined ? attempt.pausedRotation : verified.rotation,
    limit,
    retryAfterSeconds: attempt.waitSeconds ?? retryAfter(reason, limit),
    apiVersion,
    trace,
  };
}

/** When what was presented ends: the credential, or the token before it. */
function expiryOf({ credential, token }: Verified<Authority>): number | null {
  const last = credential === undefined ? Number.POSITIVE_INFINITY : credential.expiresAt;
  const end = token === undefined || token.expiresAt > last ? last : token.expiresAt;
  return end === Number.POSITIVE_INFINITY ? null : end;
}

/** Whole seconds, at least 1 (RFC 9110 §10.2.3). */
export function retryAfter(reason: Reason, limit: LimitState | undefined): number | undefined {
  if (reason === "rate_limited" && limit?.retryAt !== undefined) return secondsToWait(limit);
  return TRY_AGAIN.includes(reason) ? TRY_AGAIN_SECONDS : undefined;
}

function principalOf(attempt: Attempt, verified: Verified<Authority>): Principal {
  const { credential, kind, userId, subject, actor } = verified;
  if (credential === undefined) return NOBODY;
  const { id, account: own, authority, more } = credential;
  const account = attempt.account ?? own;
  return {
    kind,
    accountId: account.id,
    userId,
    subject,
    applicationId: more.applicationId,
    actor: actor ?? (account === own ? null : actorOf(account, own)),
    scopes: (attempt.scopes ?? authority.scopes).names,
    plan: account.plan,
    mode: authority.mode,
    credentialId: id,
    scheme: attempt.scheme ?? authority.scheme,
  };
}

const NOBODY: Principal = {
  kind: "anonymous",
  accountId: null,
  userId: null,
  subject: null,
  applicationId: null,
  actor: null,
  scopes: [],
  plan: null,
  mode: null,
  credentialId: null,
  scheme: "anonymous",
};

/** The platform or organization that acts for one of its children. */
function actorOf(account: AccountState, own: AccountState): Principal["actor"] {
  if (account.id === own.id) return null;
  return { kind: own.kind === "platform" ? "platform" : "organization", id: own.id };
}

/** Notes in the trace, if there is one, a step that let the request go on. */
export function pass(attempt: Attempt, step: string, detail: string): void {
  attempt.trace?.push({ step, outcome: "passed", detail, at: attempt.now });
}

/** Notes in the trace what refuses the request, and gives the reason back. */
export function refuse(attempt: Attempt, step: string, reason: Reason, detail?: string): Reason {
  const text: TraceStep["detail"] = detail === undefined ? reason : `${reason}: ${detail}`;
  attempt.trace?.push({ step, outcome: "refused", detail: text, at: attempt.now });
  return reason;
}
