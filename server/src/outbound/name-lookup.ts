import { lookup as askSystem, type LookupAddress } from "node:dns";
import { Resolver } from "node:dns/promises";
import { promisify } from "node:util";

/** All addresses of a host name; rejects when there are none, or nobody says. */
export type LookUp = (name: string) => Promise<readonly LookupAddress[]>;

interface NameServers {
  /** Names that are looked up as the system does: with its hosts file and search domains. */
  readonly system: ReadonlySet<string>;
  /** Default: the system's name servers. */
  readonly servers?: readonly string[];
}

/** A server that does not answer is asked again after so long, twice as long the next time. */
const TIMEOUT_MILLIS = 1000;
const TRIES = 2;

const lookUpAll = promisify(askSystem) as (
  name: string,
  options: { readonly all: true },
) => Promise<LookupAddress[]>;

/**
 * Asks name servers directly, IPv4 first. The system's own way takes one of the process's four
 * threads for as long as a name server keeps silent, and strangers choose the names: four of them
 * would stop all file access. It is kept for the names that the operator chose, and for `localhost`
 * (RFC 6761 §6.3).
 */
export function createLookUp({ system, servers }: NameServers): LookUp {
  return async (name) => {
    const isOurs = system.has(name) || /^(?:.+\.)?localhost\.?$/.test(name);
    if (isOurs) return lookUpAll(name, { all: true });
    // A new one each time: the system's name servers may be others by now.
    const resolver = new Resolver({ timeout: TIMEOUT_MILLIS, tries: TRIES });
    if (servers !== undefined) resolver.setServers(servers);
    const found = await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)]);
    const addresses = found.flatMap((answer, i) =>
      answer.status === "rejected"
        ? []
        : answer.value.map((address) => ({ address, family: i === 0 ? 4 : 6 })),
    );
    if (addresses.length > 0) return addresses;
    throw new Error("the name has no address", { cause: found });
  };
}
