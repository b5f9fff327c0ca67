import type { ApiRequest, Decision, Engine } from "@latchkey/engine";

/** An API that this process decides for. */
export interface ProtectedApi {
  readonly slug: string;
  readonly engine: Engine;
}

/** What is remembered of a decision: usage, last use, refusals. Returns at once and never throws. */
export type RecordDecision = (
  api: string,
  decision: Decision,
  request: Pick<ApiRequest, "method" | "target" | "address" | "headers">,
  requestId: string,
  /** How long the decision took, asking the store included. */
  seconds: number,
) => void;
