import { ApiError, header, headerCount } from "@latchkey/engine";

/** The method and target of the request that a proxy asks about. */
export interface AskedLine {
  readonly method: string;
  readonly target: string;
}

/** What a proxy sent, as far as it says what is asked about. */
interface ProxyRequest {
  readonly method: string;
  readonly rawHeaders: readonly string[];
  /** What follows `/forward-auth`: a path, a query of ours, or nothing. */
  readonly suffix: string;
}

/**
 * What is asked about. A path suffix (Envoy) is the client's own request line, so everything in it
 * is the client's, its query too; otherwise one family of headers tells, which the proxy's
 * administrator chooses in the query.
 *
 * Whatever a client could add to be judged by another line than the one it sent is a
 * contradiction, and refused.
 *
 * @throws {ApiError} `INVALID_REQUEST`.
 */
export function askedLine({ method, rawHeaders, suffix }: ProxyRequest): AskedLine {
  const forwarded = familyOf(rawHeaders, "x-forwarded-method", "x-forwarded-uri");
  const original = familyOf(rawHeaders, "x-original-method", "x-original-uri");
  if (suffix.startsWith("/")) {
    const own = { method, target: suffix };
    if (contradicts(forwarded, own) || contradicts(original, own)) throw contradiction();
    return own;
  }
  const readsOriginal = /[?&]headers=original(&|$)/.test(suffix);
  if ((readsOriginal ? forwarded : original) !== undefined) throw contradiction();
  return (readsOriginal ? original : forwarded) ?? { method, target: "/" };
}

function contradicts(family: AskedLine | undefined, own: AskedLine): boolean {
  return family !== undefined && (family.method !== own.method || family.target !== own.target);
}

function contradiction(): ApiError {
  return new ApiError("INVALID_REQUEST", CONTRADICTION, { details: { field: "headers" } });
}

const CONTRADICTION =
  "Headers that are not to be read are present: have the proxy remove X-Forwarded-Method, " +
  "X-Forwarded-Uri, X-Original-Method and X-Original-URI of clients.";

/** The line that a family of headers tells of; `undefined`: none of them was sent. */
function familyOf(
  rawHeaders: readonly string[],
  methodName: string,
  uriName: string,
): AskedLine | undefined {
  const method = header(rawHeaders, methodName);
  const target = header(rawHeaders, uriName);
  if (method === undefined && target === undefined) return undefined;
  if (headerCount(rawHeaders, methodName) > 1 || headerCount(rawHeaders, uriName) > 1) {
    throw new ApiError("INVALID_REQUEST", `Send ${methodName} and ${uriName} once each.`, {
      details: { field: methodName },
    });
  }
  if (method === undefined || target === undefined) {
    throw new ApiError("INVALID_REQUEST", `Send both ${methodName} and ${uriName}, or neither.`, {
      details: { field: method === undefined ? methodName : uriName },
    });
  }
  return { method, target };
}
