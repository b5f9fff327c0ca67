import { CurlError } from "./curl-error.ts";

/** What of a URL goes into a request. */
export interface CurlTarget {
  /** `http` or `https`. */
  readonly scheme: string;
  /** Host and port. */
  readonly host: string;
  /** Path and query, never empty. */
  readonly target: string;
  /** `user:password`, decoded, when the URL has them. */
  readonly userInfo: string | undefined;
}

const URL_PARTS = /^(?:([a-z][a-z0-9+.-]*):\/\/)?(?:([^/?#]*)@)?([^/?#]*)([^?#]*)(\?[^#]*)?/i;

/**
 * Cuts a URL as curl does: plain HTTP where no scheme is named, dot segments removed, the fragment
 * left out. Nothing else is tidied, since the check of the path must see what was written.
 *
 * @throws {CurlError}
 */
export function curlTarget(
  url: string,
  { query, pathAsIs }: { readonly query: readonly string[]; readonly pathAsIs: boolean },
): CurlTarget {
  const [, scheme = "http", user, host = "", path = "", search = ""] = URL_PARTS.exec(url) ?? [];
  if (!/^https?$/i.test(scheme)) throw new CurlError("Its URL is neither http nor https.");
  if (host === "") throw new CurlError("Its URL has no host name.");
  // Also control characters; curl refuses them all.
  if (/[\0-\x20\x7f]/.test(url)) throw new CurlError("Its URL has white space in it.");
  const added = query.filter((part) => part !== "").join("&");
  const glue = search === "" ? "?" : "&";
  const resource = pathAsIs ? path : withoutDotSegments(path);
  return {
    scheme: scheme.toLowerCase(),
    host,
    target: (resource === "" ? "/" : resource) + search + (added === "" ? "" : glue + added),
    userInfo: user === undefined ? undefined : decoded(user),
  };
}

/** RFC 3986 §5.2.4, for a path that is empty or begins with a slash. */
function withoutDotSegments(path: string): string {
  const kept: string[] = [];
  const segments = path.split("/");
  for (const [i, segment] of segments.entries()) {
    const isDots = segment === "." || segment === "..";
    if (segment === ".." && kept.length > 1) kept.pop();
    if (!isDots) kept.push(segment);
    else if (i === segments.length - 1) kept.push("");
  }
  return kept.join("/");
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
