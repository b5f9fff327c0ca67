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
 * The path of a request target, percent-decoded once, without query, fragment and trailing slash.
 * `undefined` for a path that two servers could read differently: dot segments (`..;x` too, which
 * some servers strip to one), empty segments, encoded slashes, backslashes, control characters,
 * anything that is not a valid URI (RFC 3986 §2, §3.3) or UTF-8, or more than 8192 characters.
 */
export function readPath(target: string): string | undefined {
  if (target.charCodeAt(0) !== SLASH) return undefined;
  const { length } = target;
  let end = length;
  let encoded = false;
  let slash = 0;
  for (let i = 1; i < length; i += 1) {
    const code = target.charCodeAt(i);
    if (code < 128 && PLAIN[code] === 1) continue;
    if (code === SLASH) {
      if (slash === i - 1) return undefined;
      slash = i;
    } else if (code === DOT) {
      if (slash === i - 1 && isDotSegment(target, i)) return undefined;
    } else if (code === PERCENT) {
      encoded = true;
    } else if (code === QUESTION_MARK || code === HASH) {
      end = i;
      break;
    } else {
      // Raw spaces and non-ASCII come from no URI: Node hands on bytes as Latin-1, so what would
      // be matched here is not what an API that decodes UTF-8 would see.
      return undefined;
    }
  }
  if (end > LONGEST_PATH) return undefined;
  if (encoded) return decodePath(target.slice(0, end));
  if (slash === end - 1 && end > 1) end -= 1;
  return end === length ? target : target.slice(0, end);
}

/** Whether the segment that starts at `start` with a dot is `.` or `..`, path parameters aside. */
function isDotSegment(path: string, start: number): boolean {
  const next = path.charCodeAt(start + 1) === DOT ? start + 2 : start + 1;
  if (next >= path.length) return true;
  const code = path.charCodeAt(next);
  return code === SLASH || code === SEMICOLON || code === QUESTION_MARK || code === HASH;
}

/** The slow way, for paths with a `%`; everything is checked again once decoded. */
function decodePath(raw: string): string | undefined {
  if (/%(?:2f|5c)/i.test(raw)) return undefined;
  let path: string;
  try {
    path = decodeURIComponent(raw);
  } catch {
    return undefined;
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (/[\u0000-\u001f\u007f-\u009f]|\/\.\.?(?:[/;]|$)/.test(path)) return undefined;
  return path.length > 1 && path.endsWith("/") ? path.slice(0, -1) : path;
}
