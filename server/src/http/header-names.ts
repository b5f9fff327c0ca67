import { ownText } from "@latchkey/engine";

/** The name of a header that was sent before. */
export interface KnownName {
  /** As it was sent. */
  readonly sent: string;
  /** In lower case. */
  readonly name: string;
  /** Whether it says who is asked, where the message ends, or what becomes of the connection. */
  readonly isFraming: boolean;
}

const FRAMING: ReadonlySet<string> = new Set([
  "host",
  "content-length",
  "transfer-encoding",
  "connection",
  "proxy-connection",
  "upgrade",
  "expect",
]);

const known: (KnownName | undefined)[] = Array.from({ length: 1024 });
const LONGEST_KEPT = 64;

/**
 * The name in lower case: of each name that is sent again and again it is the same string, which
 * later comparisons tell by its identity.
 */
export function knownName(sent: string): KnownName {
  // Of names that begin alike the ends differ.
  const place = ((sent.length & 31) << 5) | (sent.charCodeAt(sent.length - 1) & 31);
  const last = known[place];
  if (last?.sent === sent) return last;
  const copy = ownText(sent);
  const name = copy.toLowerCase();
  const made = { sent: copy, name, isFraming: FRAMING.has(name) };
  if (sent.length <= LONGEST_KEPT) known[place] = made;
  return made;
}
