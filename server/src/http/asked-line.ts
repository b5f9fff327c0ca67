import { type ApiError, header, headerCount, invalidField } from "@latchkey/engine";
import { METHOD } from "./schemas/decision.ts";

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
  const readsOriginal = namesOriginal(suffix);
  if ((readsOriginal ? forwarded : original) !== undefined) throw contradiction();
  return (readsOriginal ? original : forwarded) ?? { method, target: "/" };
}

/** Whether the query names the other family than the default one. @throws {ApiError} */
function namesOriginal(query: string): boolean {
  const [, family = "forwarded"] = /[?&]headers=([^&]*)/.exec(query) ?? [];
  if (family === "original" || family === "forwarded") return family === "original";
  throw invalidField("headers", "The query's headers is `forwarded` or `original`.");
}

function contradicts(family: AskedLine | undefined, own: AskedLine): boolean {
  return family !== undefined && (family.method !== own.method || family.target !== own.target);
}

function contradiction(): ApiError {
  return invalidField("headers", CONTRADICTION);
}

const CONTRADICTION =
  "Headers that are not to be read are present: have the proxy remove X-Forwarded-Method, " +
  "X-Forwarded-Uri, X-Original-Method and X-Original-URI of clients.";

const IS_METHOD = new RegExp(METHOD);

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
    throw invalidField(methodName, `Send ${methodName} and ${uriName} once each.`);
  }
  if (method === undefined || target === undefined) {
    throw invalidField(
      method === undefined ? methodName : uriName,
      `Send both ${methodName} and ${uriName}, or neither.`,
    );
  }
  // No endpoint of a policy is for it, so it would get what the policy's default asks for.
  if (!IS_METHOD.test(method)) {
    throw invalidField(methodName, `${methodName} must be a method, such as GET.`);
  }
  return { method, target };
}
