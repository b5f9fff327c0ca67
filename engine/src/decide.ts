import { type Attempt, allow, deny, passed, refuse } from "./attempt.ts";
import type { Clock } from "./domain/clock.ts";
import type { Decision, Trace } from "./domain/decision.ts";
import type { AskOutcome, CredentialMemory } from "./domain/known.ts";
import type { LimitState } from "./domain/limit.ts";
import { failureBucket } from "./domain/network.ts";
import { RequestPath } from "./domain/path.ts";
import { PresentedHeaders } from "./domain/presented-headers.ts";
import type { Reason } from "./domain/reasons.ts";
import type { ApiRequest } from "./domain/request.ts";
import { satisfies, satisfiesOnOwn } from "./domain/scope.ts";
import type { CompiledLimit } from "./limits/compiled-limit.ts";
import type { Limiter } from "./limits/limiter.ts";
import type { Authority } from "./policy/authority.ts";
import type { CompiledPolicy } from "./policy/compile.ts";
import { ownerOf } from "./policy/match.ts";
import type { ClaimContext, Scheme, VerifyContext } from "./schemes/scheme.ts";

/** What decisions are made from. */
export interface DecideParts {
  readonly policy: CompiledPolicy;
  /** Those that the policy names, in its order. */
  readonly schemes: readonly Scheme[];
  readonly memory: CredentialMemory<Authority>;
  readonly limiter: Limiter;
  readonly claimContext: ClaimContext;
  /** Every header in which this API takes a credential, in lower case. */
  readonly credentialHeaders: readonly string[];
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
  /** Read anew from each request. */
  readonly path: RequestPath;
  readonly presented: PresentedHeaders;
  /** Which of the presented headers names a version of the API. */
  readonly versionHeader: number;
  /** By `contextIndex`. */
  readonly contexts: readonly VerifyContext<Authority>[];
}

/** A question that memory could not answer, for the source of truth. */
interface Question {
  readonly scheme: string;
  readonly secret: string;
}

/** Authenticate, authorize, limit: the product in one function. */
export function createDecide(parts: DecideParts): Decide {
  const { policy, credentialHeaders } = parts;
  const version = policy.policy.version?.header;
  const presented = new PresentedHeaders(credentialHeaders, version === undefined ? [] : [version]);
  const shared: Shared = {
    ...parts,
    path: new RequestPath(),
    presented,
    versionHeader: version === undefined ? -1 : presented.numberOf(version),
    contexts: verifyContexts(parts),
  };
  return (request, options) =>
    decide(shared, request, options?.explain === true ? [] : undefined, false);
}

function verifyContexts({ memory, policy }: DecideParts): VerifyContext<Authority>[] {
  const contexts: VerifyContext<Authority>[] = [];
  for (const asked of [false, true]) {
    for (const anonymous of [false, true]) {
      contexts[contextIndex(asked, anonymous)] = {
        find: asked
          ? (scheme, secret) => memory.findAnswered(scheme, secret)
          : (scheme, secret) => memory.find(scheme, secret),
        keyFormat: policy.policy.keyFormat,
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
    requirement: undefined,
    apiVersion: undefined,
    verified: undefined,
  };
  const refusal =
    readRequest(parts, attempt) ?? authenticate(parts, attempt) ?? authorize(parts, attempt);
  if (refusal === undefined) return spend(parts, attempt);
  return typeof refusal === "string"
    ? deny(attempt, refusal)
    : askThenDecide(parts, attempt, refusal);
}

/** Hygiene, the endpoint's requirement, transport, version: what needs no credential. */
function readRequest(parts: Shared, attempt: Attempt): Reason | undefined {
  const { request } = attempt;
  if (!parts.path.read(request.target)) return refuse(attempt, "hygiene", "path_malformed");
  const duplicated = parts.presented.read(request.headers);
  if (duplicated !== undefined) return refuse(attempt, "hygiene", "header_duplicated", duplicated);
  attempt.requirement = parts.policy.match(request.method, parts.path);
  if (attempt.requirement === undefined) return refuse(attempt, "requirement", "endpoint_unknown");
  attempt.trace?.push(passed("requirement", attempt.requirement.match, attempt.now));
  if (parts.requireTls && !request.secure)
    return refuse(attempt, "transport", "transport_insecure");
  return readVersion(parts, attempt);
}

function readVersion(
  { policy, presented, versionHeader }: Shared,
  attempt: Attempt,
): Reason | undefined {
  const rule = policy.policy.version;
  if (rule === null) return undefined;
  const asked = presented.at(versionHeader);
  const supported = asked === undefined || rule.supported.includes(asked);
  attempt.apiVersion = asked !== undefined && supported ? asked : rule.default;
  if (supported || rule.unsupported === "default") return undefined;
  return refuse(attempt, "version", "api_version_unsupported", rule.header);
}

/** Exactly one scheme claims the request by its form, and proves who it is from. */
function authenticate(parts: Shared, attempt: Attempt): Reason | Question | undefined {
  const { requirement, asked } = attempt;
  let scheme: Scheme | undefined;
  for (const candidate of parts.schemes) {
    if (!candidate.claims(parts.presented, parts.claimContext)) continue;
    if (scheme !== undefined) return refuse(attempt, "authenticate", "credential_ambiguous");
    scheme = candidate;
  }
  if (scheme === undefined) return refuse(attempt, "authenticate", "credential_malformed");
  const context = parts.contexts[contextIndex(asked, requirement?.anonymous === true)];
  const verification = scheme.verify(parts.presented, context as VerifyContext<Authority>);
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
function authorize(parts: Shared, attempt: Attempt): Reason | undefined {
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
  if (!satisfies(scopes, requirement.needed) && !ownsResource(parts, attempt)) {
    return refuse(attempt, "scopes", "scope_insufficient", requirement.scopes.join(" "));
  }
  attempt.trace?.push(passed("scopes", requirement.scopes.join(" "), attempt.now));
  return undefined;
}

/** Whether scopes that hold on own resources suffice, because the resource is the principal's. */
function ownsResource({ path }: Shared, { requirement, verified }: Attempt): boolean {
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
      ? parts.limiter.spend(limit, key, attempt.now, credential)
      : parts.limiter.peek(limit, key, attempt.now);
  if (spent instanceof Promise) return spent.then((state) => conclude(attempt, state));
  if (credential !== undefined && credential.ticket !== spent.ticket) {
    parts.memory.keepCounters(credential.place, spent.bucket, spent.ticket);
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
