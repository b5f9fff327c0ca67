import { hash, randomFillSync } from "node:crypto";
import { MOST_CREDENTIAL_LENGTH } from "../domain/bearer.ts";
import { hashBlock, type KeyedHash } from "../domain/blake3.ts";

/** How many characters at the end of a token are known by their digest alone: one block of it. */
const END = 64;
/** Left free behind: a character that is not ASCII is seen by its second byte, up to four in all. */
const SPARE = 4;
/** Longer than this, what comes before the end is known by its digest: what is kept stays small. */
const MOST_KEPT = 1024;

/** A token: what follows `start` in a text. */
export interface TokenText {
  readonly text: string;
  readonly start: number;
}

/**
 * What tells one token from every other, of no use to anyone else, and what is kept of it. One
 * object: each more would be another line of the processor's cache, which is seldom there.
 */
export class Marked<Kept> {
  /** The words of a keyed digest of its last 64 characters: the signature, or 384 bits of it. */
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly d: number;
  readonly e: number;
  readonly f: number;
  readonly g: number;
  readonly h: number;
  /** All before them, of no use without them; SHA-256 of it where it is long. */
  readonly rest: string;
  readonly kept: Kept;

  constructor(end: Int32Array, rest: string, kept: Kept) {
    this.a = end[0] as number;
    this.b = end[1] as number;
    this.c = end[2] as number;
    this.d = end[3] as number;
    this.e = end[4] as number;
    this.f = end[5] as number;
    this.g = end[6] as number;
    this.h = end[7] as number;
    this.rest = rest;
    this.kept = kept;
  }

  /** Whether its end has this digest. Takes the same time wherever the two differ. */
  endsAs(digest: Int32Array): boolean {
    const difference =
      (this.a ^ (digest[0] as number)) |
      (this.b ^ (digest[1] as number)) |
      (this.c ^ (digest[2] as number)) |
      (this.d ^ (digest[3] as number)) |
      (this.e ^ (digest[4] as number)) |
      (this.f ^ (digest[5] as number)) |
      (this.g ^ (digest[6] as number)) |
      (this.h ^ (digest[7] as number));
    return difference === 0;
  }
}

/**
 * Reads the mark of one token after the other, in half the time that SHA-256 of all of it takes.
 * The rest is compared only where the digest of the end is the same: how long that takes says
 * nothing to who does not know the signature.
 */
export class MarkReader {
  readonly #words = new Int32Array((MOST_CREDENTIAL_LENGTH + SPARE) / 4);
  readonly #bytes = Buffer.from(this.#words.buffer);
  readonly #block = new Int32Array(END / 4);
  readonly #digest = new Int32Array(8);
  readonly #short = this.#underNewKey();
  /** A key of its own: else a token whose rest is another's digest would do in its place. */
  readonly #long = this.#underNewKey();
  #text = "";
  /** Where the rest begins and ends in the text; -1: nothing is read. */
  #start = -1;
  #end = 0;

  /** Reads a token. `false`: it is none, being shorter or longer than any, or not ASCII. */
  read({ text, start }: TokenText): boolean {
    const { length } = text;
    if (length - start < END || length > MOST_CREDENTIAL_LENGTH) return false;
    // So that the end is whole words.
    const before = -length & 3;
    // Whatever was read before is overwritten.
    this.#start = -1;
    if (this.#bytes.write(text, before) !== length) return false;
    this.#text = text;
    this.#start = start;
    this.#end = length - END;
    const first = (before + this.#end) >> 2;
    for (let i = 0; i < this.#block.length; i += 1) {
      this.#block[i] = this.#words[first + i] as number;
    }
    hashBlock(this.#isLong() ? this.#long : this.#short, this.#block, END);
    return true;
  }

  /** The same for a token that was proven, and most likely read just before. */
  readAgain({ text, start }: TokenText): boolean {
    return (text === this.#text && start === this.#start) || this.read({ text, start });
  }

  /** 32 bits of the mark that was read. */
  get bits(): number {
    return this.#digest[0] as number;
  }

  /** Whether it is this one's. */
  isOf(marked: Marked<unknown>): boolean {
    return marked.endsAs(this.#digest) && marked.rest === this.#rest();
  }

  /** Has what is kept of the token found by the mark that was read. */
  mark<Kept>(kept: Kept): Marked<Kept> {
    const before = -this.#text.length & 3;
    // A part of a string keeps the whole string in memory, so what is kept is a copy.
    const rest = this.#isLong()
      ? this.#rest()
      : this.#bytes.toString("latin1", before + this.#start, before + this.#end);
    return new Marked(this.#digest, rest, kept);
  }

  #isLong(): boolean {
    return this.#end - this.#start > MOST_KEPT;
  }

  #rest(): string {
    const rest = this.#text.slice(this.#start, this.#end);
    return this.#isLong() ? hash("sha256", rest, "latin1") : rest;
  }

  #underNewKey(): KeyedHash {
    return { key: randomFillSync(new Int32Array(8)), result: this.#digest };
  }
}
