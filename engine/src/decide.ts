import type { Clock } from "./domain/clock.ts";
import type { Allow, Decision, Deny, Trace, TraceStep } from "./domain/decision.ts";
import type { AskOutcome, CredentialMemory } from "./domain/known.ts";
import type { LimitState } from "./domain/limit.ts";
import { failureBucket } from "./domain/network.ts";
import { readPath } from "./domain/path.ts";
import { PresentedHeaders } from "./domain/presented-headers.ts";
import type { Principal } from "./domain/principal.ts";
import type { Reason } from "./domain/reasons.ts";
import type { ApiRequest } from "./domain/request.ts";
import { satisfies, satisfiesOnOwn } from "./domain/scope.ts";
import type { CompiledLimit } from "./limits/compiled-limit.ts";
import type { Limiter } from "./limits/limiter.ts";
import type { Authority } from "./policy/authority.ts";
import type { CompiledPolicy } from "./policy/compile.ts";
import { type CompiledRequirement, ownerOf } from "./policy/match.ts";
import type { ClaimContext, Scheme, Verified, VerifyContext } from "./schemes/scheme.ts";

/** What decisions are made from. */
export interface DecideParts {
  readonly policy: CompiledPolicy;
  /** Those that the policy names, in its order. */
  readonly schemes: readonly Scheme[];
  readonly memory: CredentialMemory<Authority>;
  readonly limiter: Limiter;
  readonly claimContext: ClaimContext;
  /** Every header that a decision looks at, in lower case. */
  readonly headers: readonly string[];
  readonly requireTls: boolean;
  readonly clock: Clock;
}

/** Decides about one request: without a promise when memory knows all that it takes. */
export type Decide = (request: ApiRequest, options?: DecideOptions) => Decision | Promise<Decision>;

export interface DecideOptions {
  /** Collects a trace of every step, and spends no limit. */
  readonly explain?: boolean | undefined;
}

/** What all requests of one engine share. */
interface Shared extends DecideParts {
  /** Filled anew for each request. */
  readonly presented: PresentedHeaders;
  /** By `contextIndex`. */
  readonly contexts: readonly VerifyContext<Authority>[];
}

/** A request on its way to a decision. */
interface Attempt {
  readonly request: ApiRequest;
  readonly now: number;
  readonly trace: Trace | undefined;
  /** The source was already asked for this request: what memory says now is the answer. */
  readonly asked: boolean;
  path: string;
  requirement: CompiledRequirement | undefined;
  apiVersion: string | undefined;
  verified: Verified<Authority> | undefined;
}

/** A question that memory could not answer, for the source of truth. */
interface Question {
  readonly scheme: string;
  readonly secret: string;
}

/** Seconds after which it is worth trying again when the source was away or would not listen. */
const TRY_AGAIN_SECONDS = 5;

/** Authenticate, authorize, limit: the product in one function. */
export function createDecide(parts: DecideParts): Decide {
  const presented = new PresentedHeaders(parts.headers);
  const shared: Shared = { ...parts, presented, contexts: verifyContexts(parts) };
  return (request, options) =>
    decide(shared, request, options?.explain === true ? [] : undefined, false);
}

function verifyContexts({ memory, claimContext }: DecideParts): VerifyContext<Authority>[] {
  const contexts: VerifyContext<Authority>[] = [];
  for (const asked of [false, true]) {
    for (const anonymous of [false, true]) {
      contexts[contextIndex(asked, anonymous)] = {
        find: asked
          ? (scheme, text, start) => memory.findAnswered(scheme, text, start)
          : (scheme, text, start) => memory.find(scheme, text, start),
        keyFormat: claimContext.keyFormat,
        anonymous,
      };
    }
  }
  return contexts;
}

function contextIndex(asked: boolean, anonymous: boolean): number {
  return (asked ? 2 : 0) + (anonymous ? 1 : 0);
}

