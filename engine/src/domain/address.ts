/** An IP address, in the one spelling that equal addresses share. */
export interface Address {
  readonly version: 4 | 6;
  /** IPv4: one number of 32 bits; IPv6: four, highest first. */
  readonly words: readonly number[];
  /** `192.0.2.1`, or the IPv6 form of RFC 5952. */
  readonly text: string;
}

/**
 * Reads an IP address strictly: no port, no brackets, no zone, no octal or shortened IPv4. An
 * IPv4-mapped IPv6 address (`::ffff:192.0.2.1`) is the IPv4 address. `undefined` for anything else.
 */
export function parseAddress(text: string): Address | undefined {
  const version = readAddress(text, scratch);
  if (version === 0) return undefined;
  if (version === 6) return { version, words: [...scratch], text: formatIpv6(scratch) };
  const word = scratch[0] as number;
  // Of IPv4 no other spelling was accepted.
  return { version, words: [word], text: text.includes(":") ? formatIpv4(word) : text };
}

/** Making one costs more than reading an address, and the address of each request is read. */
const scratch = new Uint32Array(4);

/**
 * Writes the words of an address to `into` without allocating: 4 and its word first, 6 and four
 * words, or 0 for what is no address.
 */
export function readAddress(text: string, into: Uint32Array): 0 | 4 | 6 {
  const { length } = text;
  if (length < 2 || length > 45) return 0;
  if (text.indexOf(":") === -1) {
    const word = readIpv4(text, 0);
    if (word < 0) return 0;
    into[0] = word;
    return 4;
  }
  // How a socket that takes both kinds tells of IPv4.
  const mapped = text.startsWith(MAPPED) ? readIpv4(text, MAPPED.length) : -1;
  if (mapped >= 0) {
    into[0] = mapped;
    return 4;
  }
  if (!readIpv6(text, into)) return 0;
  if (into[0] === 0 && into[1] === 0 && into[2] === 0xffff) {
    into[0] = into[3] as number;
    return 4;
  }
  return 6;
}

const MAPPED = "::ffff:";

/** Four decimal numbers from `start` to the end, as 32 bits; -1 if there is anything else. */
function readIpv4(text: string, start: number): number {
  let word = 0;
  let parts = 0;
  let octet = -1;
  for (let i = start; i <= text.length; i += 1) {
    const code = i === text.length ? 46 : text.charCodeAt(i);
    if (code === 46) {
      if (octet < 0 || parts === 4) return -1;
      word = word * 256 + octet;
      parts += 1;
      octet = -1;
    } else if (code >= 48 && code <= 57) {
      // A leading zero is octal to some readers and decimal to others.
      if (octet === 0) return -1;
      octet = (octet < 0 ? 0 : octet * 10) + code - 48;
      if (octet > 255) return -1;
    } else {
      return -1;
    }
  }
  return parts === 4 ? word : -1;
}

/** Eight groups, one `::` for some of them, the last two perhaps as IPv4 (RFC 4291 §2.2). */
function readIpv6(text: string, into: Uint32Array): boolean {
  into.fill(0);
  const { length } = text;
  let groups = 0;
  let gap = -1;
  let i = 0;
  if (text.startsWith("::")) {
    gap = 0;
    i = 2;
  }
  while (i < length) {
    if (groups === 8) return false;
    let value = 0;
    const start = i;
    for (; i < length; i += 1) {
      const digit = hexDigit(text.charCodeAt(i));
      if (digit < 0) break;
      value = value * 16 + digit;
    }
    if (i < length && text.charCodeAt(i) === 46) {
      const word = groups <= 6 ? readIpv4(text, start) : -1;
      if (word < 0) return false;
      setGroup(into, groups, word >>> 16);
      setGroup(into, groups + 1, word & 0xffff);
      groups += 2;
      break;
    }
    if (i === start || i - start > 4) return false;
    setGroup(into, groups, value);
    groups += 1;
    if (i === length) break;
    if (text.charCodeAt(i) !== 58) return false;
    i += 1;
    if (i < length && text.charCodeAt(i) === 58) {
      if (gap !== -1) return false;
      gap = groups;
      i += 1;
    } else if (i === length) {
      return false;
    }
  }
  if (gap === -1) return groups === 8;
  // A gap stands for at least one group.
  if (groups > 7) return false;
  moveGroups(into, gap, groups);
  return true;
}

function hexDigit(code: number): number {
  if (code >= 48 && code <= 57) return code - 48;
  const lower = code | 32;
  return lower >= 97 && lower <= 102 ? lower - 87 : -1;
}

function group(words: Uint32Array, i: number): number {
  const word = words[i >> 1] as number;
  return (i & 1) === 0 ? word >>> 16 : word & 0xffff;
}

function setGroup(words: Uint32Array, i: number, value: number): void {
  const word = words[i >> 1] as number;
  words[i >> 1] = (i & 1) === 0 ? (word & 0xffff) | (value << 16) : (word & 0xffff0000) | value;
}

/** Moves the groups after the gap to the end. */
function moveGroups(words: Uint32Array, gap: number, groups: number): void {
  for (let from = groups - 1, to = 7; from >= gap; from -= 1, to -= 1) {
    setGroup(words, to, group(words, from));
    setGroup(words, from, 0);
  }
}

/** Dotted decimal. */
export function formatIpv4(word: number): string {
  return `${word >>> 24}.${(word >>> 16) & 255}.${(word >>> 8) & 255}.${word & 255}`;
}

/** Lower case, without leading zeros, the first longest run of zero groups as `::` (RFC 5952). */
export function formatIpv6(words: Uint32Array): string {
  let runStart = -1;
  let runLength = 1;
  for (let i = 0; i < 8; i += 1) {
    let end = i;
    while (end < 8 && group(words, end) === 0) end += 1;
    if (end - i > runLength) {
      runStart = i;
      runLength = end - i;
    }
    if (end > i) i = end;
  }
  const hex = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, i) => group(words, from + i).toString(16)).join(":");
  if (runStart === -1) return hex(0, 8);
  return `${hex(0, runStart)}::${hex(runStart + runLength, 8)}`;
}
