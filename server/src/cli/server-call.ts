import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
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
const MOST_TRIES = 3;
const PAUSE_MILLISECONDS = 300;
/** The connection ended under way: whether the call was done nobody knows. */
const BROKEN_OFF: ReadonlySet<string> = new Set(["UND_ERR_SOCKET", "ECONNRESET", "EPIPE"]);

/** What is between the braces is for who asked. */
export type JsonObject = Readonly<Record<string, unknown>>;

/**
 * Calls the management API and answers its JSON. The token goes to this server alone. A call that
 * breaks off is made again, and what it changes is changed once.
 *
 * @throws {CannotAsk}
 */
export async function callServer(
  server: AskedServer,
  method: string,
  path: string,
  body?: string,
): Promise<JsonObject> {
  const { answer, text } = await send(server, path, {
    method,
    headers: {
      authorization: `Bearer ${server.token}`,
      "idempotency-key": randomUUID(),
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    },
    ...(body === undefined ? {} : { body }),
    // Token and request are for this server alone, wherever it may point.
    redirect: "manual",
  });
  const json = readObject(text);
  if (!answer.ok) throw refused(server, answer.status, json);
  if (json === undefined) throw notLatchkey(server);
  return json;
}

async function send(
  server: AskedServer,
  path: string,
  call: RequestInit,
): Promise<{ readonly answer: Response; readonly text: string }> {
  for (let tries = 1; ; tries += 1) {
    try {
      const signal = AbortSignal.timeout(TIMEOUT_MILLISECONDS);
      const answer = await fetch(server.url + path, { ...call, signal });
      return { answer, text: await answer.text() };
    } catch (error) {
      if (tries === MOST_TRIES || !BROKEN_OFF.has(codeOf(error))) throw unreachable(server, error);
      await sleep(PAUSE_MILLISECONDS);
    }
  }
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
  if (UNTRUSTED.test(why)) {
    return new CannotAsk(
      `The certificate of ${url} is not taken (${why}). NODE_EXTRA_CA_CERTS names a file with ` +
        "authorities of your own.",
    );
  }
  return new CannotAsk(
    `No Latchkey answers at ${url}${why === "" ? "" : ` (${why})`}. Is it running? --url names ` +
      "another place.",
  );
}

/** What Node calls the faults of certificates. */
const UNTRUSTED = /CERT|_SIGNATURE$|^INVALID_CA$|^HOSTNAME_MISMATCH$/;

/** `fetch` wraps the system's error. Its message may repeat a header; its code does not. */
function codeOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  if (typeof cause !== "object" || cause === null || !("code" in cause)) return "";
  return typeof cause.code === "string" ? cause.code : "";
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
  if (message === undefined && BEFORE_IT.has(status)) {
    return new CannotAsk(
      `${url} answered ${status}: what stands before Latchkey does not reach it. Is it running?`,
    );
  }
  if (message === undefined) return notLatchkey(server);
  return new CannotAsk(`${url} answered ${status}: ${hideSecrets(message)}`);
}

/** What a proxy says of a server that is away. */
const BEFORE_IT: ReadonlySet<number> = new Set([502, 503, 504]);

function messageOf(answer: JsonObject | undefined): string | undefined {
  const error = answer?.error;
  if (typeof error !== "object" || error === null || !("message" in error)) return undefined;
  return typeof error.message === "string" ? error.message : undefined;
}

/** What answers there is something else. */
export function notLatchkey({ url }: AskedServer): CannotAsk {
  return new CannotAsk(`What answers at ${url} is not Latchkey, or another version of it.`);
}
