import type { LimitState } from "./limit.ts";
import type { Principal } from "./principal.ts";
import type { Reason } from "./reasons.ts";
import type { Requirement } from "./requirement.ts";

/** The engine's whole answer. A refusal is a value; an exception is a fault. */
export type Decision = Allow | Deny;

/** The request may pass, and what the API behind it gets to know. */
export interface Allow {
  readonly outcome: "allow";
  /** Unix milliseconds. */
  readonly at: number;
  readonly principal: Principal;
  readonly requirement: Requirement;
  /** Unix milliseconds at which the credential expires. */
  readonly expiresAt: number | null;
  /** The rotation of the credential that was presented, which has a successor. */
  readonly rotation: Rotation | undefined;
  readonly limit: LimitState | undefined;
  readonly apiVersion: string | undefined;
  readonly trace: Trace | undefined;
}

/** When a credential was given a successor, and when it ends for that; Unix milliseconds. */
export interface Rotation {
  readonly rotatedAt: number;
  readonly endsAt: number | null;
}

/** The request may not pass; `reason` is for operators, the profile words it for the caller. */
export interface Deny {
  readonly outcome: "deny";
  /** Unix milliseconds. */
  readonly at: number;
  readonly reason: Reason;
  /** The scheme that claimed the request; `undefined` when none did. */
  readonly scheme: string | undefined;
  /** Whose credential was presented, also when it is refused. Never shown to the caller. */
  readonly principal: Principal | undefined;
  readonly requirement: Requirement | undefined;
  readonly rotation: Rotation | undefined;
  readonly limit: LimitState | undefined;
  readonly retryAfterSeconds: number | undefined;
  readonly apiVersion: string | undefined;
  readonly trace: Trace | undefined;
}

/** What was looked at, in order, for the operator. Holds no part of any secret. */
export type Trace = TraceStep[];

/** One thing that was looked at, and what was found. */
export interface TraceStep {
  readonly step: string;
  readonly outcome: "passed" | "refused" | "skipped";
  readonly detail: string;
  /** Unix milliseconds. */
  readonly at: number;
}
