import { dpopStart, MOST_CREDENTIAL_LENGTH } from "./bearer.ts";
import { PresentedSecret } from "./presented-secret.ts";

/** Bits of a number; the last is its sign. */
const MOST_NAMES = 31;
/** In place of a line's number. */
const SEVERAL = -1;

/**
 * The headers that decisions look at, read in one pass over a request's lines. One object serves
 * one request after the other: what it says holds until it reads again.
 */
export class PresentedHeaders {
  readonly #names: readonly string[];
  /** As most programs spell them: what is compared first. */
  readonly #spellings: readonly string[];
  /** Bit n for names of n characters, or n + 32, …: tells most lines apart. */
  readonly #lengths: number;
  /** 1 for names with this `outline`, which tells almost all others apart. */
  readonly #outlines = new Uint8Array(1024);
  /** Where the value of each name stands among the lines that were read last. */
  readonly #places: Int32Array;
  #lines: readonly string[] = [];
  /** Bit n: the header with number n is there. */
  #present = 0;
  /** The bits of those that carry credentials. */
  readonly #credentials: number;
  readonly #authorization: number;
  /** The Bearer token of the header `Authorization` (RFC 6750 §2.1). */
  readonly bearer = new PresentedSecret();
  /** The token that the header `Authorization` says to be bound to a key (RFC 9449 §7.1). */
  readonly dpop = new PresentedSecret();

  /** The first of the names whose lines are joined when there are several. */
  readonly #firstList: number;
  readonly #bareKeys: boolean;

  /**
   * Reads headers of these names, in lower case: those for credentials, others of which there may be
   * one, and others that are lists (RFC 9110 §5.3). `bareKeys`: what stands in `Authorization`
   * without `Bearer` is looked at as if it were there, and an empty credential as if it were not.
   */
  constructor(
    credentialNames: readonly string[],
    otherNames: readonly string[],
    {
      lists = [],
      bareKeys = false,
    }: { readonly lists?: readonly string[]; readonly bareKeys?: boolean } = {},
  ) {
    this.#bareKeys = bareKeys;
    this.#firstList = credentialNames.length + otherNames.length;
    this.#names = [...credentialNames, ...otherNames, ...lists];
    this.#spellings = this.#names.map(usualSpelling);
    if (this.#names.length > MOST_NAMES) throw new RangeError(`more than ${MOST_NAMES} headers`);
    this.#credentials = 2 ** credentialNames.length - 1;
    this.#places = new Int32Array(this.#names.length);
    this.#lengths = this.#names.reduce((bits, { length }) => bits | (1 << length), 0);
    for (const name of this.#names) this.#outlines[outlineOf(name)] = 1;
    this.#authorization = this.#names.indexOf("authorization");
  }

  /**
   * Reads names and values in turn, the names without case (RFC 9110 §5.1); says which header was
   * sent twice, if one was.
   */
  read(lines: readonly string[]): string | undefined {
    // For V8, which else makes sure for each line that it is an integer.
    const lengths = this.#lengths | 0;
    let authorization: string | undefined;
    let present = 0;
    this.#present = 0;
    for (let i = 0; i < lines.length; i += 2) {
      const line = lines[i] as string;
      if (((lengths >>> line.length) & 1) === 0) continue;
      if (this.#outlines[outlineOf(line)] === 0) continue;
      const n = this.#find(line);
      if (n < 0) continue;
      const isAgain = ((present >>> n) & 1) !== 0;
      if (isAgain && n < this.#firstList) return this.#names[n];
      if (this.#bareKeys && lines[i + 1] === "") continue;
      if (n === this.#authorization) authorization = lines[i + 1];
      this.#places[n] = isAgain ? SEVERAL : i + 1;
      present |= 1 << n;
    }
    this.#lines = lines;
    this.#present = present;
    this.bearer.readBearer(authorization);
    this.dpop.start = -1;
    if (this.bearer.start < 0 && authorization !== undefined) this.#readOther(authorization);
    return undefined;
  }

  #readOther(authorization: string): void {
    const start = dpopStart(authorization);
    if (start >= 0) {
      this.dpop.read(authorization, start);
    } else if (this.#bareKeys && authorization.length <= MOST_CREDENTIAL_LENGTH) {
      this.bearer.read(authorization, 0);
    }
  }

  /** The one of the two that there is: a line `Authorization` has one auth-scheme. */
  get secret(): PresentedSecret {
    return this.bearer.start < 0 ? this.dpop : this.bearer;
  }

  /** Whether any header is there in which a credential could be. */
  get hasCredential(): boolean {
    return (this.#present & this.#credentials) !== 0;
  }

  /** The bits of headers of these names, each of which must be one that is read. */
  bitsOf(lowerNames: readonly string[]): number {
    return lowerNames.reduce((bits, name) => bits | (1 << this.#names.indexOf(name)), 0);
  }

  /** Whether any of the headers is there whose bits these are. */
  hasAny(bits: number): boolean {
    return (this.#present & bits) !== 0;
  }

  /** The value of the header of this name, which must be one that is read. */
  named(lowerName: string): string | undefined {
    return this.at(this.#names.indexOf(lowerName));
  }

  /** The number of a header that is read, for `at`; -1 for another. */
  numberOf(lowerName: string): number {
    return this.#names.indexOf(lowerName);
  }

  /** The value of the header with this number; `undefined` for -1. */
  at(number: number): string | undefined {
    if (number < 0 || ((this.#present >>> number) & 1) === 0) return undefined;
    const place = this.#places[number] as number;
    return place === SEVERAL ? this.#joined(number) : this.#lines[place];
  }

  /** The lines of a list, as one (RFC 9110 §5.3). */
  #joined(number: number): string {
    const name = this.#names[number] as string;
    const values = this.#lines.filter(
      (_, i, lines) => i % 2 === 1 && sameHeaderName(lines[i - 1] as string, name),
    );
    return values.filter((value) => value !== "" || !this.#bareKeys).join(", ");
  }

  #find(line: string): number {
    for (let n = 0; n < this.#names.length; n += 1) {
      if (line === this.#spellings[n] || sameHeaderName(line, this.#names[n] as string)) return n;
    }
    return -1;
  }
}

/** Five bits each of a name's length and of its first letter, in either case. */
function outlineOf(name: string): number {
  return ((name.length & 31) << 5) | (name.charCodeAt(0) & 31);
}

/** `X-Api-Version` for `x-api-version`. */
function usualSpelling(lowerName: string): string {
  return lowerName.replace(/(?<![^-])[a-z]/g, (letter) => letter.toUpperCase());
}

/**
 * Letter by letter, without making a lower-case copy: this runs for every request. From the end, for
 * many names begin alike.
 */
export function sameHeaderName(name: string, lowerName: string): boolean {
  if (name === lowerName) return true;
  if (name.length !== lowerName.length) return false;
  for (let i = name.length - 1; i >= 0; i -= 1) {
    const code = name.charCodeAt(i);
    const lower = code >= 65 && code <= 90 ? code + 32 : code;
    if (lower !== lowerName.charCodeAt(i)) return false;
  }
  return true;
}
