import { errorOf, LatchkeyError } from "./latchkey-error.ts";

/** One call, ready to be sent as often as need be. */
export interface Call {
  readonly url: string;
  readonly init: RequestInit;
  /** Whether sending it twice does what sending it once does. */
  readonly repeatable: boolean;
  readonly answers: "json" | "text";
  /** Statuses beside 2xx that may come with an answer instead of an error. */
  readonly furtherAnswers: readonly number[];
  /** For each attempt, in milliseconds. */
  readonly timeoutMillis: number;
  readonly signal: AbortSignal | undefined;
}

/** What a call is sent with; tests bring their own. */
export interface SendParts {
  readonly fetch: typeof globalThis.fetch;
  /** Resolves after so many milliseconds; rejects with the signal's reason when it is aborted. */
  readonly wait: (millis: number, signal: AbortSignal | undefined) => Promise<void>;
  /** From 0 to below 1: spreads out those who try again at once. */
  readonly random: () => number;
}

const MOST_ATTEMPTS = 3;
const FIRST_WAIT_MILLIS = 250;
/** A service that asks for more than that gets its error reported instead. */
const LONGEST_WAIT_MILLIS = 30_000;
/** In UTF-16 units, of which a byte on the wire makes at most one. */
const MOST_ANSWER = 64 * 1024 * 1024;
const TRY_AGAIN = new Set([408, 429, 502, 503, 504]);

/**
 * Sends a call and answers with its parsed body. A repeatable call is sent up to three times when
 * the service cannot be reached, takes too long, or says 408, 429, 502, 503 or 504; `Retry-After`
 * is heeded up to 30 seconds. Any other call is sent once.
 *
 * @throws {LatchkeyError} When it did not succeed; the signal's own reason when it was aborted.
 */
export async function send(call: Call, parts: SendParts): Promise<unknown> {
  for (let attempt = 1; ; attempt += 1) {
    const outcome = await attemptOf(call, parts.fetch);
    if (outcome.ok) return outcome.body;
    const waitMillis = outcome.retryAfterMillis ?? backOff(attempt, parts.random());
    const isLast = attempt === MOST_ATTEMPTS || waitMillis > LONGEST_WAIT_MILLIS;
    if (!call.repeatable || !outcome.passing || isLast) throw outcome.error;
    await parts.wait(waitMillis, call.signal);
  }
}

/** Waits with a timer. */
export function wait(millis: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", abort);
      resolve();
    }, millis);
    if (signal?.aborted) abort();
    else signal?.addEventListener("abort", abort, { once: true });
  });
}

type Outcome =
  | { readonly ok: true; readonly body: unknown }
  | {
      readonly ok: false;
      readonly error: LatchkeyError;
      /** Whether it may be over by the next attempt. */
      readonly passing: boolean;
      readonly retryAfterMillis?: number | undefined;
    };

async function attemptOf(call: Call, fetch: SendParts["fetch"]): Promise<Outcome> {
  const timeout = AbortSignal.timeout(call.timeoutMillis);
  const signal = call.signal === undefined ? timeout : AbortSignal.any([call.signal, timeout]);
  try {
    const response = await fetch(call.url, { ...call.init, signal });
    const text = await textOf(response);
    if (text === undefined) {
      return { ok: false, error: errorOf(response.status, undefined), passing: false };
    }
    if (response.ok) return successOf(response, text, call.answers);
    if (call.furtherAnswers.includes(response.status)) {
      const answer = parsed(text);
      if (isAnswer(answer)) return { ok: true, body: answer };
    }
    return {
      ok: false,
      error: errorOf(response.status, parsed(text)),
      passing: TRY_AGAIN.has(response.status),
      retryAfterMillis: waitOf(response.headers),
    };
  } catch (cause) {
    if (call.signal?.aborted) throw call.signal.reason;
    return { ok: false, error: noAnswer(timeout.aborted, cause), passing: true };
  }
}

/** `undefined` for an answer that is too long; no more of it is read. */
async function textOf(response: Response): Promise<string | undefined> {
  const reader = response.body?.getReader?.();
  // Of some applications' own `fetch` an answer comes in one piece alone.
  if (reader === undefined) return response.text();
  const decoder = new TextDecoder();
  let text = "";
  for (;;) {
    const { done, value } = await reader.read();
    text += decoder.decode(value, { stream: !done });
    if (done) return text;
    if (text.length > MOST_ANSWER) {
      reader.cancel().catch(() => undefined);
      return undefined;
    }
  }
}

function noAnswer(timedOut: boolean, cause: unknown): LatchkeyError {
  const [code, message] = timedOut
    ? ["TIMED_OUT", "The service did not answer in time."]
    : ["UNREACHABLE", "The service could not be reached."];
  const nothing = { requestId: undefined, details: undefined };
  return new LatchkeyError({ status: 0, code, message, cause: withoutBytes(cause), ...nothing });
}

/** Of an answer that is no HTTP Node keeps the bytes, and who sent it may have repeated the token. */
function withoutBytes(fault: unknown): unknown {
  const { cause } = fault instanceof Error ? fault : {};
  return cause instanceof Error && "data" in cause ? new Error(cause.message) : fault;
}

/** Something that answers 200 with a page of its own, such as a proxy, is not the service. */
function successOf({ status }: Response, text: string, answers: Call["answers"]): Outcome {
  if (status === 204) return { ok: true, body: undefined };
  if (answers === "text") return { ok: true, body: text };
  const body = parsed(text);
  if (isObject(body)) return { ok: true, body };
  return { ok: false, error: errorOf(status, undefined), passing: false };
}

/** The same status may come with an error of the service, or from a proxy that is no JSON at all. */
function isAnswer(body: unknown): boolean {
  return isObject(body) && !("error" in body);
}

/** Every answer in JSON is one. */
function isObject(body: unknown): body is object {
  return typeof body === "object" && body !== null && !Array.isArray(body);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Seconds, or an instant (RFC 9110 §10.2.3), which is by the clock of who answers, as `Date` is. */
function waitOf(headers: Headers): number | undefined {
  const value = headers.get("retry-after") ?? "";
  if (/^[0-9]+$/.test(value)) return Number(value) * 1000;
  const millis =
    Date.parse(/ GMT$/.test(value) ? value : "") - Date.parse(headers.get("date") ?? "");
  return Number.isNaN(millis) ? undefined : Math.max(0, millis);
}

/** Doubles with each attempt; between half and all of it. */
function backOff(attempt: number, random: number): number {
  return FIRST_WAIT_MILLIS * 2 ** (attempt - 1) * (0.5 + random / 2);
}
