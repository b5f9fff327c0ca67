import { header, headerCount, type Policy } from "@latchkey/engine";
import { hostName } from "./hosts.ts";

/** What of a request says at which address its client called. */
interface Called {
  readonly headers: readonly string[];
  readonly secure: boolean;
}

/**
 * The address of an API's mount as a client called it: below the public address, or one of its own
 * hosts. From settings and policy; a header only chooses among those.
 */
export function mountAddress({ slug, hosts }: Policy, host: string, publicUrl: string): string {
  const named = hostName(host);
  return hosts.some((each) => each.toLowerCase() === named)
    ? `https://${named}`
    : `${publicUrl}/${slug}`;
}

/**
 * What stands before the path of a request that a proxy asks about: the host that it forwards, or
 * the one in `Host`. `undefined`: none, more than one, nobody will look, or the policy says better.
 */
export function forwardedAddress(policy: Policy, called: Called): string | undefined {
  if (!isWanted(policy, called)) return undefined;
  const isForwarded = headerCount(called.headers, "x-forwarded-host") > 0;
  return addressIn(isForwarded ? "x-forwarded-host" : "host", called);
}

/** The same for a request that somebody describes: by its whole address, or by `Host`. */
export function describedAddress(
  policy: Policy,
  called: Called,
  origin: string | undefined,
): string | undefined {
  if (!isWanted(policy, called)) return undefined;
  return origin ?? addressIn("host", called);
}

/** What a request says of its own address counts only where the policy names none. */
function isWanted({ oauth }: Policy, { headers }: Called): boolean {
  return oauth?.origins.length === 0 && header(headers, "dpop") !== undefined;
}

/** A host with its port, and nothing that could be taken for more of an address. */
const HOST = /^(?:[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::\d{1,5})?$/;

function addressIn(name: string, { headers, secure }: Called): string | undefined {
  const host = header(headers, name) ?? "";
  if (headerCount(headers, name) !== 1 || !HOST.test(host)) return undefined;
  return `${secure ? "https" : "http"}://${host}`;
}
