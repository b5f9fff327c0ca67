import { hideSecrets } from "@latchkey/engine";
import { CannotAsk } from "../explain/cannot-ask.ts";

/** A running Latchkey, and the token with which it is asked. */
export interface AskedServer {
  /** An absolute URL without a trailing slash. */
  readonly url: string;
  readonly token: string;
}

/** A server that takes longer is not going to answer. */
const TIMEOUT_MILLISECONDS = 10_000;

/** What is between the braces is for who asked. */
export type JsonObject = Readonly<Record<string, unknown>>;

/**
 * Calls the management API and answers its JSON. The token goes to this server alone.
 *
 * @throws {CannotAsk}
 */
export async function callServer(
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
  if (!answer.ok) throw refused(server, answer.status, json);
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
      "The operator token's role is too low: this takes the role admin or owner.",
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

/** What answers there is something else. */
export function notLatchkey({ url }: AskedServer): CannotAsk {
  return new CannotAsk(`What answers at ${url} is not Latchkey, or another version of it.`);
}
