const LOOPBACK = /^(http:\/\/(?:127\.0\.0\.1|\[::1\]|localhost))(?::\d{1,5})?(?=[/?#]|$)/;

/** Character by character, but for the port of a loopback address (RFC 8252 §7.3). */
export function isRegistered(uri: string, registered: readonly string[]): boolean {
  if (registered.includes(uri)) return true;
  const loopback = withoutPort(uri);
  return loopback !== undefined && registered.some((each) => withoutPort(each) === loopback);
}

/** RFC 8252 §7: the browser hands the answer to a program on the same machine. */
export function isNative(uri: string): boolean {
  return !uri.startsWith("https:");
}

/** Whether it is `https` to the browser's own machine, which the library takes of no program. */
export function isLocalHttps(uri: string): boolean {
  const url = URL.parse(uri);
  const isLocal = ["127.0.0.1", "[::1]", "localhost"].includes(url?.hostname ?? "");
  return isLocal && url?.protocol === "https:";
}

function withoutPort(uri: string): string | undefined {
  return LOOPBACK.test(uri) && URL.canParse(uri) ? uri.replace(LOOPBACK, "$1") : undefined;
}
