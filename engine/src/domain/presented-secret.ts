import { bearerStart, MOST_CREDENTIAL_LENGTH } from "./bearer.ts";

/** Secrets of up to so many characters are looked at as bytes. */
const SHORT = 64;
/** Left free behind: a character that is not ASCII is seen by its second byte, up to four in all. */
const SPARE = 8;
/** `Bearer ` ends before the eighth byte, so that what follows lies on whole words. */
const BEFORE = 8;
const SPACE = 32;

const BEARER = wordsOf("\0bearer ");
/** The bit in which letters of either case differ. */
const CASE = wordsOf("\0      \0");

/**
 * One presented secret after the other: the end of a text and, when it is short, its bytes, because
 * looking at a byte is several times faster than looking at a character of a string.
 */
export class PresentedSecret {
  /** What ends with the secret. */
  text = "";
  /** Where in `text` the secret begins; -1: there is none. */
  start = -1;
  /** How many characters it has. */
  length = 0;
  /** Whether `words` has all of it: it is ASCII, of at most 64 characters. */
  isShort = false;
  /** The bytes of a short secret, and zeros behind them. */
  readonly words: Int32Array;
  readonly #all = new Int32Array((BEFORE + SHORT + SPARE) / 4);
  readonly #bytes = Buffer.from(this.#all.buffer);
  /** Where the bytes written last end. */
  #end = 0;

  constructor() {
    this.words = this.#all.subarray(BEFORE / 4, (BEFORE + SHORT) / 4);
  }

  /** Takes what follows `Bearer ` in a line `Authorization`, as `bearerStart` finds it. */
  readBearer(line: string | undefined): void {
    this.start = -1;
    if (line === undefined) return;
    // Almost every line has one space, so that its bytes can be had at once.
    const isAscii = this.#write(line, 0, 1);
    const all = this.#all;
    const plain =
      ((all[0] as number) | (CASE[0] as number)) === BEARER[0] &&
      ((all[1] as number) | (CASE[1] as number)) === BEARER[1] &&
      this.#bytes[BEFORE] !== SPACE &&
      line.length >= BEFORE &&
      line.length <= MOST_CREDENTIAL_LENGTH;
    if (plain) {
      this.#take(line, BEFORE - 1, isAscii);
    } else {
      const start = bearerStart(line);
      if (start >= 0) this.read(line, start);
    }
  }

  /** Takes the end of a text from `start` on. */
  read(text: string, start: number): void {
    this.#take(text, start, this.#write(text, start, BEFORE));
  }

  /** Whether the secret begins so. `prefix`: at most 64 bytes, of ASCII. */
  beginsWith(prefix: Uint8Array): boolean {
    for (let i = 0; i < prefix.length; i += 1) {
      if (prefix[i] !== this.#bytes[BEFORE + i]) return false;
    }
    return true;
  }

  #take(text: string, start: number, isAscii: boolean): void {
    this.text = text;
    this.start = start;
    this.length = text.length - start;
    this.isShort = isAscii && this.length <= SHORT;
  }

  /** Writes a text from `start` on, as far as there is room; false when it is not ASCII. */
  #write(text: string, start: number, at: number): boolean {
    const written = this.#bytes.write(start === 0 ? text : text.slice(start), at);
    const end = at + written;
    if (end < this.#end) this.#bytes.fill(0, end, this.#end);
    this.#end = end;
    return written === text.length - start;
  }
}

function wordsOf(text: string): Int32Array {
  return new Int32Array(new TextEncoder().encode(text).slice().buffer);
}
