/**
 * The headers that decisions look at, read in one pass over a request's lines. One object serves
 * one request after the other: what it says holds until it reads again.
 */
export class PresentedHeaders {
  readonly #names: readonly string[];
  readonly #values: (string | undefined)[];

  /** Reads the headers of these names, in lower case. */
  constructor(lowerNames: readonly string[]) {
    this.#names = lowerNames;
    this.#values = lowerNames.map(() => undefined);
  }

  /**
   * Reads names and values in turn, the names without case (RFC 9110 §5.1); says which header was
   * sent twice, if one was.
   */
  read(lines: readonly string[]): string | undefined {
    const names = this.#names;
    const values = this.#values;
    for (let n = 0; n < values.length; n += 1) values[n] = undefined;
    for (let i = 0; i < lines.length; i += 2) {
      const line = lines[i] as string;
      for (let n = 0; n < names.length; n += 1) {
        const name = names[n] as string;
        if (line.length !== name.length || !sameHeaderName(line, name)) continue;
        if (values[n] !== undefined) return name;
        values[n] = lines[i + 1];
      }
    }
    return undefined;
  }

  /** The value of the header, which must be one of the names that are read. */
  get(lowerName: string): string | undefined {
    const names = this.#names;
    for (let n = 0; n < names.length; n += 1) {
      if (names[n] === lowerName) return this.#values[n];
    }
    return undefined;
  }
}

/** Letter by letter, without making a lower-case copy: this runs for every request. */
export function sameHeaderName(name: string, lowerName: string): boolean {
  if (name.length !== lowerName.length) return false;
  for (let i = 0; i < name.length; i += 1) {
    const code = name.charCodeAt(i);
    const lower = code >= 65 && code <= 90 ? code + 32 : code;
    if (lower !== lowerName.charCodeAt(i)) return false;
  }
  return true;
}
