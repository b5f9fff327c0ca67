/** Whom a request is from, once verified (RFC 7519 §4.1.2). `null` where a field does not apply. */
export interface Principal {
  readonly kind: "account" | "user" | "platform" | "managed-user" | "application" | "anonymous";
  /** The account acted for. */
  readonly accountId: string | null;
  readonly userId: string | null;
  /** A token's `sub` that names no user of ours. */
  readonly subject: string | null;
  readonly applicationId: string | null;
  /** Who acts on the account's or user's behalf, when somebody else does. */
  readonly actor: Actor | null;
  readonly scopes: readonly string[];
  readonly plan: string | null;
  readonly mode: Mode | null;
  readonly credentialId: string | null;
  readonly scheme: string;
}

/** Who acts for a principal: not the one whom the request is from. */
export interface Actor {
  readonly kind: "platform" | "organization" | "application";
  readonly id: string;
}

/** `test` credentials reach the same API; the API decides what differs. */
export type Mode = "live" | "test";
