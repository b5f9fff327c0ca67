import {
  type Allow,
  type ApiRequest,
  clientOf,
  type Decision,
  isPromised,
  type Principal,
  type Rendered,
  trustedPeers,
} from "@latchkey/engine";
import type { Verifier } from "../verifier/verifier.ts";

// Of these `Allowed` is made: each adapter names them beside it.
export type { Allow, Principal } from "@latchkey/engine";

/** How requests are read. */
export interface DoorOptions {
  /**
   * Addresses and CIDR blocks whose `X-Forwarded-For` and `-Proto` count, and `unix` for whoever comes
   * over a Unix socket; none when absent.
   */
  readonly trustedProxies?: readonly string[];
  /** Where the paths of the policy begin, such as `/api`; at the root when absent. */
  readonly mount?: string;
  /**
   * How clients reach this process: `https://api.acme.com`. Proofs of tokens that are bound to a key
   * name it (RFC 9449 §4.2); needed only where the policy's `oauth.origins` do not.
   */
  readonly origin?: string;
}

/** What the API learns of a request that may pass. */
export interface Allowed {
  readonly principal: Principal;
  /** The id under which the request is answered, and found in usage and events. */
  readonly requestId: string;
  /** With the limit, the API version and the endpoint's requirement. */
  readonly decision: Allow;
}

/** A request may pass, with these headers on its answer; or this is its answer. */
export type Outcome =
  | { readonly allowed: Allowed; readonly headers: Rendered["headers"] }
  | { readonly allowed: undefined; readonly answer: Rendered };

/** A request as a framework holds it. */
export interface Received {
  readonly method: string;
  /** Path and query, as they are routed. */
  readonly url: string;
  /** Names and values in turn, duplicates kept. */
  readonly headers: readonly string[];
  readonly peer: Peer;
}

/** The other end of the connection. */
export interface Peer {
  /** Without port, or `unix` over a Unix socket; `undefined`: rules about addresses refuse. */
  readonly address: string | undefined;
  readonly encrypted: boolean;
}

/** Decides about a request; without a promise when the verifier does. */
export type Door = (received: Received) => Outcome | Promise<Outcome>;

/**
 * Has the verifier decide about what a framework received.
 *
 * @throws {TypeError} `mount` or `origin` cannot be one.
 * @throws {RangeError} A trusted proxy is neither an address, a CIDR block nor `unix`.
 */
export function createDoor(verifier: Verifier, options: DoorOptions = {}): Door {
  const trusted = trustedPeers(options.trustedProxies ?? []);
  const mount = options.mount?.replace(/\/$/, "") ?? "";
  if (!/^(\/|$)/.test(mount)) throw new TypeError(`mount must begin with a slash: "/${mount}"`);
  const base = options.origin === undefined ? undefined : `${originOf(options.origin)}${mount}`;
  return ({ method, url, headers, peer }) => {
    const { address, secure } = clientOf(peer, headers, trusted);
    const request = { method, target: targetBelow(mount, url), headers, address, secure, base };
    const preflight = verifier.preflight(request);
    if (preflight !== undefined) return { allowed: undefined, answer: preflight };
    const decision = verifier.verify(request);
    return isPromised(decision)
      ? decision.then((decided) => outcomeOf(verifier, request, decided))
      : outcomeOf(verifier, request, decision);
  };
}

/** @throws {TypeError} */
function originOf(text: string): string {
  const url = URL.parse(text);
  // `localhost:3000` is a URL, of the scheme `localhost`.
  if (url !== null && /^https?:$/.test(url.protocol)) return url.origin;
  throw new TypeError('origin must be like "https://api.acme.com"');
}

function outcomeOf(verifier: Verifier, request: ApiRequest, decision: Decision): Outcome {
  const requestId = verifier.requestIdOf(request);
  const rendered = verifier.render(decision, { request, requestId });
  if (decision.outcome !== "allow") return { allowed: undefined, answer: rendered };
  const allowed = { principal: decision.principal, requestId, decision };
  return { allowed, headers: rendered.headers };
}

/** What follows the mount. Its spelling in another way is no path that we understand: refused. */
function targetBelow(mount: string, url: string): string {
  if (mount === "") return url;
  if (!url.startsWith(mount)) return "";
  const below = url.slice(mount.length);
  if (below === "" || below.startsWith("?")) return `/${below}`;
  return below.startsWith("/") ? below : "";
}
