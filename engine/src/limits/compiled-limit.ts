import type { LimitSubject, Window } from "../domain/limit.ts";

/** Whether one exhausted window refuses, or only all of them together. */
export type RefuseWhen = "any" | "all";

/** A limit that requests can be counted against. */
export interface CompiledLimit {
  /**
   * Equal exactly for limits of one API that count alike: whoever counts keys by it, so that a
   * changed policy starts new counters and an unchanged one keeps them.
   */
  readonly id: string;
  readonly per: LimitSubject;
  /** At least one. */
  readonly windows: readonly Window[];
  readonly refuseWhen: RefuseWhen;
}
