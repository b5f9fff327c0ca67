import type { LookupAddress } from "node:dns";
import { isIP } from "node:net";
import type { LookUp } from "./name-lookup.ts";
import { OutboundError } from "./outbound-error.ts";
import { type Allowed, isPublic } from "./public-addresses.ts";

/** The address that a URL's host is asked at; rejects with `OutboundError` if it must not be. */
export type Reach = (url: URL) => Promise<LookupAddress>;

/** Looks a host up; all of its addresses must be public or allowed. */
export function createReach({ names, blocks }: Allowed, lookUp: LookUp): Reach {
  return async ({ hostname }) => {
    const host = hostname.replace(/^\[|\]$/g, "").toLowerCase();
    const family = isIP(host);
    const found =
      family === 0
        ? await lookUp(host).catch((cause: unknown) => {
            throw new OutboundError("the name cannot be resolved", { cause });
          })
        : [{ address: host, family }];
    const mayBeReached = (address: string) => isPublic(address) || blocks.contains(address);
    if (!names.has(host) && !found.every(({ address }) => mayBeReached(address))) {
      throw new OutboundError("the host is not on the public Internet");
    }
    const [first] = found;
    if (first === undefined) throw new OutboundError("the name has no address");
    return first;
  };
}

/** A changed name is followed after so long. */
const REMEMBERED_MILLIS = 10_000;
const MOST_REMEMBERED = 10_000;

/** Remembers for ten seconds what was found, and asks once for all who wait. */
export function remembering(reach: Reach): Reach {
  const known = new Map<string, Promise<LookupAddress>>();
  return (url) => {
    const { hostname } = url;
    const before = known.get(hostname);
    if (before !== undefined) return before;
    const found = reach(url);
    if (known.size >= MOST_REMEMBERED) return found;
    known.set(hostname, found);
    const forget = () => known.delete(hostname);
    found.then(() => setTimeout(forget, REMEMBERED_MILLIS).unref(), forget);
    return found;
  };
}
