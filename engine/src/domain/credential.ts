import type { LimitSpec } from "./limit.ts";
import type { Mode } from "./principal.ts";

/**
 * What a decision needs of a stored credential, and nothing that could be used as one.
 * This is the state that `resolve` answers and that the change feed carries.
 */
export interface CredentialState {
  readonly id: string;
  /** The scheme that issued it; no other scheme may accept it. */
  readonly scheme: string;
  readonly accountId: string;
  readonly userId: string | null;
  readonly scopes: readonly string[];
  readonly mode: Mode;
  /** CIDR blocks it may be used from; empty: from anywhere. */
  readonly allowedIps: readonly string[];
  /** Replaces all windows of its kind. */
  readonly limits: readonly LimitSpec[] | null;
  readonly signing: Signing;
  /** Unix milliseconds. A rotated credential's overlap ends here too. */
  readonly expiresAt: number | null;
  readonly revokedAt: number | null;
  /** The first credential of a chain of rotations: the whole chain shares its counters. */
  readonly lineageId: string;
  /** The successor, once rotated. */
  readonly successorId: string | null;
}

/** Whether a request with this key must also be signed. */
export type Signing = "off" | "optional" | "required";

/** What a key of this API looks like: a prefix for each mode, then secret and checksum. */
export interface KeyFormat {
  readonly live: string;
  readonly test: string;
}
