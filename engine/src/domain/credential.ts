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
  /** Unix milliseconds at which its successor was issued. */
  readonly rotatedAt: number | null;
  /** While it is rotated: when it is refused for a moment, so that who still uses it is noticed. */
  readonly brownOuts: readonly Interval[];
  /** What requests name it by where that is no secret: a `kid`, issuer, client id or app key. */
  readonly handle: string | null;
  /** Counts the changes of its secrets: what was kept of earlier ones is dropped. */
  readonly generation: number;
  /** The application that it belongs to. */
  readonly applicationId: string | null;
  /** Of an access token, what no other credential has. */
  readonly token?: AccessTokenState;
}

/** What an access token's grant and application say of how it may be used. */
export interface AccessTokenState {
  /** Whom a request with it is from. */
  readonly kind: "user" | "managed-user" | "application";
  readonly grantId: string | null;
  /** The thumbprint of the key to which it is bound (RFC 9449 §6.1). */
  readonly boundKey: string | null;
  /** What `Origin` may say, `*` standing for any part of a host or port; `null`: anything. */
  readonly origins: readonly string[] | null;
}

/** From an instant up to, not including, another; Unix milliseconds. */
export interface Interval {
  readonly from: number;
  readonly to: number;
}

/** Whether a request with this key must also be signed. */
export type Signing = "off" | "optional" | "required";

/** What a key of this API looks like: a prefix for each mode, then the secret. */
export interface KeyFormat {
  readonly live: string;
  readonly test: string;
  /** `checksummed`: 30 digits of base62 and a CRC-32; `hex`: 32 hex digits. */
  readonly form: "checksummed" | "hex";
}
