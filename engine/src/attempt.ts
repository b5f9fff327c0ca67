import type { Allow, Deny, Trace, TraceStep } from "./domain/decision.ts";
import type { LimitState } from "./domain/limit.ts";
import type { Principal } from "./domain/principal.ts";
import type { Reason } from "./domain/reasons.ts";
import type { ApiRequest } from "./domain/request.ts";
import type { Authority } from "./policy/authority.ts";
import type { CompiledRequirement } from "./policy/match.ts";
import type { Verified } from "./schemes/scheme.ts";

/** Seconds after which it is worth trying again when the source was away or would not listen. */
const TRY_AGAIN_SECONDS = 5;

/** A request on its way to a decision. */
export interface Attempt {
  readonly request: ApiRequest;
  readonly now: number;
  readonly trace: Trace | undefined;
  /** The source was already asked for this request: what memory says now is the answer. */
  readonly asked: boolean;
  requirement: CompiledRequirement | undefined;
  apiVersion: string | undefined;
  verified: Verified<Authority> | undefined;
}

/** The decision that lets the request pass. */
export function allow(attempt: Attempt, limit: LimitState | undefined): Allow {
  const { requirement, verified, apiVersion, trace } = attempt;
  if (requirement === undefined || verified === undefined) throw new Error("allowed unverified");
  const expiresAt = verified.credential?.expiresAt ?? Number.POSITIVE_INFINITY;
  return {
    outcome: "allow",
    principal: principalOf(verified),
    requirement,
    expiresAt: expiresAt === Number.POSITIVE_INFINITY ? null : expiresAt,
    limit,
    apiVersion,
    trace,
  };
}

/** The decision that refuses it. */
export function deny(attempt: Attempt, reason: Reason, limit?: LimitState): Deny {
  const { requirement, verified, apiVersion, trace } = attempt;
  return {
    outcome: "deny",
    reason,
    principal: verified === undefined ? undefined : principalOf(verified),
    requirement,
    limit,
    retryAfterSeconds: retryAfter(reason, limit),
    apiVersion,
    trace,
  };
}

/** Whole seconds, at least 1 (RFC 9110 §10.2.3). */
function retryAfter(reason: Reason, limit: LimitState | undefined): number | undefined {
  if (limit?.retryAt !== undefined)
    return Math.max(1, Math.ceil((limit.retryAt - limit.at) / 1000));
  return reason === "source_unavailable" || reason === "address_throttled"
    ? TRY_AGAIN_SECONDS
    : undefined;
}

function principalOf({ credential, kind, subject, actor }: Verified<Authority>): Principal {
  return {
    kind,
    accountId: credential?.account.id ?? null,
    userId: credential?.userId ?? null,
    subject,
    applicationId: null,
    actor,
    scopes: credential?.authority.scopes.names ?? [],
    plan: credential?.account.plan ?? null,
    mode: credential?.authority.mode ?? null,
    credentialId: credential?.id ?? null,
    scheme: credential?.authority.scheme ?? "anonymous",
  };
}

/** A step of the trace that let the request go on. */
export function passed(step: string, detail: string, at: number): TraceStep {
  return { step, outcome: "passed", detail, at };
}

/** Notes in the trace what refuses the request, and gives the reason back. */
export function refuse(attempt: Attempt, step: string, reason: Reason, detail?: string): Reason {
  const text: TraceStep["detail"] = detail === undefined ? reason : `${reason}: ${detail}`;
  attempt.trace?.push({ step, outcome: "refused", detail: text, at: attempt.now });
  return reason;
}
