/** What a `*` of a registered address may stand for: no other part of a URL has these alone. */
const WILD = /^[A-Za-z0-9.-]*$/;

/** RFC 6454 §6.2, and the `null` of a page that has none; without user info, path and query. */
const ORIGIN =
  /^(?:null|[a-z][a-z0-9+.-]*:\/\/(?:[A-Za-z0-9.-]+|\[[0-9a-fA-F:.]+\])(?::\d{1,5})?)$/;

/**
 * Whether an origin is the registered address, or one that it describes: each `*` stands for any
 * letters, digits, dots and hyphens, none included. Takes time in proportion to both lengths.
 */
export function matchesOrigin(registered: string, origin: string): boolean {
  const [head = "", ...parts] = registered.split("*");
  const tail = parts.pop();
  if (tail === undefined) return origin === registered;
  if (origin.length < head.length + tail.length) return false;
  if (!origin.startsWith(head) || !origin.endsWith(tail)) return false;
  const end = origin.length - tail.length;
  let at = head.length;
  for (const part of parts) {
    const found = origin.indexOf(part, at);
    if (found < 0 || found + part.length > end || !WILD.test(origin.slice(at, found))) return false;
    at = found + part.length;
  }
  return WILD.test(origin.slice(at, end));
}

/** Whether a text has the form of an origin, so that an answer may repeat it. */
export function isOrigin(text: string): boolean {
  return text.length <= 300 && ORIGIN.test(text);
}
