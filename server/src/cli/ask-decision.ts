import { hideSecrets } from "@latchkey/engine";
import type { ApiPlace } from "../explain/asked-api.ts";
import { CannotAsk } from "../explain/cannot-ask.ts";
import type { DescribedRequest } from "../explain/described-request.ts";

/** A running Latchkey, and the token with which it is asked. */
export interface AskedServer {
  /** An absolute URL without a trailing slash. */
  readonly url: string;
  readonly token: string;
}

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

/** A server that takes longer is not going to answer. */
const TIMEOUT_MILLISECONDS = 10_000;

/**
 * The APIs that the token may see.
 *
 * @throws {CannotAsk}
 */
export async function listApis(server: AskedServer): Promise<readonly ApiPlace[]> {
  const answer = await call(server, "GET", "/v1/apis");
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
  const answer = await call(server, "POST", `/v1/apis/${slug}/verify`, body);
  if (!isDecision(answer)) throw notLatchkey(server);
  return answer;
}

/** The rest of the shape is the wire contract's; what answers like this is Latchkey. */
function isDecision(answer: object): answer is ExplainedDecision {
  if (!("outcome" in answer) || !("response" in answer)) return false;
  const { outcome, response } = answer;
  return (outcome === "allow" || outcome === "deny") && typeof response === "object";
}

type JsonObject = Readonly<Record<string, unknown>>;

async function call(
  server: AskedServer,
  method: string,
  path: string,
  body?: string,
): Promise<JsonObject> {
  let answer: Response;
  let text: string;
  try {
    answer = await fetch(server.url + path, {
      method,
      headers: {
        authorization: `Bearer ${server.token}`,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(body === undefined ? {} : { body }),
      // Token and request are for this server alone, wherever it may point.
      redirect: "manual",
      signal: AbortSignal.timeout(TIMEOUT_MILLISECONDS),
    });
    text = await answer.text();
  } catch (error) {
    throw unreachable(server, error);
  }
  const json = readObject(text);
  if (answer.status !== 200) throw refused(server, answer.status, json);
  if (json === undefined) throw notLatchkey(server);
  return json;
}

function readObject(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

function unreachable({ url }: AskedServer, error: unknown): CannotAsk {
  const isTimeout = error instanceof Error && error.name === "TimeoutError";
  const why = isTimeout ? `within ${TIMEOUT_MILLISECONDS / 1000} seconds` : codeOf(error);
  return new CannotAsk(
    `No Latchkey answers at ${url}${why === "" ? "" : ` (${why})`}. Is it running? --url names ` +
      "another place.",
  );
}

/** `fetch` wraps the system's error. Its message may repeat a header; its code does not. */
function codeOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  if (typeof cause !== "object" || cause === null || !("code" in cause)) return "";
  return String(cause.code);
}

function refused(server: AskedServer, status: number, answer: JsonObject | undefined): CannotAsk {
  const { url } = server;
  if (status === 401) {
    return new CannotAsk(
      `${url} does not know the operator token. It is taken from --token, ` +
        "LATCHKEY_OPERATOR_TOKEN or .latchkey/operator-token, in this order.",
    );
  }
  if (status === 403) {
    return new CannotAsk(
      "The operator token's role is too low: explanations need the role admin or owner.",
    );
  }
  if (status >= 300 && status < 400) {
    return new CannotAsk(
      `${url} redirects elsewhere, which is not followed: name the server itself with --url.`,
    );
  }
  const message = messageOf(answer);
  if (message === undefined) return notLatchkey(server);
  return new CannotAsk(`${url} answered ${status}: ${hideSecrets(message)}`);
}

function messageOf(answer: JsonObject | undefined): string | undefined {
  const error = answer?.error;
  if (typeof error !== "object" || error === null || !("message" in error)) return undefined;
  return typeof error.message === "string" ? error.message : undefined;
}

function notLatchkey({ url }: AskedServer): CannotAsk {
  return new CannotAsk(`What answers at ${url} is not Latchkey, or another version of it.`);
}
