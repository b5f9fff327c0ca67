import { type ApiRequest, type Client, clientOf, parseNetworks } from "@latchkey/engine";
import type { FastifyRequest } from "fastify";
import { mountAddress } from "../asked-address.ts";
import type { ProtectedApi } from "../protected-api.ts";
import type { FacadeParts } from "./profile-facade.ts";

const LOOPBACK = parseNetworks(["127.0.0.0/8", "::1"]);

/** A request to the facade of `slug` as its policy decides about it: below the mount, as sent. */
export function askedRequest(
  { raw, originalUrl }: FastifyRequest,
  { slug, engine }: ProtectedApi,
  parts: Pick<FacadeParts, "trustedProxies" | "plainLoopback" | "publicUrl">,
): ApiRequest {
  const { trustedProxies, plainLoopback, publicUrl } = parts;
  const peer = { address: raw.socket.remoteAddress, encrypted: false };
  const client = clientOf(peer, raw.rawHeaders, trustedProxies);
  const { address } = client;
  const secure = isSecure(client, plainLoopback);
  const target = targetBelow(`/${slug}`, originalUrl);
  const base = mountAddress(engine.policy.policy, raw.headers.host ?? "", publicUrl);
  return { method: raw.method ?? "GET", target, headers: raw.rawHeaders, address, secure, base };
}

/** Whether a request crossed no network in the open; with `plainLoopback` this machine is none. */
export function isSecure({ address, secure }: Client, plainLoopback: boolean): boolean {
  return secure || (plainLoopback && address !== undefined && LOOPBACK.contains(address));
}

/** What follows the mount, as sent. A mount in another spelling is no path that we understand. */
function targetBelow(mount: string, url: string): string {
  if (!url.startsWith(mount)) return "";
  const below = url.slice(mount.length);
  return below.startsWith("/") ? below : `/${below}`;
}
