/** What JWTs of customers must keep to. */
export interface TokenRule {
  /** How far ahead `exp` may lie. */
  readonly maxLifetimeSeconds: number;
  /** By how much clocks may differ. */
  readonly skewSeconds: number;
  /** What `aud` may name; a token whose `aud` names none of these is refused (RFC 7519 §4.1.3). */
  readonly audience: readonly string[];
}

/** What signatures of requests must keep to. */
export interface SignatureRule {
  readonly maxLifetimeSeconds: number;
  readonly skewSeconds: number;
  /** A signature with a `jti` is accepted once. */
  readonly oneTime: boolean;
}
