import { type Address, formatIpv4, formatIpv6, parseAddress, readAddress } from "./address.ts";

export { type Address, parseAddress } from "./address.ts";

/** A block of addresses. */
export interface Network {
  readonly version: 4 | 6;
  readonly words: readonly number[];
  readonly prefixLength: number;
  /** `192.0.2.0/24`, in the one spelling that equal blocks share. */
  readonly text: string;
}

/** A block, or what is wrong with the text: a phrase that continues it. */
export type NetworkReading = { readonly network: Network } | { readonly fault: string };

/** Several blocks, compiled. */
export interface NetworkList {
  readonly networks: readonly Network[];
  /** Whether the address lies in one of them. False for what is no address. */
  contains(address: string): boolean;
}

/**
 * Reads a CIDR block (RFC 4632 §3.1, RFC 4291 §2.3), or one address as the block that holds only
 * it. A block of IPv4-mapped addresses is the IPv4 block. Bits beyond the prefix are refused: they
 * are most often a mistyped length.
 */
export function readNetwork(text: string): NetworkReading {
  const slash = text.indexOf("/");
  const address = parseAddress(slash === -1 ? text : text.slice(0, slash));
  if (address === undefined) {
    return { fault: "is not an IP address or CIDR block, such as 192.0.2.0/24 or 2001:db8::/32" };
  }
  const width = address.version === 4 ? 32 : 128;
  if (slash === -1) return { network: networkOf(address, width) };

  const mapped = address.version === 4 && text.includes(":");
  const most = mapped ? 128 : width;
  const digits = text.slice(slash + 1);
  const written = /^(?:0|[1-9][0-9]{0,2})$/.test(digits) ? Number(digits) : -1;
  if (written < 0 || written > most) {
    return { fault: `has no prefix length from 0 to ${most} after the slash` };
  }
  const prefixLength = mapped ? written - 96 : written;
  if (prefixLength < 0) {
    return { fault: "reaches beyond the IPv4-mapped addresses; write the IPv4 block instead" };
  }
  const network = networkOf(address, prefixLength);
  if (network.words.some((word, i) => word !== address.words[i])) {
    return { fault: `has bits set beyond its prefix; did you mean ${network.text}?` };
  }
  return { network };
}

/** Compiles blocks that were checked before. Throws `RangeError` for one that is none. */
export function parseNetworks(blocks: readonly string[]): NetworkList {
  const networks = blocks.map((block) => {
    const reading = readNetwork(block);
    if ("fault" in reading) throw new RangeError(`${JSON.stringify(block)} ${reading.fault}`);
    return reading.network;
  });
  const v4 = flatten(networks.filter(({ version }) => version === 4));
  const v6 = flatten(networks.filter(({ version }) => version === 6));
  const words = new Uint32Array(4);

  return {
    networks,
    contains(address) {
      if (networks.length === 0) return false;
      const version = readAddress(address, words);
      if (version === 4) return containsWords(v4, words, 1);
      return version === 6 && containsWords(v6, words, 4);
    },
  };
}

/** Whether the address lies in the block. */
export function matches(network: Network, address: Address): boolean {
  if (network.version !== address.version) return false;
  return network.words.every(
    (word, i) => ((address.words[i] ?? 0) & maskWord(network.prefixLength, i)) >>> 0 === word,
  );
}

/**
 * Under which name an address's failures are counted: the IPv4 address, or the IPv6 /64, which is
 * what one subscriber has. All that is no address is counted together.
 */
export function failureBucket(address: string | undefined): string {
  if (address === undefined) return "unknown";
  const words = new Uint32Array(4);
  const version = readAddress(address, words);
  if (version === 0) return "unknown";
  if (version === 4) return formatIpv4(words[0] as number);
  words[2] = 0;
  words[3] = 0;
  return `${formatIpv6(words)}/64`;
}

function networkOf(address: Address, prefixLength: number): Network {
  const words = address.words.map((word, i) => (word & maskWord(prefixLength, i)) >>> 0);
  const start =
    address.version === 4 ? formatIpv4(words[0] as number) : formatIpv6(Uint32Array.from(words));
  return { version: address.version, words, prefixLength, text: `${start}/${prefixLength}` };
}

/** The `i`th 32 bits of a mask of `prefixLength` ones. */
function maskWord(prefixLength: number, i: number): number {
  const ones = Math.min(Math.max(prefixLength - i * 32, 0), 32);
  // A shift by 32 is a shift by 0.
  return ones === 0 ? 0 : (0xffffffff << (32 - ones)) >>> 0;
}

/** Word and mask in turn, network after network. */
function flatten(networks: readonly Network[]): Uint32Array {
  return Uint32Array.from(
    networks.flatMap(({ words, prefixLength }) =>
      words.flatMap((word, i) => [word, maskWord(prefixLength, i)]),
    ),
  );
}

function containsWords(flat: Uint32Array, words: Uint32Array, count: number): boolean {
  for (let start = 0; start < flat.length; start += count * 2) {
    let same = true;
    for (let i = 0; i < count && same; i += 1) {
      const mask = flat[start + i * 2 + 1] as number;
      same = ((words[i] as number) & mask) >>> 0 === flat[start + i * 2];
    }
    if (same) return true;
  }
  return false;
}
