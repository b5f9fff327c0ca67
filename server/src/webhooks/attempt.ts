import { type Clock, hideSecrets } from "@latchkey/engine";
import type { createGuardedFetch } from "../outbound/guarded-fetch.ts";
import { OutboundError } from "../outbound/outbound-error.ts";
import type { Outcome } from "../store/webhook-claims.ts";
import type { ClaimedDelivery } from "../store/webhook-due-deliveries.ts";
import type { WebhookAttempt, WebhookEndpointRecord } from "../store/webhook-record.ts";
import { webhookMessage } from "./message.ts";
import { nextAttemptAt } from "./retry-plan.ts";
import type { SigningSecret } from "./signatures.ts";

const CONNECT_MILLIS = 5_000;

/** Limits of one attempt, which may take so long in all. */
export function attemptLimits(timeoutMillis: number) {
  const connectMillis = Math.min(CONNECT_MILLIS, timeoutMillis);
  return { timeoutMillis, connectMillis, mostBytes: 4096, longer: "cut", keep: true } as const;
}

/** What one attempt works with. */
export interface AttemptParts {
  /** Guarded, with `attemptLimits`. */
  readonly fetch: ReturnType<typeof createGuardedFetch>;
  readonly clock: Clock;
  readonly monotonic: Clock;
  /** From 0 to 1, another each time. */
  readonly random: () => number;
}

/** What became of one attempt, and what its endpoint said of itself. */
export interface Attempted {
  readonly outcome: Outcome;
  /** It answered 410: it wants nothing any more. */
  readonly gone: boolean;
}

/** An endpoint that is being served. */
export interface Target {
  readonly endpoint: WebhookEndpointRecord;
  /** Live ones, from old to new. */
  readonly secrets: readonly SigningSecret[];
}

const MOST_HEADERS = 30;
/** Less than is read: a secret that is cut off at the end of that would not be known for one. */
const LONGEST_BODY = 2048;
const LONGEST_VALUE = 256;
const MASK = "[hidden]";
const DIGEST = "content-digest";
const MASKED = /signature|cookie|authorization|token|secret|key/i;

/** Sends a delivery once. Never rejects: an endpoint that cannot be reached is an outcome. */
export async function attemptDelivery(
  { fetch, clock, monotonic, random }: AttemptParts,
  { endpoint, secrets }: Target,
  { delivery, signal }: { readonly delivery: ClaimedDelivery; readonly signal: AbortSignal },
): Promise<Attempted> {
  const at = clock();
  const begun = monotonic();
  const message = webhookMessage(endpoint, delivery, { secrets, at });
  const headers = message?.headers ?? {};
  const answer =
    message === null
      ? "the payloadTemplate makes a body of more than 256 KiB"
      : await fetch(endpoint.url, {
          ...{ method: "POST", headers, content: message.body, signal },
        }).catch((fault: unknown) => faultOf(fault));
  const isAnswer = answer instanceof Response;
  const status = isAnswer ? answer.status : null;
  const attempt: WebhookAttempt = {
    number: delivery.attempts + 1,
    at,
    durationMillis: Math.round(monotonic() - begun),
    requestHeaders: { ...shown(Object.entries(headers)), ...digestOf(headers) },
    status,
    responseHeaders: isAnswer ? shown(answer.headers, secrets) : {},
    responseBody: isAnswer ? shownBody(await answer.text(), secrets) : null,
    error: isAnswer ? refusal(answer.status) : answer,
  };
  const retryAfter = isAnswer ? answer.headers.get("retry-after") : null;
  const tries = delivery.tries + 1;
  const gone = status === 410;
  // What cannot be written now cannot be written later either.
  const isOver = attempt.error === null || gone || message === null;
  const nextAt = isOver
    ? null
    : nextAttemptAt({ tries, at: clock(), retryAfter, random: random() });
  return { outcome: { deliveryId: delivery.id, attempt, nextAt }, gone };
}

function refusal(status: number): string | null {
  if (status >= 200 && status <= 299) return null;
  const isRedirect = status >= 300 && status <= 399;
  return isRedirect ? `answered ${status}; redirects are not followed` : `answered ${status}`;
}

function faultOf(fault: unknown): string {
  // Any other message could tell of the inside of our network.
  return fault instanceof OutboundError ? fault.message : "could not be sent";
}

/** A digest of what was sent looks like a secret, and is what the receiver's is compared with. */
function digestOf(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const { [DIGEST]: digest } = headers;
  return digest === undefined ? {} : { [DIGEST]: digest };
}

/** Headers as operators and customers may see them, the first ones. */
function shown(
  headers: Iterable<readonly [string, string]>,
  secrets: readonly SigningSecret[] = [],
): Readonly<Record<string, string>> {
  const some = [...headers].slice(0, MOST_HEADERS);
  return Object.fromEntries(
    some.map(([name, value]) => [
      name,
      MASKED.test(name) ? MASK : masked(value, secrets).slice(0, LONGEST_VALUE),
    ]),
  );
}

/** The beginning of a body; databases take no NUL. */
function shownBody(text: string, secrets: readonly SigningSecret[]): string {
  return masked(text, secrets).slice(0, LONGEST_BODY).toWellFormed().replaceAll("\0", "");
}

/** Without what could be a credential, and without the endpoint's own secrets in any case. */
function masked(text: string, secrets: readonly SigningSecret[]): string {
  const withoutOwn = secrets.reduce((rest, secret) => rest.replaceAll(secret.text, MASK), text);
  return hideSecrets(withoutOwn);
}
