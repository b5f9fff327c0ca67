import {
  type Decision,
  headersObject,
  type LimitState,
  type Principal,
  type Rendered,
  type Trace,
  type WindowState,
} from "@latchkey/engine";
import { rfc3339 } from "./rfc3339.ts";

/** A decision as `POST verify` answers it; `docs/reference/http.md` tells of each member. */
export interface DecisionWire {
  readonly outcome: "allow" | "deny";
  readonly status: number;
  readonly reason: string | undefined;
  readonly principal: Principal | undefined;
  readonly limit: LimitWire | undefined;
  readonly response: {
    readonly status: number;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string | null;
  };
  readonly trace: readonly TraceWire[] | undefined;
}

interface LimitWire {
  readonly name: string;
  readonly limit: number;
  readonly remaining: number;
  readonly resetAt: string;
  readonly windows: readonly WindowWire[];
  readonly decidedBy: string;
}

interface WindowWire {
  readonly name: string;
  readonly limit: number;
  readonly remaining: number;
  readonly windowSeconds: number;
  readonly resetAt: string;
}

interface TraceWire {
  readonly step: string;
  readonly outcome: string;
  readonly detail: string;
  readonly at: string;
}

/** `rendered` is the profile's own answer to the decision. JSON leaves out what is undefined. */
export function decisionWire(decision: Decision, rendered: Rendered): DecisionWire {
  const { outcome, principal, limit, trace } = decision;
  return {
    outcome,
    status: rendered.status,
    reason: outcome === "deny" ? decision.reason : undefined,
    principal,
    limit: limit === undefined ? undefined : limitWire(limit),
    response: {
      status: rendered.status,
      headers: headersObject(rendered.headers),
      body: rendered.body,
    },
    trace: trace === undefined ? undefined : traceWire(trace),
  };
}

/** Where a limit stands. */
export function limitWire({ decisive, windows, decidedBy }: LimitState): LimitWire {
  return {
    name: decisive.name,
    limit: decisive.limit,
    remaining: decisive.remaining,
    resetAt: rfc3339(decisive.resetAt),
    windows: windows.map(windowWire),
    decidedBy,
  };
}

function windowWire({ name, limit, remaining, windowSeconds, resetAt }: WindowState): WindowWire {
  return { name, limit, remaining, windowSeconds, resetAt: rfc3339(resetAt) };
}

/** What was looked at. */
export function traceWire(trace: Trace): readonly TraceWire[] {
  return trace.map((step) => ({ ...step, at: rfc3339(step.at) }));
}
