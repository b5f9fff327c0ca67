import { ApiError } from "@latchkey/engine";

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
  const lines = readLines(rawHeaders);
  const forwarded = familyOf(lines, "x-forwarded-method", "x-forwarded-uri");
  const original = familyOf(lines, "x-original-method", "x-original-uri");
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

/** The headers that say what is asked about; their names are told apart by their length. */
const NAMES = [
  "x-forwarded-method",
  "x-forwarded-uri",
  "x-original-method",
  "x-original-uri",
] as const;
type Name = (typeof NAMES)[number];
const BY_LENGTH = new Map<number, Name>(NAMES.map((name) => [name.length, name]));

/** What was sent under each of the names. */
type Lines = { readonly [name in Name]: readonly string[] };

/** In one pass: this looks at every header of every request. */
function readLines(rawHeaders: readonly string[]): Lines {
  const lines: { [name in Name]: readonly string[] } = {
    "x-forwarded-method": NONE,
    "x-forwarded-uri": NONE,
    "x-original-method": NONE,
    "x-original-uri": NONE,
  };
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const sent = rawHeaders[i] as string;
    const name = BY_LENGTH.get(sent.length);
    if (name === undefined || sent.toLowerCase() !== name) continue;
    lines[name] = [...lines[name], rawHeaders[i + 1] as string];
  }
  return lines;
}

const NONE: readonly string[] = [];

function familyOf(lines: Lines, methodName: Name, uriName: Name): AskedLine | undefined {
  const { length: methods, 0: method } = lines[methodName];
  const { length: uris, 0: target } = lines[uriName];
  if (method === undefined && target === undefined) return undefined;
  if (methods > 1 || uris > 1) {
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