function decide(
  parts: Shared,
  request: ApiRequest,
  trace: Trace | undefined,
  asked: boolean,
): Decision | Promise<Decision> {
  const attempt: Attempt = {
    request,
    now: parts.clock(),
    trace,
    asked,
    path: "",
    requirement: undefined,
    apiVersion: undefined,
    verified: undefined,
  };
  const refusal = readRequest(parts, attempt) ?? authenticate(parts, attempt) ?? authorize(attempt);
  if (refusal === undefined) return spend(parts, attempt);
  return typeof refusal === "string"
    ? deny(attempt, refusal)
    : askThenDecide(parts, attempt, refusal);
}

/** Hygiene, the endpoint's requirement, transport, version: what needs no credential. */
function readRequest(parts: Shared, attempt: Attempt): Reason | undefined {
  const { request } = attempt;
  const path = readPath(request.target);
  if (path === undefined) return refuse(attempt, "hygiene", "path_malformed");
  attempt.path = path;
  const duplicated = parts.presented.read(request.headers);
  if (duplicated !== undefined) return refuse(attempt, "hygiene", "header_duplicated", duplicated);
  attempt.requirement = parts.policy.match(request.method, path);
  if (attempt.requirement === undefined) return refuse(attempt, "requirement", "endpoint_unknown");
  attempt.trace?.push(passed("requirement", attempt.requirement.match, attempt.now));
  if (parts.requireTls && !request.secure)
    return refuse(attempt, "transport", "transport_insecure");
  return readVersion(parts, attempt);
}

function readVersion({ policy, presented }: Shared, attempt: Attempt): Reason | undefined {
  const rule = policy.policy.version;
  if (rule === null) return undefined;
  const asked = presented.get(rule.header);
  const supported = asked === undefined || rule.supported.includes(asked);
  attempt.apiVersion = asked !== undefined && supported ? asked : rule.default;
  if (supported || rule.unsupported === "default") return undefined;
  return refuse(attempt, "version", "api_version_unsupported", rule.header);
}

/** Exactly one scheme claims the request by its form, and proves who it is from. */
function authenticate(parts: Shared, attempt: Attempt): Reason | Question | undefined {
  const { requirement, asked } = attempt;
  let scheme: Scheme | undefined;
  let presented = "";
  for (const candidate of parts.schemes) {
    const claimed = candidate.claim(parts.presented, parts.claimContext);
    if (claimed === undefined) continue;
    if (scheme !== undefined) return refuse(attempt, "authenticate", "credential_ambiguous");
    scheme = candidate;
    presented = claimed;
  }
  if (scheme === undefined) return refuse(attempt, "authenticate", "credential_malformed");
  const context = parts.contexts[contextIndex(asked, requirement?.anonymous === true)];
  const verification = scheme.verify(presented, context as VerifyContext<Authority>);
  switch (verification.outcome) {
    case "verified":
      attempt.verified = verification;
      attempt.trace?.push(passed("authenticate", scheme.name, attempt.now));
      return undefined;
    case "refused":
      return refuse(attempt, "authenticate", verification.reason, scheme.name);
    case "ask":
      // Asked and still not there: memory was too small to hold the answer for one turn.
      if (asked) return refuse(attempt, "authenticate", "source_unavailable");
      return { scheme: scheme.name, secret: verification.secret };
  }
}

/** Status, address rules, scopes: may this principal do this? */
function authorize(attempt: Attempt): Reason | undefined {
  const { request, requirement, verified, now } = attempt;
  const credential = verified?.credential;
  if (credential === undefined || requirement === undefined) return undefined;
  if (credential.revoked) return refuse(attempt, "status", "credential_revoked", credential.id);
  if (credential.expiresAt <= now) {
    return refuse(attempt, "status", "credential_expired", credential.id);
  }
  if (credential.account.status !== "active") {
    return refuse(attempt, "status", "account_suspended", credential.account.id);
  }
  attempt.trace?.push(passed("status", credential.id, attempt.now));
  const { networks, scopes } = credential.authority;
  if (networks !== undefined) {
    if (request.address === undefined || !networks.contains(request.address)) {
      return refuse(attempt, "address", "address_not_allowed", request.address);
    }
    attempt.trace?.push(passed("address", request.address, attempt.now));
  }
  if (!satisfies(scopes, requirement.needed) && !ownsResource(attempt)) {
    return refuse(attempt, "scopes", "scope_insufficient", requirement.scopes.join(" "));
  }
  attempt.trace?.push(passed("scopes", requirement.scopes.join(" "), attempt.now));
  return undefined;
}

