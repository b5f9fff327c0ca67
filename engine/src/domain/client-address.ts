import { parseAddress, parseNetworks } from "./network.ts";
import { sameHeaderName } from "./presented-headers.ts";

/** Where a request came from, as far as it can be believed. */
export interface Client {
  /** `undefined` when a trusted proxy's account of it makes no sense: rules about addresses refuse. */
  readonly address: string | undefined;
  /** Whether the client itself spoke TLS. */
  readonly secure: boolean;
}

/** What a peer has in place of an address whose connection came over a Unix socket. */
export const UNIX_PEER = "unix";

/** What the connection says, before any header is believed. */
export interface Peer {
  /** `unix` over a Unix socket; `undefined`: nobody can tell any more. */
  readonly address: string | undefined;
  readonly encrypted: boolean;
}

/** The peers whose word about their clients counts. */
export interface TrustedPeers {
  /** Whether it is one of them. False for what is neither an address nor `unix`. */
  contains(peer: string): boolean;
}

/** Compiles blocks that were checked before, and `unix`. Throws `RangeError` for what is neither. */
export function trustedPeers(listed: readonly string[]): TrustedPeers {
  const networks = parseNetworks(listed.filter((each) => each !== UNIX_PEER));
  const trustsUnix = listed.includes(UNIX_PEER);
  return {
    contains: (peer) => (peer === UNIX_PEER ? trustsUnix : networks.contains(withoutZone(peer))),
  };
}

/** The address of a peer as Node tells of it; `undefined` for `unix` and whatever else is none. */
export function addressOfPeer(peer: string): string | undefined {
  return parseAddress(withoutZone(peer))?.text;
}

/** `fe80::1%eth0`: a link-local address comes with the zone it is of (RFC 4007 §11). */
function withoutZone(peer: string): string {
  const zone = peer.indexOf("%");
  return zone === -1 ? peer : peer.slice(0, zone);
}

/**
 * The client behind a chain of proxies. Forwarding headers count only when the peer is trusted: then
 * all `X-Forwarded-For` lines are one list, read from right to left up to the first address that is
 * not a trusted proxy. `X-Forwarded-Proto` is read by the same steps. No other header is looked at.
 */
export function clientOf(peer: Peer, rawHeaders: readonly string[], trusted: TrustedPeers): Client {
  const { address = "", encrypted } = peer;
  const peerAddress = addressOfPeer(address);
  if (!trusted.contains(address)) return { address: peerAddress, secure: encrypted };
  return clientBehind(peerAddress, rawHeaders, trusted);
}

/** The client behind a peer that has proved to be a proxy, whatever list it is on. */
export function clientBehind(
  peerAddress: string | undefined,
  rawHeaders: readonly string[],
  trusted: TrustedPeers,
): Client {
  const hops = listed(rawHeaders, "x-forwarded-for");
  const protocols = listed(rawHeaders, "x-forwarded-proto");
  let address = peerAddress;
  let proxies = 1;
  for (let i = hops.length - 1; i >= 0; i -= 1) {
    address = parseAddress(hops[i] as string)?.text;
    if (address === undefined || !trusted.contains(address)) break;
    // The leftmost address is the client's own even when it lies in a trusted network.
    if (i > 0) proxies += 1;
  }
  return { address, secure: protocols.at(-Math.min(proxies, protocols.length)) === "https" };
}

/** The elements of a comma-separated header, over all its lines, in order. */
function listed(rawHeaders: readonly string[], lowerName: string): readonly string[] {
  let elements: string[] | undefined;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    if (!sameHeaderName(rawHeaders[i] as string, lowerName)) continue;
    const value = rawHeaders[i + 1] as string;
    elements ??= [];
    // Most lines name one.
    if (value.indexOf(",") === -1) elements.push(value.trim());
    else for (const element of value.split(",")) elements.push(element.trim());
  }
  return elements ?? [];
}
