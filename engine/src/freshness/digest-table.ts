const EMPTY = 0;
/** The low bits of a bucket hold slot + 1, the high ones a few of the digest's. */
const SLOT_BITS = 24;
const SLOT_MASK = 2 ** SLOT_BITS - 1;
const MOST_SLOTS = SLOT_MASK - 1;

const RECORD_BITS = 4;
/** How many words a slot's record has: a whole line of the processor's cache. */
export const RECORD_WORDS = 1 << RECORD_BITS;

/**
 * From a 32-byte digest to a slot number: open addressing with linear probing in typed arrays, so
 * that a million entries cost 72 bytes each and nothing to the garbage collector.
 *
 * Digests must be keyed, so that nobody can choose credentials that meet in one bucket.
 */
export class DigestTable {
  /** `RECORD_WORDS` for each slot: the digest in the first eight, the others are the owner's. */
  words: Int32Array;
  /** The same memory as `words`, two words each. */
  doubles: Float64Array;
  /** At least twice as many as slots, so probes stay short. */
  #buckets: Uint32Array;
  #mask: number;

  /** Throws `RangeError` for more slots than can be numbered: 16,777,214. */
  constructor(slots: number) {
    this.words = new Int32Array(checked(slots) * RECORD_WORDS);
    this.doubles = new Float64Array(this.words.buffer);
    this.#buckets = new Uint32Array(bucketsFor(slots));
    this.#mask = this.#buckets.length - 1;
  }

  /** Where in `words` the record of a slot begins. */
  recordAt(slot: number): number {
    return slot << RECORD_BITS;
  }

  /** The slot of a digest of eight words, or -1. Compares all words of each candidate. */
  find(digest: Int32Array): number {
    const buckets = this.#buckets;
    const mark = digest[1] as number;
    for (let at = (digest[0] as number) & this.#mask; ; at = (at + 1) & this.#mask) {
      const entry = buckets[at] as number;
      if (entry === EMPTY) return -1;
      if ((entry ^ mark) >>> SLOT_BITS !== 0) continue;
      const slot = (entry & SLOT_MASK) - 1;
      if (this.#holds(slot, digest)) return slot;
    }
  }

  /** Puts `digest` at `slot`; it must not be in the table, nor the slot in use. */
  insert(digest: Int32Array, slot: number): void {
    this.words.set(digest, this.recordAt(slot));
    this.#place(slot);
  }

  remove(slot: number): void {
    let hole = this.#bucketOf(slot);
    this.#buckets[hole] = EMPTY;
    // Closes the gap: an entry moves back unless its own first bucket lies after the hole.
    for (let at = (hole + 1) & this.#mask; ; at = (at + 1) & this.#mask) {
      const entry = this.#buckets[at] as number;
      if (entry === EMPTY) return;
      const home = this.#homeOf((entry & SLOT_MASK) - 1);
      if (((at - home) & this.#mask) >= ((at - hole) & this.#mask)) {
        this.#buckets[hole] = entry;
        this.#buckets[at] = EMPTY;
        hole = at;
      }
    }
  }

  /** Makes room for more slots, keeping those there are. Throws `RangeError` like the constructor. */
  grow(slots: number): void {
    const words = new Int32Array(checked(slots) * RECORD_WORDS);
    words.set(this.words);
    this.words = words;
    this.doubles = new Float64Array(words.buffer);
    const entries = this.#buckets;
    this.#buckets = new Uint32Array(bucketsFor(slots));
    this.#mask = this.#buckets.length - 1;
    for (const entry of entries) {
      if (entry !== EMPTY) this.#place((entry & SLOT_MASK) - 1);
    }
  }

  /** Takes the same time wherever the two differ. */
  #holds(slot: number, digest: Int32Array): boolean {
    const words = this.words;
    const i = this.recordAt(slot);
    const difference =
      ((words[i] as number) ^ (digest[0] as number)) |
      ((words[i + 1] as number) ^ (digest[1] as number)) |
      ((words[i + 2] as number) ^ (digest[2] as number)) |
      ((words[i + 3] as number) ^ (digest[3] as number)) |
      ((words[i + 4] as number) ^ (digest[4] as number)) |
      ((words[i + 5] as number) ^ (digest[5] as number)) |
      ((words[i + 6] as number) ^ (digest[6] as number)) |
      ((words[i + 7] as number) ^ (digest[7] as number));
    return difference === 0;
  }

  #place(slot: number): void {
    let at = this.#homeOf(slot);
    while (this.#buckets[at] !== EMPTY) at = (at + 1) & this.#mask;
    const mark = this.words[this.recordAt(slot) + 1] as number;
    this.#buckets[at] = (mark & ~SLOT_MASK) | (slot + 1);
  }

  #bucketOf(slot: number): number {
    let at = this.#homeOf(slot);
    while (((this.#buckets[at] as number) & SLOT_MASK) !== slot + 1) at = (at + 1) & this.#mask;
    return at;
  }

  #homeOf(slot: number): number {
    return (this.words[this.recordAt(slot)] as number) & this.#mask;
  }
}

function checked(slots: number): number {
  if (slots <= MOST_SLOTS) return slots;
  throw new RangeError(`${slots} slots are more than the ${MOST_SLOTS} that can be numbered`);
}

function bucketsFor(slots: number): number {
  let buckets = 64;
  while (buckets < slots * 2) buckets *= 2;
  return buckets;
}
