import { header } from "@latchkey/engine";

/**
 * Whether a browser asks for permission (Fetch standard, CORS-preflight request). It carries no
 * credential and cannot: it is let through before any decision, and spends no limit.
 */
export function isPreflight(method: string, rawHeaders: readonly string[]): boolean {
  return (
    method === "OPTIONS" &&
    header(rawHeaders, "origin") !== undefined &&
    header(rawHeaders, "access-control-request-method") !== undefined
  );
}
