import {
  ApiError,
  type ApiRequest,
  type Clock,
  type Decision,
  type Policy,
} from "@latchkey/engine";
import { describedAddress } from "./asked-address.ts";
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

/** What `verify/batch` answers. */
export interface DecisionsWire {
  readonly decisions: readonly DecisionWire[];
}

/**
 * Decides about one described request; what is only explained is not recorded.
 * @throws {ApiError} `INVALID_REQUEST`, before anything is decided.
 */
export function decide(
  parts: VerifyParts,
  api: ProtectedApi,
  asked: AskedRequestBody,
  explain: boolean,
  callId: string,
): DecisionWire | Promise<DecisionWire> {
  const { requestId = callId } = asked;
  const request = apiRequest(asked, api.engine.policy.policy);
  const start = parts.monotonic();
  const settle = (decision: Decision) => {
    if (!explain) {
      const seconds = (parts.monotonic() - start) / 1000;
      parts.record(api.slug, decision, request, requestId, seconds);
    }
    return wireOf(api, decision, request, requestId);
  };
  const decision = api.engine.decide(request, { explain });
  return decision instanceof Promise ? decision.then(settle) : settle(decision);
}

/**
 * Decides about several, in their order.
 * @throws {ApiError} `INVALID_REQUEST`, before anything is decided.
 */
export function decideAll(
  parts: VerifyParts,
  api: ProtectedApi,
  asked: readonly AskedRequestBody[],
  callId: string,
): DecisionsWire | Promise<DecisionsWire> {
  const { record, monotonic } = parts;
  const { slug, engine } = api;
  const requests = asked.map((each) => apiRequest(each, engine.policy.policy));
  // Where one decision ends the next begins: reading the clock is a part of what is timed.
  const times = [monotonic()];
  const decisions = requests.map((request) => {
    const decision = engine.decide(request);
    times.push(monotonic());
    return decision;
  });
  const settle = (decision: Decision, i: number, ended: number) => {
    const request = requests[i] as ApiRequest;
    const requestId = asked[i]?.requestId ?? callId;
    record(slug, decision, request, requestId, (ended - (times[i] as number)) / 1000);
    return wireOf(api, decision, request, requestId);
  };
  const wires = decisions.map((decision, i) =>
    decision instanceof Promise
      ? decision.then((made) => settle(made, i, monotonic()))
      : settle(decision, i, times[i + 1] as number),
  );
  if (wires.every(isMade)) return { decisions: wires };
  return Promise.all(wires).then((made) => ({ decisions: made }));
}

function isMade(decision: DecisionWire | Promise<DecisionWire>): decision is DecisionWire {
  return !(decision instanceof Promise);
}

function wireOf(
  { engine }: ProtectedApi,
  decision: Decision,
  request: ApiRequest,
  requestId: string,
): DecisionWire {
  return decisionWire(decision, engine.render(decision, { requestId, request }));
}

function apiRequest(
  { method, url, headers, ip, secure, base: known }: AskedRequestBody,
  policy: Policy,
): ApiRequest {
  const { target, tls, base } = readUrl(url);
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

const ABSOLUTE = /^((https?):\/\/[^/?#]+)([^#]*)/i;

/** Cut out of the text as it stands: a URL parser would tidy what hygiene must see. */
function readUrl(url: string): {
  readonly target: string;
  readonly tls: boolean;
  readonly base: string | undefined;
} {
  if (url.startsWith("/")) return { target: url, tls: true, base: undefined };
  const [, base, scheme, rest = ""] = ABSOLUTE.exec(url) ?? [];
  if (scheme === undefined) {
    throw new ApiError("INVALID_REQUEST", "url must be a path or an absolute http(s) URL.", {
      details: { field: "request.url" },
    });
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
