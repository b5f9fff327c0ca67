/**
 * A name that browsers accept only from this very host, over TLS or on this machine, for all of its
 * paths: no other host, no script and no plain connection can put one there (RFC 6265bis §4.1.3.2).
 */
const NAME = "__Host-latchkey";
const ATTRIBUTES = "Path=/; Secure; HttpOnly; SameSite=Lax";

/** The session's cookie; `undefined` without one, and with several, of which one is a stranger's. */
export function sessionCookie(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  const values = header
    .split(";")
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${NAME}=`))
    .map((pair) => pair.slice(NAME.length + 1));
  return values.length === 1 ? values[0] : undefined;
}

/** The `Set-Cookie` line that gives a browser its session for so many seconds. */
export function keptCookie(value: string, maxAgeSeconds: number): string {
  return `${NAME}=${value}; ${ATTRIBUTES}; Max-Age=${Math.max(0, Math.floor(maxAgeSeconds))}`;
}

/** The `Set-Cookie` line that takes it away. */
export const ENDED_COOKIE = `${NAME}=; ${ATTRIBUTES}; Max-Age=0`;
