const MAX_LENGTH = 2048;

/** What a URI may be made of (RFC 3986 §2), less what browsers and servers read differently. */
const URI_TEXT = /^[A-Za-z0-9\-._~:/?#[\]@!$&'()*+,;=%]+$/;
const PARTS = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)([^?#]*)/i;
const HOST_AND_PORT = /^(\[[^\]]*\]|[^:]+)(?::(\*|[0-9]*))?$/;
const LOOPBACK = new Set(["localhost", "127.0.0.1", "[::1]"]);
/** RFC 8252 §7.1: who has the domain name, read backwards, has the scheme. */
const OWN_SCHEME = /^[a-z][a-z0-9+-]*(?:\.[a-z0-9+-]+)+:/;
/** Percent-encoded: where it is decoded, a line break ends a header. */
const CONTROL_CHARACTER = /%(?:[01][0-9a-f]|7f)/i;
/** `.` or `..` as a whole segment: browsers take them away. */
const DOT_SEGMENT = /\/(?:\.|%2e){1,2}(?=\/|$)/i;
const PATTERN_HOST = /^[a-z0-9-]*\*[a-z0-9-]*(?:\.[a-z0-9-]+){2,}$/;

/**
 * What is wrong with a redirect URI, as the end of a sentence, or `undefined` when nothing is.
 * Redirects go to https, or to http on this very machine (RFC 8252 §7.3), never to a fragment
 * (RFC 6749 §3.1.2), and whoever reads the text finds the same host and path in it. With `patterns`,
 * `*` may stand for the first label of a host name that has at least two more, or a part of that
 * label, for the port, and anywhere behind the host. With `ownSchemes`, they may go to a scheme with
 * a dot in it.
 */
export function redirectUriFault(
  text: string,
  { patterns, ownSchemes = false }: { readonly patterns: boolean; readonly ownSchemes?: boolean },
): string | undefined {
  if (text.includes("*") && !patterns) return "must not have a `*`: it is taken as it stands.";
  if (text.length > MAX_LENGTH || !URI_TEXT.test(text)) return "is not a URI of plain ASCII.";
  if (text.includes("#")) return "must not have a fragment.";
  const [, scheme = "", authority = "", path = ""] = PARTS.exec(text) ?? [];
  if (authority.includes("@")) return "must not have a user or password.";
  if (CONTROL_CHARACTER.test(text)) return "must not have a control character.";
  if (DOT_SEGMENT.test(path)) return "must not have `.` or `..` in its path.";
  if (ownSchemes && OWN_SCHEME.test(text)) return undefined;
  const [, host = "", port = ""] = HOST_AND_PORT.exec(authority) ?? [];
  // Any name is as good as `*`, and so is any port.
  const name = host.replaceAll("*", "x");
  const url = host === "" ? null : URL.parse(`${scheme}://${name}:${port.replace("*", "1")}`);
  if (url === null || !isForBrowsers(url)) {
    const more = ownSchemes ? ", or of a scheme with a dot" : "";
    return `must be https, or http on localhost, 127.0.0.1 or [::1]${more}.`;
  }
  if (url.hostname !== name) return "must have its host in small letters, in its usual form.";
  if (!host.includes("*") || PATTERN_HOST.test(host)) return undefined;
  return "may have `*` only in the first label of a host with two labels behind it.";
}

function isForBrowsers({ protocol, hostname }: URL): boolean {
  return protocol === "https:" || (protocol === "http:" && LOOPBACK.has(hostname));
}

/**
 * What is wrong with a link that people follow, or `undefined`: the rules of redirect URIs hold, but
 * it may have a fragment, and a `*` behind the host.
 */
export function linkFault(text: string): string | undefined {
  const [origin = ""] = /^[^?#]*?\/\/[^/?#]*/.exec(text) ?? [];
  const behind = text.slice(origin.length).replace("#", "?").replaceAll("*", "x");
  return redirectUriFault(origin + behind, { patterns: false });
}
