/** Whether a URL's host, with or without port, is this machine and nothing else. */
export function isLoopback(host: string): boolean {
  const name = host.replace(/:\d*$/, "").toLowerCase();
  return name === "localhost" || name === "[::1]" || /^127(?:\.\d{1,3}){3}$/.test(name);
}