/** Whether scopes that hold on own resources suffice, because the resource is the principal's. */
function ownsResource({ path, requirement, verified }: Attempt): boolean {
  const credential = verified?.credential;
  if (credential === undefined || requirement === undefined) return false;
  if (!satisfiesOnOwn(credential.authority.scopes, requirement.needed)) return false;
  const owner = ownerOf(requirement, path);
  return owner !== undefined && (owner === credential.userId || owner === verified?.subject);
}

/** Counts the request against every window of its limit, or against none. */
function spend(parts: DecideParts, attempt: Attempt): Decision | Promise<Decision> {
  const limit = limitOf(parts, attempt);
  if (limit === undefined) return allow(attempt, undefined);
  const key = countedTogether(limit, attempt);
  const credential = attempt.verified?.credential;
  const spent =
    attempt.trace === undefined
      ? parts.limiter.spend(limit, key, attempt.now, credential?.counterHint)
      : parts.limiter.peek(limit, key, attempt.now);
  if (spent instanceof Promise) return spent.then((state) => conclude(attempt, state));
  if (credential !== undefined && credential.counterHint !== spent.hint) {
    parts.memory.keepCounterHint(credential.place, spent.hint);
  }
  return conclude(attempt, spent);
}

function limitOf(parts: DecideParts, { verified }: Attempt): CompiledLimit | undefined {
  const credential = verified?.credential;
  return credential === undefined ? parts.policy.limitOf("anonymous") : credential.authority.limit;
}

/** What requests are counted together with this one. */
function countedTogether(limit: CompiledLimit, { request, verified }: Attempt): string {
  const credential = verified?.credential;
  switch (limit.per) {
    case "credential":
    case "token":
      return credential?.lineageId ?? "";
    case "user":
      return credential?.userId ?? credential?.account.id ?? "";
    case "account":
      return credential?.account.id ?? "";
    case "address":
      return failureBucket(request.address);
  }
}

function conclude(attempt: Attempt, state: LimitState): Decision {
  if (!state.exceeded) {
    attempt.trace?.push(passed("limit", state.decisive.name, attempt.now));
    return allow(attempt, state);
  }
  refuse(attempt, "limit", "rate_limited", state.decisive.name);
  return deny(attempt, "rate_limited", state);
}

async function askThenDecide(
  parts: Shared,
  { request, trace, ...attempt }: Attempt,
  { scheme, secret }: Question,
): Promise<Decision> {
  const outcome = await parts.memory.ask(scheme, secret, request.address);
  if (outcome === "answered") return decide(parts, request, trace, true);
  const reason = ASK_REFUSALS[outcome];
  return deny({ ...attempt, request, trace }, reason);
}

const ASK_REFUSALS: Record<Exclude<AskOutcome, "answered">, Reason> = {
  unavailable: "source_unavailable",
  throttled: "address_throttled",
};

function allow(attempt: Attempt, limit: LimitState | undefined): Allow {
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

function deny(attempt: Attempt, reason: Reason, limit?: LimitState): Deny {
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

function passed(step: string, detail: string, at: number): TraceStep {
  return { step, outcome: "passed", detail, at };
}

function refuse(attempt: Attempt, step: string, reason: Reason, detail?: string): Reason {
  const text: TraceStep["detail"] = detail === undefined ? reason : `${reason}: ${detail}`;
  attempt.trace?.push({ step, outcome: "refused", detail: text, at: attempt.now });
  return reason;
}
