import { randomUUID } from "node:crypto";
import {
  API_ERRORS,
  ApiError,
  type ApiRequest,
  addressOfPeer,
  type Clock,
  clientBehind,
  type Decision,
  header,
  isPreflight,
  type Principal,
  requestIdOf,
  type TrustedPeers,
} from "@latchkey/engine";
import { acceleratedTo } from "./accelerated-to.ts";
import { forwardedAddress } from "./asked-address.ts";
import { askedLine } from "./asked-line.ts";
import { toApiError, writeError } from "./errors.ts";
import type { Operators } from "./operators.ts";
import { may } from "./permissions.ts";
import type { RequestHead } from "./plain-request.ts";
import type { ProtectedApi, RecordDecision } from "./protected-api.ts";
import type { Reply } from "./reply.ts";

/** What forward-auth is made of. */
export interface ForwardAuthParts {
  readonly apis: ReadonlyMap<string, ProtectedApi>;
  readonly operators: Operators;
  readonly trustedProxies: TrustedPeers;
  readonly record: RecordDecision;
  /** Milliseconds that no one can set back. */
  readonly monotonic: Clock;
  /** Told of faults; the caller sees a 500 with the request id. */
  readonly onFault: (fault: unknown, requestId: string) => void;
}

/** Answers a proxy's question and returns true, or returns false: the request is for another door. */
export type ForwardAuth = (request: RequestHead, reply: Reply) => boolean;

const PREFIX = "/v1/apis/";
const DOOR = "/forward-auth";

/** RFC 9110 §15.5.2 wants one; the proxy's proof has no registered scheme. */
const CHALLENGE = ["www-authenticate", 'LatchkeyToken realm="latchkey"'];

/**
 * `/v1/apis/{api}/forward-auth`: a proxy asks whether a request may pass. Stands before the
 * framework, for it is on the path of every request to the API and needs nothing of it: no body is
 * read and no route is looked up.
 */
export function createForwardAuth(parts: ForwardAuthParts): ForwardAuth {
  return (request, reply) => {
    const { url } = request;
    if (!url.startsWith(PREFIX)) return false;
    const slugEnd = url.indexOf("/", PREFIX.length);
    if (slugEnd === -1 || !url.startsWith(DOOR, slugEnd)) return false;
    const rest = slugEnd + DOOR.length;
    if (rest < url.length && url[rest] !== "/" && url[rest] !== "?") return false;
    answer(parts, request, reply, url.slice(PREFIX.length, slugEnd), url.slice(rest));
    return true;
  };
}

function answer(
  parts: ForwardAuthParts,
  request: RequestHead,
  reply: Reply,
  slug: string,
  suffix: string,
): void {
  const requestId = idOf(parts.apis.get(slug), request);
  const fail = (fault: unknown) => {
    const error = toApiError(fault);
    if (API_ERRORS[error.code].status >= 500) parts.onFault(fault, requestId);
    writeError(reply, error, requestId, error.code === "PROXY_NOT_TRUSTED" ? CHALLENGE : []);
  };
  try {
    trustProxy(parts, request, slug);
    const api = parts.apis.get(slug);
    if (api === undefined) throw new ApiError("NOT_FOUND", "There is no such API.");
    const asked = askedRequest(parts, api, request, suffix);
    const redirect = acceleratedTo(suffix);
    if (isPreflight(asked.method, asked.headers)) {
      sendPreflight(reply, requestId, redirect);
      return;
    }
    const start = parts.monotonic();
    const decision = api.engine.decide(asked);
    const settle = (decided: Decision) => {
      parts.record(slug, decided, asked, requestId, (parts.monotonic() - start) / 1000);
      send(reply, api, decided, { requestId, request: asked, redirect });
    };
    if (decision instanceof Promise) decision.then(settle).catch(fail);
    else settle(decision);
  } catch (fault) {
    fail(fault);
  }
}

/** The request's id, or one of our own where the API's document says so. */
function idOf(api: ProtectedApi | undefined, { rawHeaders }: RequestHead): string {
  return api?.engine.policy.policy.requestIds === "make" ? randomUUID() : requestIdOf(rawHeaders);
}

