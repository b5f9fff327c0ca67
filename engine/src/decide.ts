import type { Decision, Trace } from "./domain/decision.ts";
import type { Question } from "./domain/known.ts";
import { PresentedHeaders } from "./domain/presented-headers.ts";
import { isPromised } from "./domain/promised.ts";
import type { Reason } from "./domain/reasons.ts";
import type { ApiRequest } from "./domain/request.ts";
import { settleAccount } from "./steps/acting-account.ts";
import { type Attempt, type Before, deny, pass, refuse } from "./steps/attempt.ts";
import { authenticate } from "./steps/authenticate.ts";
import { authorize } from "./steps/authorize.ts";
import { checkOrigin } from "./steps/check-origin.ts";
import { checkRequest } from "./steps/check-request.ts";
import { checkStatus } from "./steps/check-status.ts";
import { claimOnce, mustClaim } from "./steps/claim-once.ts";
import { createClaimant } from "./steps/claimant.ts";
import { createGlance } from "./steps/glance.ts";
import { Inquiry } from "./steps/inquiry.ts";
import type { DecideParts, Shared } from "./steps/parts.ts";
import { Reading } from "./steps/reading.ts";
import { conclude, count, refuseUncounted } from "./steps/spend.ts";

/** Decides about one request: without a promise when memory knows all that it takes. */
export type Decide = (request: ApiRequest, options?: DecideOptions) => Decision | Promise<Decision>;

/** How a decision is made. */
export interface DecideOptions {
  /** Collects a trace of every step, and spends no limit. */
  readonly explain?: boolean | undefined;
}

/** A key, its user, their accounts: hardly a request takes more questions than a few of these. */
const MOST_QUESTIONS = 40;
/**
 * Without a lease what was answered counts for so long, in milliseconds, and never for longer than
 * a lease: whoever must ask much in a row starts again.
 */
const ANSWERS_COUNT_MS = 2500;
const FIRST: Before = {
  answered: [],
  since: Number.POSITIVE_INFINITY,
  claimed: false,
  spent: undefined,
};

/** Authenticate, authorize, limit: the product in one function. */
export function createDecide(parts: DecideParts): Decide {
  const { accountHeader, version, bareKeys } = parts.policy.policy;
  const presented = new PresentedHeaders(
    parts.credentialHeaders,
    accountHeader === null ? [] : [accountHeader],
    // Several versions are none that a policy lists.
    { lists: version === null ? [] : [version.header], bareKeys },
  );
  const reading = new Reading(presented, parts.policy);
  const inquiry = new Inquiry(parts, reading);
  const shared: Shared = {
    ...parts,
    reading,
    inquiry,
    claimant: createClaimant(parts.schemes, presented, inquiry, parts.policy.policy.several),
    versionHeader: presented.numberOf(version?.header ?? ""),
    accountHeader: presented.numberOf(accountHeader ?? ""),
  };
  const glance = createGlance(shared, (request, spent) =>
    isPromised(spent)
      ? spent.then((counted) => decide(shared, request, undefined, { ...FIRST, spent: counted }))
      : decide(shared, request, undefined, { ...FIRST, spent }),
  );
  return (request, options) => {
    const isExplained = options?.explain === true;
    read(shared, request, isExplained);
    if (isExplained) return decideRead(shared, request, [], FIRST);
    return glance(request) ?? decideRead(shared, request, undefined, FIRST);
  };
}

function read({ reading, inquiry }: Shared, request: ApiRequest, isExplained: boolean): void {
  reading.read(request, isExplained);
  inquiry.forget();
}

/** Reads and decides step by step: whoever was asked meanwhile may have decided about others. */
function decide(
  parts: Shared,
  request: ApiRequest,
  trace: Trace | undefined,
  before: Before,
): Decision | Promise<Decision> {
  read(parts, request, trace !== undefined);
  return decideRead(parts, request, trace, before);
}

/** Decides step by step about the request that was read. */
function decideRead(
  parts: Shared,
  request: ApiRequest,
  trace: Trace | undefined,
  before: Before,
): Decision | Promise<Decision> {
  const attempt: Attempt = {
    request,
    now: parts.clock(),
    trace,
    before,
    requirement: undefined,
    apiVersion: undefined,
    scheme: undefined,
    verified: undefined,
    account: undefined,
    scopes: undefined,
  };
  if (trace !== undefined) pass(attempt, "policy", parts.policy.digest);
  const refusal =
    checkRequest(parts, attempt) ?? authenticate(parts, attempt) ?? examine(parts, attempt);
  if (refusal === undefined) {
    if (mustClaim(attempt)) return claimThenDecide(parts, attempt);
    if (before.claimed) pass(attempt, "one-time", "claimed for this request");
    const spent = before.spent ?? count(parts, attempt);
    if (isPromised(spent)) return countThenDecide(parts, attempt, spent);
    return conclude(attempt, spent);
  }
  return typeof refusal === "string"
    ? refuseUncounted(parts, attempt, refusal)
    : askThenDecide(parts, attempt, refusal);
}

/** Whether what was proven may be used for this, step by step. */
function examine(parts: Shared, attempt: Attempt): Reason | Question | undefined {
  return (
    checkStatus(parts, attempt) ??
    checkOrigin(attempt) ??
    settleAccount(parts, attempt) ??
    authorize(parts, attempt)
  );
}

/** Asks, then decides everything again: what was passed before may not hold any more. */
async function askThenDecide(
  parts: Shared,
  attempt: Attempt,
  question: Question,
): Promise<Decision> {
  const { request, trace, now, before } = attempt;
  const since = Math.min(before.since, now);
  const again = before.answered.some((each) => isSame(each, question));
  // Asked and still not there: memory was too small to hold the answer for one turn.
  const outcome =
    again || before.answered.length >= MOST_QUESTIONS
      ? "unavailable"
      : await parts.memory.ask(question, { address: request.address, counts: trace === undefined });
  const isOld = !parts.memory.isCurrent() && parts.clock() > since + ANSWERS_COUNT_MS;
  if (outcome !== "answered" || isOld) {
    const reason = outcome === "throttled" ? "address_throttled" : "source_unavailable";
    refuse(attempt, "source", reason, question.about);
    // As whoever is known to be no good is answered: which of the two it is is nobody's to see.
    if (reason === "address_throttled") return refuseUncounted(parts, attempt, reason);
    return deny(attempt, reason);
  }
  if (trace !== undefined) trace.length = 0;
  const answered = [...before.answered, question];
  return decide(parts, request, trace, { ...before, answered, since });
}

function isSame(a: Question, b: Question): boolean {
  return a.about === b.about && a.scheme === b.scheme && a.name === b.name;
}

/** Claims what may be used once only; then time has passed, and everything is decided again. */
async function claimThenDecide(parts: Shared, attempt: Attempt): Promise<Decision> {
  const { request, trace, before } = attempt;
  const refusal = await claimOnce(parts, attempt);
  if (refusal !== undefined) return refusal;
  if (trace !== undefined) trace.length = 0;
  return decide(parts, request, trace, { ...before, claimed: true });
}

/** Waits for counters that are elsewhere; then, too, everything is decided again. */
async function countThenDecide(
  parts: Shared,
  { request, trace, before }: Attempt,
  counted: Promise<Before["spent"]>,
): Promise<Decision> {
  const spent = await counted;
  if (trace !== undefined) trace.length = 0;
  return decide(parts, request, trace, { ...before, spent });
}
