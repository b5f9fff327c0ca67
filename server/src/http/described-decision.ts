import {
  type ApiRequest,
  type Clock,
  type Decision,
  type Engine,
  invalidField,
  type Policy,
} from "@latchkey/engine";
import { describedAddress } from "./asked-address.ts";
import { decisionText } from "./decision-text.ts";
import { type DecisionWire, decisionWire } from "./decision-wire.ts";
import type { ProtectedApi, RecordDecision } from "./protected-api.ts";
import type { AskedRequestBody } from "./schemas/decision.ts";

/** What it takes to decide about requests that somebody describes. */
export interface VerifyParts {
  readonly apis: ReadonlyMap<string, ProtectedApi>;
  readonly record: RecordDecision;
  /** Milliseconds that no one can set back. */
  readonly monotonic: Clock;
}

/**
 * Decides about one described request, and answers with the JSON of a `DecisionWire`.
 * @throws {ApiError} `INVALID_REQUEST`, before anything is decided.
 */
export function decide(
  parts: VerifyParts,
  { slug, engine }: ProtectedApi,
  asked: AskedRequestBody,
  callId: string,
): string | Promise<string> {
  const { requestId = callId } = asked;
  const request = apiRequest(asked, engine.policy.policy);
  const start = parts.monotonic();
  const settle = (decision: Decision) => {
    const seconds = (parts.monotonic() - start) / 1000;
    parts.record(slug, decision, request, requestId, seconds);
    return textOf(engine, decision, { requestId, request });
  };
  const decision = engine.decide(request);
  return decision instanceof Promise ? decision.then(settle) : settle(decision);
}

/**
 * What would be decided, and why; it spends no limit and is not recorded.
 * @throws {ApiError} `INVALID_REQUEST`.
 */
export async function explain(
  { engine }: ProtectedApi,
  asked: AskedRequestBody,
  callId: string,
): Promise<DecisionWire> {
  const { requestId = callId } = asked;
  const request = apiRequest(asked, engine.policy.policy);
  const decision = await engine.decide(request, { explain: true });
  return decisionWire(decision, engine.render(decision, { requestId, request }));
}

/**
 * Decides about several, and answers with the JSON of their decisions, in their order.
 * @throws {ApiError} `INVALID_REQUEST`, before anything is decided.
 */
export function decideAll(
  parts: VerifyParts,
  api: ProtectedApi,
  asked: readonly AskedRequestBody[],
  callId: string,
): string | Promise<string> {
  const { record, monotonic } = parts;
  const { slug, engine } = api;
  const contexts = asked.map((each, i) => ({
    requestId: each.requestId ?? callId,
    request: apiRequest(each, engine.policy.policy, i),
  }));
  // Where one decision ends the next begins: reading the clock is a part of what is timed.
  const times = [monotonic()];
  const decisions = contexts.map(({ request }) => {
    const decision = engine.decide(request);
    times.push(monotonic());
    return decision;
  });
  const note = (decision: Decision, i: number, ended: number) => {
    const { request, requestId } = contexts[i] as Context;
    record(slug, decision, request, requestId, (ended - (times[i] as number)) / 1000);
    return decision;
  };
  const made = decisions.map((decision, i) =>
    decision instanceof Promise
      ? decision.then((late) => note(late, i, monotonic()))
      : note(decision, i, times[i + 1] as number),
  );
  const write = (all: readonly Decision[]) => {
    let text = '{"decisions":[';
    for (let i = 0; i < all.length; i += 1) {
      if (i > 0) text += ",";
      text += textOf(engine, all[i] as Decision, contexts[i] as Context);
    }
    return `${text}]}`;
  };
  return made.every(isMade) ? write(made) : Promise.all(made).then(write);
}

type Context = Parameters<Engine["render"]>[1];

function textOf(engine: Engine, decision: Decision, context: Context): string {
  return decisionText(decision, engine.renderText(decision, context));
}

function isMade(decision: Decision | Promise<Decision>): decision is Decision {
  return !(decision instanceof Promise);
}

/** `place` is that among several. */
function apiRequest(
  { method, url, headers, ip, secure, base: known }: AskedRequestBody,
  policy: Policy,
  place?: number,
): ApiRequest {
  const { target, tls, base } = readUrl(url, place);
  const flat = flatHeaders(headers);
  const isSecure = secure ?? tls;
  return {
    method: method.toUpperCase(),
    target,
    headers: flat,
    address: ip,
    secure: isSecure,
    base: describedAddress(policy, { headers: flat, secure: isSecure }, known ?? base),
  };
}

const ABSOLUTE = /^((https?):\/\/[^/?#]+)(.*)$/is;

/** Cut out of the text as it stands: a URL parser would tidy what hygiene must see. */
function readUrl(
  url: string,
  place: number | undefined,
): {
  readonly target: string;
  readonly tls: boolean;
  readonly base: string | undefined;
} {
  if (url.startsWith("/")) return { target: url, tls: true, base: undefined };
  const [, base, scheme, rest = ""] = ABSOLUTE.exec(url) ?? [];
  if (scheme === undefined) {
    const field = place === undefined ? "request.url" : `requests[${place}].url`;
    throw invalidField(field, `${field} must be a path or an absolute http(s) URL.`);
  }
  return {
    target: rest.startsWith("/") ? rest : `/${rest}`,
    tls: scheme.toLowerCase() === "https",
    base,
  };
}

function flatHeaders(headers: AskedRequestBody["headers"]): string[] {
  const flat: string[] = [];
  for (const name in headers) {
    const value = headers[name];
    if (typeof value === "string") flat.push(name, value);
    else for (const line of value ?? []) flat.push(name, line);
  }
  return flat;
}
