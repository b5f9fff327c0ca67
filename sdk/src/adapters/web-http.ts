import type { Rendered } from "@latchkey/engine";
import type { Peer, Received } from "./door.ts";

/** A web `Request` from `peer`; without one the URL's scheme says whether TLS was used. */
export function receivedRequest(request: Request, peer: Peer | undefined): Received {
  const { method, url, headers } = request;
  return {
    method,
    url: targetOf(url),
    headers: [...headers].flat(),
    peer: peer ?? { address: undefined, encrypted: url.startsWith("https:") },
  };
}

/** Path and query of an absolute URL, letter by letter, for that is what routers read. */
export function targetOf(url: string): string {
  const start = url.indexOf("/", url.indexOf("://") + 3);
  return start < 0 ? "" : url.slice(start);
}

/** A whole answer as a web `Response`. */
export function responseOf({ status, headers, body }: Rendered): Response {
  return new Response(body, { status, headers: pairsOf(headers) });
}

/** An API's answer with further headers, names and values in turn; those it has stay its own. */
export function withHeaders(response: Response, flat: readonly string[]): Response {
  const headers = new Headers(response.headers);
  for (const [name, value] of pairsOf(flat)) {
    if (!headers.has(name)) headers.set(name, value);
  }
  const { status, statusText } = response;
  return new Response(response.body, { status, statusText, headers });
}

function pairsOf(flat: readonly string[]): [string, string][] {
  const pairs: [string, string][] = [];
  for (let i = 0; i < flat.length; i += 2) pairs.push([flat[i] as string, flat[i + 1] as string]);
  return pairs;
}
