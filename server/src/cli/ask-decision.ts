import type { ApiPlace } from "../explain/asked-api.ts";
import type { DescribedRequest } from "../explain/described-request.ts";
import { type AskedServer, callServer, notLatchkey } from "./server-call.ts";

/** What of the answer of `POST verify` is shown to people. */
export interface ExplainedDecision {
  readonly outcome: "allow" | "deny";
  readonly reason?: string;
  readonly principal?: Readonly<Record<string, unknown>>;
  readonly limit?: { readonly windows: readonly ExplainedWindow[] };
  readonly response: { readonly status: number; readonly body: string | null };
  readonly trace?: readonly ExplainedStep[];
}

export interface ExplainedStep {
  readonly step: string;
  readonly outcome: string;
  readonly detail: string;
  /** RFC 3339, by the server's clock. */
  readonly at: string;
}

export interface ExplainedWindow {
  readonly name: string;
  readonly limit: number;
  readonly remaining: number;
  readonly resetAt: string;
}

/**
 * The APIs that the token may see.
 *
 * @throws {CannotAsk}
 */
export async function listApis(server: AskedServer): Promise<readonly ApiPlace[]> {
  const answer = await callServer(server, "GET", "/v1/apis");
  if (!Array.isArray(answer.data)) throw notLatchkey(server);
  // What they are is the wire contract's.
  return answer.data;
}

/**
 * The decision about a request, with its trace; it spends no limit.
 *
 * @throws {CannotAsk}
 */
export async function askDecision(
  server: AskedServer,
  slug: string,
  request: DescribedRequest,
): Promise<ExplainedDecision> {
  const body = JSON.stringify({ request, explain: true });
  const answer = await callServer(server, "POST", `/v1/apis/${slug}/verify`, body);
  if (!isDecision(answer)) throw notLatchkey(server);
  return answer;
}

/** The rest of the shape is the wire contract's; what answers like this is Latchkey. */
function isDecision(answer: object): answer is ExplainedDecision {
  if (!("outcome" in answer) || !("response" in answer)) return false;
  const { outcome, response } = answer;
  return (outcome === "allow" || outcome === "deny") && typeof response === "object";
}
