import { bearerStart, MOST_CREDENTIAL_LENGTH } from "./bearer.ts";

/** Secrets of up to so many characters are looked at as bytes. */
const SHORT = 64;
/**
 * Left free behind: a character that is not ASCII is seen by its second byte, and UTF-8 is written
 * at a stretch only where there is room for two bytes of each character.
 */
const SPARE = SHORT + 16;
/** `Bearer ` ends before the eighth byte, so that what follows lies on whole words. */
const BEFORE = 8;
const BEARER_LENGTH = "Bearer ".length;
const SPACE = 32;

const BEARER = wordsOf("\0bearer ");
/** The bit in which letters of either case differ. */
const CASE = wordsOf("\0      \0");

/** What a secret may begin with, four bytes to a word. */
export interface Beginning {
  /** Tells almost all secrets apart. */
  readonly first: number;
  /** Which of its bits count. */
  readonly firstMask: number;
  /** The words behind it. */
  readonly rest: readonly { readonly word: number; readonly mask: number }[];
}

/** Prepares a text of at most 64 characters, all of ASCII, for `beginsWith`. */
export function beginningOf(text: string): Beginning {
  const bytes = new TextEncoder().encode(text);
  const size = Math.max(1, Math.ceil(bytes.length / 4));
  const words = new Int32Array(size);
  const masks = new Int32Array(size);
  new Uint8Array(words.buffer).set(bytes);
  new Uint8Array(masks.buffer).fill(0xff, 0, bytes.length);
  const all = Array.from(words, (word, i) => ({ word, mask: masks[i] as number }));
  const [first, ...rest] = all as [(typeof all)[number], ...typeof all];
  return { first: first.word, firstMask: first.mask, rest };
}

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
  /** Its first four bytes. */
  first = 0;
  /** Whether `words` has all of it: it is ASCII, of at most 64 characters. */
  isShort = false;
  /** Another number for each secret that is taken. */
  turn = 0;
  /** The bytes of a short secret, and zeros behind them. */
  readonly words: Int32Array;
  readonly #all = new Int32Array((BEFORE + SHORT + SPARE) / 4);
  readonly #bytes = Buffer.from(this.#all.buffer);
  /** Where a line `Bearer …` is written, so that its secret begins with `words`. */
  readonly #line = this.#bytes.subarray(BEFORE - BEARER_LENGTH);
  readonly #secret = this.#bytes.subarray(BEFORE);
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
    const written = this.#line.write(line);
    this.#wrote(BEFORE - BEARER_LENGTH + written);
    const all = this.#all;
    const plain =
      ((all[0] as number) | (CASE[0] as number)) === BEARER[0] &&
      ((all[1] as number) | (CASE[1] as number)) === BEARER[1] &&
      this.#bytes[BEFORE] !== SPACE &&
      line.length >= BEFORE &&
      line.length <= MOST_CREDENTIAL_LENGTH;
    if (plain) {
      this.#take(line, BEARER_LENGTH, written === line.length);
    } else {
      const start = bearerStart(line);
      if (start >= 0) this.read(line, start);
    }
  }

  /** Takes the end of a text from `start` on. */
  read(text: string, start: number): void {
    const written = this.#secret.write(start === 0 ? text : text.slice(start));
    this.#wrote(BEFORE + written);
    this.#take(text, start, written === text.length - start);
  }

  /** Whether there is a secret, and it begins so. */
  beginsWith(beginning: Beginning): boolean {
    if (this.start < 0 || !this.mayBeginWith(beginning)) return false;
    const { rest } = beginning;
    for (let i = 0; i < rest.length; i += 1) {
      const { word, mask } = rest[i] as Beginning["rest"][number];
      if ((((this.words[i + 1] as number) ^ word) & mask) !== 0) return false;
    }
    return true;
  }

  /** Whether a secret that there is begins so, as far as its first four bytes tell. */
  mayBeginWith({ first, firstMask }: Beginning): boolean {
    return ((this.first ^ first) & firstMask) === 0;
  }

  #take(text: string, start: number, isAscii: boolean): void {
    this.text = text;
    this.start = start;
    this.first = this.words[0] as number;
    this.length = text.length - start;
    this.isShort = isAscii && this.length <= SHORT;
    this.turn = (this.turn + 1) | 0;
  }

  /** Clears what the secret before left behind `end`. */
  #wrote(end: number): void {
    if (end < this.#end) this.#bytes.fill(0, end, this.#end);
    this.#end = end;
  }
}

function wordsOf(text: string): Int32Array {
  return new Int32Array(new TextEncoder().encode(text).slice().buffer);
}
