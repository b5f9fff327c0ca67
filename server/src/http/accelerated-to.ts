import { invalidField } from "@latchkey/engine";

const NONE: readonly string[] = [];
const ASKED = /[?&]accel=([^&]*)/;
const LOCATION = /^@[A-Za-z0-9_-]{1,64}$/;

/**
 * The header with which nginx goes on at a location of its own after an allowed request, names and
 * values in turn; empty when the proxy did not ask for it. It asks in the query of its own address
 * for this door, which no client can add to: a path suffix is the client's, and is not looked at.
 *
 * @throws {ApiError} `INVALID_REQUEST`: not the name of a location.
 */
export function acceleratedTo(suffix: string): readonly string[] {
  if (!suffix.startsWith("?")) return NONE;
  const [, location] = ASKED.exec(suffix) ?? [];
  if (location === undefined) return NONE;
  if (LOCATION.test(location)) return ["X-Accel-Redirect", location];
  throw invalidField("accel", "accel names a location of nginx, such as @api.");
}
