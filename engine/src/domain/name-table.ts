import { randomFillSync } from "node:crypto";

const FIRST_BUCKETS = 64;
const EMPTY = 0;
/** The low bits of a bucket hold number + 1, the high ones a few of the name's hash. */
const NUMBER_BITS = 24;
const NUMBER_MASK = 2 ** NUMBER_BITS - 1;
/** Numbers are below this. */
const MOST_NUMBERS = NUMBER_MASK - 1;

/**
 * From names to the numbers by which their owner keeps them: open addressing with linear probing in
 * typed arrays, so that a million names cost some 13 bytes each beside themselves, and nothing to
 * the garbage collector. Nobody outside can choose names that meet in one bucket.
 */
export class NameTable {
  readonly #nameOf: (number: number) => string;
  readonly #key = randomFillSync(new Int32Array(2));
  /** At least twice as many as names, so probes stay short. */
  #buckets = new Uint32Array(FIRST_BUCKETS);
  #mask = FIRST_BUCKETS - 1;
  /** By number, so that growing touches no name. */
  #hashes = new Int32Array(FIRST_BUCKETS);
  #size = 0;

  /** `nameOf` tells the name that was added with a number. */
  constructor(nameOf: (number: number) => string) {
    this.#nameOf = nameOf;
  }

  get size(): number {
    return this.#size;
  }

  /** The number of a name, or -1. */
  find(name: string): number {
    const hash = hashOf(name, this.#key);
    for (let at = hash & this.#mask; ; at = (at + 1) & this.#mask) {
      const entry = this.#buckets[at] as number;
      if (entry === EMPTY) return -1;
      if ((entry ^ hash) >>> NUMBER_BITS !== 0) continue;
      const number = (entry & NUMBER_MASK) - 1;
      if (this.#hashes[number] === hash && this.#nameOf(number) === name) return number;
    }
  }

  /**
   * Adds a name under a number; neither may be in the table. Throws `RangeError` for a number above
   * 16,777,213.
   */
  add(name: string, number: number): void {
    if (number >= MOST_NUMBERS) throw new RangeError(`${number} is more than can be told apart`);
    if (this.#size * 2 >= this.#buckets.length) this.#grow();
    if (number >= this.#hashes.length) this.#hashes = grown(this.#hashes, number);
    this.#hashes[number] = hashOf(name, this.#key);
    this.#place(number);
    this.#size += 1;
  }

  /** Removes the name of a number, which must be in the table. */
  remove(number: number): void {
    const buckets = this.#buckets;
    const mask = this.#mask;
    let hole = this.#homeOf(number);
    while (((buckets[hole] as number) & NUMBER_MASK) !== number + 1) hole = (hole + 1) & mask;
    buckets[hole] = EMPTY;
    this.#size -= 1;
    // Closes the gap: an entry moves back unless its own first bucket lies after the hole.
    for (let at = (hole + 1) & mask; ; at = (at + 1) & mask) {
      const entry = buckets[at] as number;
      if (entry === EMPTY) return;
      const home = this.#homeOf((entry & NUMBER_MASK) - 1);
      if (((at - home) & mask) >= ((at - hole) & mask)) {
        buckets[hole] = entry;
        buckets[at] = EMPTY;
        hole = at;
      }
    }
  }

  #grow(): void {
    const entries = this.#buckets;
    this.#buckets = new Uint32Array(entries.length * 2);
    this.#mask = this.#buckets.length - 1;
    for (const entry of entries) {
      if (entry !== EMPTY) this.#place((entry & NUMBER_MASK) - 1);
    }
  }

  #place(number: number): void {
    let at = this.#homeOf(number);
    while (this.#buckets[at] !== EMPTY) at = (at + 1) & this.#mask;
    this.#buckets[at] = ((this.#hashes[number] as number) & ~NUMBER_MASK) | (number + 1);
  }

  #homeOf(number: number): number {
    return (this.#hashes[number] as number) & this.#mask;
  }
}

function grown(hashes: Int32Array<ArrayBuffer>, number: number): Int32Array<ArrayBuffer> {
  const more = new Int32Array(Math.max(hashes.length * 2, number + 1));
  more.set(hashes);
  return more;
}

/**
 * HalfSipHash with one round for each two characters and three at the end, as operating systems have
 * it for their hash tables: short, and of no use to who does not know the key.
 */
function hashOf(name: string, key: Int32Array): number {
  const k0 = key[0] as number;
  const k1 = key[1] as number;
  let v0 = k0;
  let v1 = k1;
  let v2 = 0x6c796765 ^ k0;
  let v3 = 0x74656462 ^ k1;
  const { length } = name;
  const end = length + 2;
  for (let i = 0; i < end + 6; i += 2) {
    let word = 0;
    if (i + 1 < length) word = name.charCodeAt(i) | (name.charCodeAt(i + 1) << 16);
    else if (i < length) word = name.charCodeAt(i);
    else if (i < end) word = length;
    else if (i < end + 2) v2 ^= 0xff;
    v3 ^= word;
    v0 = (v0 + v1) | 0;
    v1 = rotated(v1, 5) ^ v0;
    v0 = rotated(v0, 16);
    v2 = (v2 + v3) | 0;
    v3 = rotated(v3, 8) ^ v2;
    v0 = (v0 + v3) | 0;
    v3 = rotated(v3, 7) ^ v0;
    v2 = (v2 + v1) | 0;
    v1 = rotated(v1, 13) ^ v2;
    v2 = rotated(v2, 16);
    v0 ^= word;
  }
  return v1 ^ v3;
}

function rotated(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}
