import { randomUUID } from "node:crypto";
import { header, headerCount } from "@latchkey/engine";

const CLEAN = /^[A-Za-z0-9._-]{1,128}$/;

/**
 * The id under which a request appears in answers, logs and events: the client's own when it sent
 * exactly one and that is clean, else a new UUID.
 */
export function requestIdOf(rawHeaders: readonly string[]): string {
  const sent = header(rawHeaders, "x-request-id");
  if (sent === undefined) return randomUUID();
  return CLEAN.test(sent) && headerCount(rawHeaders, "x-request-id") === 1 ? sent : randomUUID();
}
