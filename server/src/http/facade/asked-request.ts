import { type ApiRequest, parseNetworks } from "@latchkey/engine";
import type { FastifyRequest } from "fastify";
import { clientOf } from "../client-address.ts";
import type { FacadeParts } from "./profile-facade.ts";

const LOOPBACK = parseNetworks(["127.0.0.0/8", "::1"]);

/** A request to the facade of `slug` as its policy decides about it: below the mount, as sent. */
export function askedRequest(
  { raw }: FastifyRequest,
  slug: string,
  { trustedProxies, plainLoopback }: Pick<FacadeParts, "trustedProxies" | "plainLoopback">,
): ApiRequest {
  const peer = { address: raw.socket.remoteAddress, encrypted: false };
  const client = clientOf(peer, raw.rawHeaders, trustedProxies);
  const { address } = client;
  const secure =
    client.secure || (plainLoopback && address !== undefined && LOOPBACK.contains(address));
  const target = targetBelow(`/${slug}`, raw.url ?? "");
  return { method: raw.method ?? "GET", target, headers: raw.rawHeaders, address, secure };
}

/** What follows the mount, as sent. A mount in another spelling is no path that we understand. */
function targetBelow(mount: string, url: string): string {
  if (!url.startsWith(mount)) return "";
  const below = url.slice(mount.length);
  return below.startsWith("/") ? below : `/${below}`;
}
