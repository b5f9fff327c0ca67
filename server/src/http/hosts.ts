/**
 * Serves the facade of an API that is bound to host names at those hosts' root, and nothing else
 * there: the mount is put in front of every path.
 */
export function createHostBinding(
  apis: Iterable<{ readonly slug: string; readonly hosts: readonly string[] }>,
): (host: string | undefined, url: string) => string {
  const mounts = new Map<string, string>();
  for (const { slug, hosts } of apis) {
    for (const host of hosts) mounts.set(host.toLowerCase(), `/${slug}`);
  }
  return (host, url) => {
    if (mounts.size === 0) return url;
    const mount = mounts.get(hostName(host ?? ""));
    return mount === undefined ? url : mount + url;
  };
}

/** Without port and trailing dot, in lower case: one name has many spellings (RFC 9110 §4.2.3). */
export function hostName(host: string): string {
  return host.replace(/:\d*$/, "").replace(/\.$/, "").toLowerCase();
}
