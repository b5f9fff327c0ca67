const LONGEST_PATH = 8192;

const PERCENT = 37;
const DOT = 46;
const SLASH = 47;
const SEMICOLON = 59;
const QUESTION_MARK = 63;

/** 1 for the characters that need no second look; this scan runs for each one of every request. */
const PLAIN = Uint8Array.from({ length: 128 }, (_, code) =>
  code > 32 && code < 127 && !"#%./;?\\".includes(String.fromCharCode(code)) ? 1 : 0,
);

/**
 * The path of one request after the other, without query and trailing slash: the first `end`
 * characters of `text`, which are percent-decoded once.
 */
export class RequestPath {
  text = "";
  end = 0;
  /** The characters of `text` as UTF-16, at least as far as `end`. */
  readonly codes = new Uint16Array(LONGEST_PATH + 1);
  /** How many segments there are; none in `/`. */
  segments = 0;
  /** Where the slash before each segment is. */
  readonly slashes = new Uint16Array(LONGEST_PATH + 1);

  /**
   * Reads the path of a request target. False for one that two servers could read differently: dot
   * segments, empty segments, a `;` (what follows is part of the segment, or is stripped from it), a
   * fragment (no target has one, RFC 9112 §3.2.1: what follows is cut off, or part of the path),
   * encoded slashes, backslashes, control characters, anything that is not a valid URI (RFC 3986 §2,
   * §3.3) or UTF-8, or more than 8192 characters.
   */
  read(target: string): boolean {
    if (target.charCodeAt(0) !== SLASH) return false;
    const { slashes, codes } = this;
    const length = Math.min(target.length, LONGEST_PATH + 1);
    let encoded = false;
    let slash = 0;
    let segments = 1;
    let end = 1;
    for (; end < length; end += 1) {
      const code = target.charCodeAt(end);
      codes[end] = code;
      if (code < 128 && PLAIN[code] === 1) continue;
      if (code === SLASH) {
        if (slash === end - 1) return false;
        slash = end;
        slashes[segments] = end;
        segments += 1;
      } else if (code === DOT) {
        if (slash === end - 1 && isDotSegment(target, end)) return false;
      } else if (code === PERCENT) {
        encoded = true;
      } else if (code === QUESTION_MARK) {
        break;
      } else {
        // Raw spaces and non-ASCII come from no URI: Node hands on bytes as Latin-1, so what would
        // be matched here is not what an API that decodes UTF-8 would see.
        return false;
      }
    }
    if (end > LONGEST_PATH) return false;
    if (encoded) return this.#readEncoded(target.slice(0, end));
    this.#take(target, end, segments);
    return true;
  }

  /** Where a segment begins, counting from 0. */
  startOf(segment: number): number {
    return (this.slashes[segment] as number) + 1;
  }

  /** Where a segment ends. */
  endOf(segment: number): number {
    return segment + 1 < this.segments ? (this.slashes[segment + 1] as number) : this.end;
  }

  /** Whether these characters, given as UTF-16, stand at `start`; they must not reach beyond `end`. */
  hasAt(start: number, text: readonly number[]): boolean {
    const { codes } = this;
    for (let i = 0; i < text.length; i += 1) {
      if (codes[start + i] !== text[i]) return false;
    }
    return true;
  }

  /** The slow way, for paths with a `%`; everything is checked again once decoded. */
  #readEncoded(raw: string): boolean {
    if (/%(?:2f|5c)/i.test(raw)) return false;
    let path: string;
    try {
      path = decodeURIComponent(raw);
    } catch {
      return false;
    }
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    if (/[\u0000-\u001f\u007f-\u009f]|\/\.\.?(?:[/;]|$)/.test(path)) return false;
    let segments = 0;
    for (let at = 0; at !== -1; at = path.indexOf("/", at + 1)) {
      this.slashes[segments] = at;
      segments += 1;
    }
    for (let i = 0; i < path.length; i += 1) this.codes[i] = path.charCodeAt(i);
    this.#take(path, path.length, segments);
    return true;
  }

  /** Takes a path whose slashes are known. A slash at its end begins no segment. */
  #take(text: string, end: number, segments: number): void {
    const trailing = this.slashes[segments - 1] === end - 1;
    this.text = text;
    this.end = trailing && end > 1 ? end - 1 : end;
    this.segments = trailing ? segments - 1 : segments;
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
