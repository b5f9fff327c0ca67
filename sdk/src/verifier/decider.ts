import {
  type ApiRequest,
  type Decision,
  type Deny,
  type Engine,
  isPromised,
  type Reason,
  type Rendered,
} from "@latchkey/engine";
import type { KnownApi } from "./known-api.ts";
import type { LeaseKeeper } from "./lease-keeper.ts";
import type { Online } from "./online.ts";

/** Decides from memory, else by the server, else not at all. */
export interface Decider {
  verify(request: ApiRequest): Decision | Promise<Decision>;
  /** What the server would answer, for a decision that it made. */
  renderedBy(decision: Decision): Rendered | undefined;
  /** For a decision on stale knowledge: seconds by which that may be behind. */
  staleSeconds(decision: Decision): number | undefined;
  /** How many decisions were made on stale knowledge. */
  readonly stale: number;
  /** From now on everything is refused; resolves when what was under way is decided. */
  stop(): Promise<void>;
}

interface DeciderParts {
  readonly api: Pick<KnownApi, "engine">;
  readonly keeper: Pick<LeaseKeeper, "lease" | "enter" | "leave">;
  readonly online: Pick<Online, "decide">;
  readonly clock: () => number;
  readonly requestIdOf: (request: ApiRequest) => string;
  /** Told of what was decided here; what the server decides it counts itself. */
  readonly count: (decision: Decision, request: ApiRequest) => void;
}

/** Refusals that mean that this process cannot tell, and the server may. */
const SERVER_MAY_KNOW: readonly Reason[] = [
  "source_unavailable",
  "one_time_unavailable",
  "counters_unavailable",
];
/** A policy that changes while a request is decided does not change again and again. */
const MOST_TRIES = 3;
const TRY_AGAIN_SECONDS = 5;

/**
 * How a decision was made that memory did not make at once. It is kept on the decision itself: every
 * decision is asked for it, and asking a `WeakMap` twice costs a tenth of one.
 */
const MADE = Symbol("made");

interface Made {
  readonly rendered?: Rendered;
  readonly staleSeconds?: number;
}

function madeOf(decision: Decision & { readonly [MADE]?: Made }): Made | undefined {
  return decision[MADE];
}

/** Nobody who lists or copies its properties sees it. */
function setMade(decision: Decision, made: Made): void {
  Object.defineProperty(decision, MADE, { value: made, configurable: true });
}

/** Makes the decisions of a verifier. */
export function createDecider(parts: DeciderParts): Decider {
  const { api, keeper, online, clock, requestIdOf, count } = parts;
  let stale = 0;
  let stopped = false;
  const underWay = new Set<Promise<Decision>>();

  function verify(request: ApiRequest): Decision | Promise<Decision> {
    const { engine } = api;
    if (stopped) return unavailable(clock());
    const decision =
      engine === undefined
        ? decideOnline(request, undefined)
        : inMemory(engine, request, MOST_TRIES);
    if (isPromised(decision)) keep(decision);
    return decision;
  }

  function keep(decision: Promise<Decision>): void {
    underWay.add(decision);
    const end = () => underWay.delete(decision);
    decision.then(end, end);
  }

  function inMemory(
    engine: Engine,
    request: ApiRequest,
    tries: number,
  ): Decision | Promise<Decision> {
    if (!keeper.enter()) return decideOnline(request, undefined);
    const decision = decideHere(engine, request);
    if (isPromised(decision)) return afterAsking(engine, request, decision, tries);
    return conclude(engine, request, decision);
  }

  /** After `enter`. */
  function decideHere(engine: Engine, request: ApiRequest): Decision | Promise<Decision> {
    try {
      return engine.decide(request);
    } catch {
      return unavailable(clock());
    } finally {
      keeper.leave();
    }
  }

  async function afterAsking(
    engine: Engine,
    request: ApiRequest,
    asked: Promise<Decision>,
    tries: number,
  ): Promise<Decision> {
    const decision = await asked.catch(() => unavailable(clock()));
    // Whatever came, and for whomever: of what has changed since, nothing may have come here.
    if (!keeper.lease.holds()) return decideOnline(request, undefined);
    // An engine that was replaced meanwhile has not heard of what changed since.
    const now = api.engine;
    if (now === engine) return conclude(engine, request, decision);
    if (now === undefined || tries === 0) return decideOnline(request, undefined);
    return inMemory(now, request, tries - 1);
  }

  function conclude(
    engine: Engine,
    request: ApiRequest,
    decision: Decision,
  ): Decision | Promise<Decision> {
    if (decision.outcome === "deny" && mayBeKnownBetter(engine, decision)) {
      return decideOnline(request, decision);
    }
    count(decision, request);
    return decision;
  }

  /** Asks the server; `local` is what counts when it does not answer. */
  async function decideOnline(request: ApiRequest, local: Decision | undefined): Promise<Decision> {
    const answer = await online.decide(request, requestIdOf(request));
    if (typeof answer === "object") {
      setMade(answer.decision, { rendered: answer.rendered });
      return answer.decision;
    }
    // What the server takes from nobody must not be a way past it.
    const mayBeStale = answer !== "unfit";
    const decision = local ?? (mayBeStale ? onStale(request) : undefined) ?? unavailable(clock());
    count(decision, request);
    return decision;
  }

  /** What is known counts for a while longer, where the policy says so. */
  function onStale(request: ApiRequest): Decision | undefined {
    const { engine } = api;
    const seconds = engine?.policy.policy.verifiers.staleSeconds ?? 0;
    if (engine === undefined || seconds === 0) return undefined;
    if (!keeper.enter(seconds)) return undefined;
    const decision = decideHere(engine, request);
    if (isPromised(decision)) {
      // It had to ask, and there is nobody to ask.
      decision.catch(() => undefined);
      return undefined;
    }
    stale += 1;
    setMade(decision, { staleSeconds: Math.ceil(keeper.lease.age() / 1000) });
    return decision;
  }

  return {
    verify,
    renderedBy: (decision) => madeOf(decision)?.rendered,
    staleSeconds: (decision) => madeOf(decision)?.staleSeconds,
    get stale() {
      return stale;
    },
    async stop() {
      stopped = true;
      await Promise.allSettled(underWay);
    },
  };
}

/** Where every answer tells of limits that the server counts, refusals have to come from there. */
function mayBeKnownBetter(engine: Engine, { reason }: Deny): boolean {
  if (SERVER_MAY_KNOW.includes(reason)) return true;
  const { verifiers, limitsShown } = engine.policy.policy;
  return verifiers.limits === "exact" && limitsShown === "always";
}

function unavailable(at: number): Deny {
  return {
    outcome: "deny",
    at,
    reason: "source_unavailable",
    scheme: undefined,
    principal: undefined,
    requirement: undefined,
    rotation: undefined,
    limit: undefined,
    retryAfterSeconds: TRY_AGAIN_SECONDS,
    apiVersion: undefined,
    trace: undefined,
  };
}
