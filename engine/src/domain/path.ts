const LONGEST_PATH = 8192;

const PERCENT = 37;
const DOT = 46;
const SLASH = 47;
const SEMICOLON = 59;
const QUESTION_MARK = 63;

/** A row has the 128 characters of ASCII. */
const ROW_BITS = 7;
const ASCII = 127;
/** In place of a state: nobody has said yet where the character leads. */
export const UNSAID = 0xffff;
/** In place of a state: the character needs a second look, wherever it leads. */
const LOOK = 0xfffe;

/** What the characters of a path lead to, one after the other. */
export interface PathStates {
  /** A row for each state: the state after each character, or `UNSAID`, or `LOOK`. */
  readonly next: Uint16Array;
  /** The state after a character (UTF-16) of a decoded path; `next` may be another array then. */
  advance(state: number, code: number): number;
}

/** Characters that no path has, or that do not stand for themselves. */
const ODD = "#%;?\\";
/** Characters that are odd at the beginning of a segment: an empty one, or one of dots. */
const ODD_AT_START = "./";

const INSIDE = rowWithout(ODD);
const AT_START = rowWithout(ODD + ODD_AT_START);

/** The row of a state of which nothing is said yet; `atStart`: a segment begins there. */
export function pathRow(atStart: boolean): Uint16Array {
  return atStart ? AT_START : INSIDE;
}

/** Of paths that lead nowhere in particular. */
const ANY_PATH: PathStates = {
  next: Uint16Array.from([...AT_START, ...INSIDE]),
  advance: (_, code) => (code === SLASH ? 0 : 1),
};

/** Spaces, control characters and these need a second look. */
function rowWithout(odd: string): Uint16Array {
  return Uint16Array.from({ length: ASCII + 1 }, (_, code) =>
    code > 32 && code < 127 && !odd.includes(String.fromCharCode(code)) ? UNSAID : LOOK,
  );
}

/** The same as `advance`, for less where the table says it: a path of 8192 characters is one turn. */
function stateAfter(states: PathStates, state: number, code: number): number {
  const said = code > ASCII ? LOOK : (states.next[(state << ROW_BITS) | code] as number);
  return said < LOOK ? said : states.advance(state, code);
}

/**
 * The path of one request after the other, without query and trailing slash: the first `end`
 * characters of `text`, which are percent-decoded once.
 */
export class RequestPath {
  text = "";
  end = 0;
  /** Where the path led. */
  state = 0;

  /**
   * Reads the path of a request target, from a state that has read its first slash. False for one
   * that two servers could read differently: dot segments, empty segments, a `;` (what follows is
   * part of the segment, or is stripped from it), a fragment (no target has one, RFC 9112 §3.2.1:
   * what follows is cut off, or part of the path), encoded slashes, backslashes, control characters,
   * anything that is not a valid URI (RFC 3986 §2, §3.3) or UTF-8, or more than 8192 characters.
   */
  read(target: string, states: PathStates = ANY_PATH, first = 0): boolean {
    if (target.charCodeAt(0) !== SLASH) return false;
    const length = Math.min(target.length, LONGEST_PATH + 1);
    // Where the state's row begins.
    let row = first << ROW_BITS;
    let end = 1;
    for (; end < length; end += 1) {
      let code = 0;
      let after = 0;
      // A loop that calls nothing: the table stays where it is all the while.
      for (const { next } = states; end < length; end += 1) {
        code = target.charCodeAt(end);
        // What is not ASCII comes from no URI: Node hands on bytes as Latin-1, so what would be
        // matched here is not what an API that decodes UTF-8 would see.
        if (code > ASCII) return false;
        after = next[row | code] as number;
        if (after >= LOOK) break;
        row = after << ROW_BITS;
      }
      if (end === length) break;
      if (after === LOOK) {
        if (code === QUESTION_MARK) break;
        if (code === PERCENT) return this.#readEncoded(target, states, first);
        if (code !== DOT || isDotSegment(target, end)) return false;
      }
      row = states.advance(row >> ROW_BITS, code) << ROW_BITS;
    }
    if (end > LONGEST_PATH) return false;
    this.#take(target, end, row >> ROW_BITS);
    return true;
  }

  /** The text of a segment, counting from 0; `undefined` where there is none, and for -1. */
  segment(number: number): string | undefined {
    const { text, end } = this;
    let start = 1;
    let next = text.indexOf("/", start);
    for (let n = 0; n < number; n += 1) {
      if (next === -1) return undefined;
      start = next + 1;
      next = text.indexOf("/", start);
    }
    if (number < 0 || start >= end) return undefined;
    return text.slice(start, next === -1 ? end : Math.min(next, end));
  }

  /** The slow way, for paths with a `%`; everything is checked again once decoded. */
  #readEncoded(target: string, states: PathStates, first: number): boolean {
    const query = target.indexOf("?");
    const raw = query === -1 ? target : target.slice(0, query);
    if (raw.length > LONGEST_PATH || /[^!-~]|[#;\\]|\/\/|%(?:2f|5c)/i.test(raw)) return false;
    let path: string;
    try {
      path = decodeURIComponent(raw);
    } catch {
      return false;
    }
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    if (/[\u0000-\u001f\u007f-\u009f]|\/\.\.?(?:[/;]|$)/.test(path)) return false;
    let state = first;
    for (let i = 1; i < path.length; i += 1) state = stateAfter(states, state, path.charCodeAt(i));
    this.#take(path, path.length, state);
    return true;
  }

  /** Takes a path. A slash at its end begins no segment. */
  #take(text: string, end: number, state: number): void {
    this.text = text;
    this.end = end > 1 && text.charCodeAt(end - 1) === SLASH ? end - 1 : end;
    this.state = state;
  }
}

/**
 * A request target without the one slash that its path may end with, which no endpoint looks at:
 * `/v2/users/?x` is `/v2/users?x`. The root keeps its own; what ends with several is no path.
 */
export function withoutSlash(target: string): string {
  const query = target.indexOf("?");
  const end = query === -1 ? target.length : query;
  if (end < 2 || target.charCodeAt(end - 1) !== SLASH) return target;
  if (target.charCodeAt(end - 2) === SLASH) return target;
  return target.slice(0, end - 1) + target.slice(end);
}

/** Whether the segment that starts at `start` with a dot is `.` or `..`, path parameters aside. */
function isDotSegment(path: string, start: number): boolean {
  const next = path.charCodeAt(start + 1) === DOT ? start + 2 : start + 1;
  if (next >= path.length) return true;
  const code = path.charCodeAt(next);
  return code === SLASH || code === SEMICOLON || code === QUESTION_MARK;
}
