import { type Place, readText, report, shown } from "./shape.ts";
import { HEADER } from "./text-forms.ts";

/** Those of every scheme, and what carries credentials past Latchkey or to it. */
const CREDENTIALS: ReadonlySet<string> = new Set([
  "authorization",
  "cookie",
  "dpop",
  "proxy-authorization",
  "x-api-key",
  "x-app-key",
  "x-app-signature",
  "x-cal-client-id",
  "x-cal-secret-key",
  "x-latchkey-token",
  "x-signature",
]);

/** About one connection (RFC 9110 §7.6.1), or about how a message is written. */
const HOP_BY_HOP: ReadonlySet<string> = new Set([
  "connection",
  "content-length",
  "expect",
  "host",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/**
 * The name of a header that says something of its own about a request: none that carries a
 * credential, which would be taken for an account or a version, and none that proxies change.
 */
export function readHeaderName(value: unknown, place: Place): string {
  const name = readText(value, place, HEADER);
  if (CREDENTIALS.has(name)) report(place, `${shown(name)} carries a credential; choose another`);
  if (HOP_BY_HOP.has(name)) {
    report(place, `${shown(name)} is about the connection or the message; choose another`);
  }
  return name;
}
