import { randomFillSync } from "node:crypto";
import { header, headerCount } from "./request.ts";

const CLEAN = /^[A-Za-z0-9._-]{1,128}$/;

/**
 * The id under which a request appears in answers, logs and events: the client's own when it sent
 * exactly one and that is clean, else a new UUID.
 */
export function requestIdOf(rawHeaders: readonly string[]): string {
  const sent = header(rawHeaders, "x-request-id");
  if (sent === undefined) return newRequestId();
  return CLEAN.test(sent) && headerCount(rawHeaders, "x-request-id") === 1 ? sent : newRequestId();
}

const HEX = Buffer.from("0123456789abcdef", "latin1");
/** Where the two digits of each byte stand. */
const PLACES = [0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34];
const VERSION = 6;
const VARIANT = 8;

const uuid = Buffer.from("00000000-0000-0000-0000-000000000000", "latin1");
/** A call for random bytes costs as much as ten thousand of them: one does for many ids. */
const random = new Uint8Array(PLACES.length * 4096);
let used = random.length;

/**
 * A random UUID (RFC 9562 §5.4), written in place: `crypto.randomUUID` puts its text together of 20
 * parts, which costs `JSON.stringify` its fast path, and this id is in every answer.
 */
export function newRequestId(): string {
  if (used === random.length) {
    randomFillSync(random);
    used = 0;
  }
  for (let i = 0; i < PLACES.length; i += 1) {
    let byte = random[used + i] as number;
    if (i === VERSION) byte = (byte & 0x0f) | 0x40;
    if (i === VARIANT) byte = (byte & 0x3f) | 0x80;
    const place = PLACES[i] as number;
    uuid[place] = HEX[byte >> 4] as number;
    uuid[place + 1] = HEX[byte & 15] as number;
  }
  used += PLACES.length;
  return uuid.toString("latin1");
}
