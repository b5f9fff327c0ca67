import type { Decision } from "../domain/decision.ts";
import type { ApiRequest } from "../domain/request.ts";
import type { Policy } from "../policy/policy.ts";

/** A decision as an HTTP answer. For an allow: the headers to add to the API's own answer. */
export interface Rendered {
  readonly status: number;
  /** Names and values in turn, as Node's `writeHead` takes them. */
  readonly headers: readonly string[];
  /** The exact text, or `null` where the API writes the body. */
  readonly body: string | null;
}

/** What an answer depends on beside the decision. */
export interface RenderContext {
  readonly policy: Policy;
  readonly requestId: string;
  /** What was decided about. No part of a credential may be repeated. */
  readonly request: ApiRequest;
}

/** Writes a decision exactly as the API's document says. */
export type Render = (decision: Decision, context: RenderContext) => Rendered;
