const LONGEST_PATH = 8192;

const HASH = 35;
const PERCENT = 37;
const DOT = 46;
const SLASH = 47;
const SEMICOLON = 59;
const QUESTION_MARK = 63;

/** 1 for the characters that need no second look; this scan runs for each one of every request. */
const PLAIN = Uint8Array.from({ length: 128 }, (_, code) =>
  code > 32 && code < 127 && !"#%./?\\".includes(String.fromCharCode(code)) ? 1 : 0,
);

/**
 * The path of one request after the other. Kept as bytes, because looking at a byte is several
 * times faster than looking at a character of a string, and every request's path is looked at twice.
 */
export class RequestPath {
  /** UTF-8, percent-decoded once, without query, fragment and trailing slash. */
  readonly bytes = Uint8Array.of(SLASH, ...new Uint8Array(LONGEST_PATH));
  /** How many bytes belong to the path; those beyond say nothing. */
  end = 0;

  /**
   * Reads the path of a request target. False for one that two servers could read differently: dot
   * segments (`..;x` too, which some servers strip to one), empty segments, encoded slashes,
   * backslashes, control characters, anything that is not a valid URI (RFC 3986 §2, §3.3) or UTF-8,
   * or more than 8192 characters.
   */
  read(target: string): boolean {
    if (target.charCodeAt(0) !== SLASH) return false;
    const bytes = this.bytes;
    const { length } = target;
    let encoded = false;
    let slash = 0;
    let end = 1;
    for (; end < length; end += 1) {
      const code = target.charCodeAt(end);
      if (code < 128 && PLAIN[code] === 1) {
        bytes[end] = code;
      } else if (code === SLASH) {
        if (slash === end - 1) return false;
        bytes[end] = SLASH;
        slash = end;
      } else if (code === DOT) {
        if (slash === end - 1 && isDotSegment(target, end)) return false;
        bytes[end] = DOT;
      } else if (code === PERCENT) {
        encoded = true;
      } else if (code === QUESTION_MARK || code === HASH) {
        break;
      } else {
        // Raw spaces and non-ASCII come from no URI: Node hands on bytes as Latin-1, so what would
        // be matched here is not what an API that decodes UTF-8 would see.
        return false;
      }
    }
    if (end > LONGEST_PATH) return false;
    if (encoded) return this.#readEncoded(target.slice(0, end));
    this.end = slash === end - 1 && end > 1 ? end - 1 : end;
    return true;
  }

  /** The path in characters. */
  get text(): string {
    return new TextDecoder().decode(this.bytes.subarray(0, this.end));
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
    const trailing = path.length > 1 && path.endsWith("/") ? 1 : 0;
    this.end = new TextEncoder().encodeInto(path, this.bytes).written - trailing;
    return true;
  }
}

/** Whether the segment that starts at `start` with a dot is `.` or `..`, path parameters aside. */
function isDotSegment(path: string, start: number): boolean {
  const next = path.charCodeAt(start + 1) === DOT ? start + 2 : start + 1;
  if (next >= path.length) return true;
  const code = path.charCodeAt(next);
  return code === SLASH || code === SEMICOLON || code === QUESTION_MARK || code === HASH;
}
