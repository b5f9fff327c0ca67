import type { StrictObject } from "./strict-json.ts";

/** Why the instants in a token's claims forbid its use now. */
export type TimeFault =
  | "token_expiry_missing"
  | "token_malformed"
  | "token_expired"
  | "token_lifetime_exceeded"
  | "token_not_yet_valid";

/** By which clock a token is judged, and how leniently. */
export interface TimeRules {
  /** Unix milliseconds. */
  readonly now: number;
  /** How far the clock of who signed may be wrong, either way. */
  readonly skewSeconds: number;
  /** The farthest from now that a token may expire. */
  readonly maxLifetimeSeconds: number;
}

/**
 * Judges `exp`, `nbf` and `iat` (RFC 7519 §4.1.4 to 4.1.6): `exp` is required, each is a whole number
 * of seconds. The last millisecond is the one before `exp` plus the skew, the first is `nbf` less
 * the skew itself; a token that expires exactly at the longest lifetime plus the skew is accepted.
 */
export function timeFault(claims: StrictObject, rules: TimeRules): TimeFault | undefined {
  const { exp, nbf, iat } = claims;
  if (exp === undefined) return "token_expiry_missing";
  if (!isInstant(exp)) return "token_malformed";
  if (nbf !== undefined && !isInstant(nbf)) return "token_malformed";
  if (iat !== undefined && !isInstant(iat)) return "token_malformed";
  const now = rules.now / 1000;
  if (exp + rules.skewSeconds <= now) return "token_expired";
  if (exp > now + rules.maxLifetimeSeconds + rules.skewSeconds) return "token_lifetime_exceeded";
  if (nbf !== undefined && nbf > now + rules.skewSeconds) return "token_not_yet_valid";
  return undefined;
}

function isInstant(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
