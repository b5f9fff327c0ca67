import { type NetworkList, parseAddress, parseNetworks } from "@latchkey/engine";

/** RFC 6890 and its registries: whatever is not the public Internet. */
const PRIVATE = parseNetworks([
  ...["0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16"],
  ...["172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16"],
  ...["198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"],
]);
const PUBLIC_V6 = parseNetworks(["2000::/3"]);
/** Blocks of it that stand for other networks, IPv4 included, or for nobody. */
const NOT_PUBLIC_V6 = parseNetworks(["2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"]);

/** What may be reached although it is not public: `LATCHKEY_OUTBOUND_ALLOW`. */
export interface Allowed {
  /** Host names in lower case. */
  readonly names: ReadonlySet<string>;
  readonly blocks: Pick<NetworkList, "contains">;
}

/** Reads CIDR blocks, addresses and host names. */
export function parseAllowed(entries: readonly string[]): Allowed {
  return {
    names: new Set(entries.filter((entry) => !isBlock(entry)).map((name) => name.toLowerCase())),
    blocks: parseNetworks(entries.filter(isBlock)),
  };
}

/** Whether an address is of the public Internet; one that stands for an IPv4 address is that. */
export function isPublic(text: string): boolean {
  const address = parseAddress(text);
  if (address === undefined) return false;
  if (address.version === 4) return !PRIVATE.contains(address.text);
  return PUBLIC_V6.contains(address.text) && !NOT_PUBLIC_V6.contains(address.text);
}

function isBlock(entry: string): boolean {
  return /^[0-9.]+(?:\/\d+)?$/.test(entry) || entry.includes(":");
}