/** Nothing of the request is looked at, and nothing counted, before the proxy has proved itself. */
function trustProxy(parts: ForwardAuthParts, request: RequestHead, slug: string): void {
  const token = header(request.rawHeaders, "x-latchkey-token");
  if (token !== undefined) {
    const operator = parts.operators.byToken(token);
    if (operator !== undefined && may(operator.role, "enforce")) {
      if (operator.apis === null || operator.apis.has(slug)) return;
    }
  } else if (parts.trustedProxies.contains(request.peer ?? "")) {
    return;
  }
  throw new ApiError(
    "PROXY_NOT_TRUSTED",
    "Send X-Latchkey-Token, or name this proxy in LATCHKEY_TRUSTED_PROXIES: its address, or unix.",
  );
}

/** The request that the proxy asks about, from one family of headers. */
function askedRequest(
  parts: ForwardAuthParts,
  { engine }: ProtectedApi,
  request: RequestHead,
  suffix: string,
): ApiRequest {
  const headers = request.rawHeaders;
  const { method, target } = askedLine({
    method: request.method,
    rawHeaders: headers,
    suffix,
  });
  const peerAddress = addressOfPeer(request.peer ?? "");
  // The peer has proved to be a proxy, by its address or by its token: its word counts.
  const { address, secure } = clientBehind(peerAddress, headers, parts.trustedProxies);
  const base = forwardedAddress(engine.policy.policy, { headers, secure });
  return { method, target, headers, address, secure, base };
}

/** The API, or the proxy, answers a preflight; there is nobody to decide about. */
function sendPreflight(reply: Reply, requestId: string, redirect: readonly string[]): void {
  const ids = ["X-Request-ID", requestId, "X-Latchkey-Request-Id", requestId];
  reply(200, [...redirect, ...ids, "Content-Length", "0"], "");
}

function send(
  reply: Reply,
  { engine }: ProtectedApi,
  decision: Decision,
  context: {
    readonly requestId: string;
    readonly request: ApiRequest;
    readonly redirect: readonly string[];
  },
): void {
  const { requestId, redirect } = context;
  const { status, headers, body } = engine.render(decision, context);
  if (decision.outcome === "allow") {
    const lines = [...headers];
    addLatchkeyHeaders(lines, decision.principal, requestId);
    lines.push(...redirect);
    reply(200, lines, "");
    return;
  }
  const text = body ?? "";
  reply(status, [...headers, "Content-Length", String(Buffer.byteLength(text))], text);
}

/** Whom the API behind the proxy serves. A field that does not apply has no header. */
function addLatchkeyHeaders(headers: string[], principal: Principal, requestId: string): void {
  const { scopes, accountId, userId, applicationId, plan, mode, credentialId } = principal;
  headers.push("X-Latchkey-Scopes", joined(scopes), "X-Latchkey-Request-Id", requestId);
  headers.push("Content-Length", "0");
  if (accountId !== null) headers.push("X-Latchkey-Account", accountId);
  if (userId !== null) headers.push("X-Latchkey-User", userId);
  if (applicationId !== null) headers.push("X-Latchkey-Application", applicationId);
  if (plan !== null) headers.push("X-Latchkey-Plan", carried(plan));
  if (mode !== null) headers.push("X-Latchkey-Mode", mode);
  if (credentialId !== null) headers.push("X-Latchkey-Credential", credentialId);
}

/** What no header can carry, which is at most a plan's name, percent-encoded; else as it is. */
function carried(text: string): string {
  return UNFIT.test(text) ? encodeURIComponent(text) : text;
}

const UNFIT = /[^\x20-\x7e\xa0-\xff]/;

const joinedScopes = new WeakMap<readonly string[], string>();

/** What credentials may do is the same list each time, and joining it costs more than a look-up. */
function joined(scopes: readonly string[]): string {
  let text = joinedScopes.get(scopes);
  if (text === undefined) {
    text = scopes.join(" ");
    joinedScopes.set(scopes, text);
  }
  return text;
}
