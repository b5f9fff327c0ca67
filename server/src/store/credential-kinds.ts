import type { Ceiling } from "./ceiling.ts";

/** What differs between the kinds of keys that an account may hold. */
export interface CredentialKind {
  /** In messages. */
  readonly noun: string;
  /** Begins the names of its events. */
  readonly event: string;
  /** The member of a request that may name one that is taken. */
  readonly takenField: string;
  /** A rotation issues a successor, or adds a secret to the same credential. */
  readonly rotation: "successor" | "secrets";
}

/** The kinds by the scheme that accepts them; no other scheme does. */
export const CREDENTIAL_KINDS = {
  "api-key": { noun: "API key", event: "api_key", takenField: "id", rotation: "successor" },
  "customer-jwt": {
    noun: "signing key",
    event: "signing_key",
    takenField: "id",
    rotation: "successor",
  },
  "shared-secret-jwt": {
    noun: "JWT secret",
    event: "jwt_secret",
    takenField: "issuer",
    rotation: "secrets",
  },
  "organization-key": {
    noun: "organization key",
    event: "organization_key",
    takenField: "id",
    rotation: "secrets",
  },
} as const satisfies Record<string, CredentialKind>;

export type KeyringScheme = keyof typeof CREDENTIAL_KINDS;

/** Which credential: with `accountId`, those of any other account do not exist. */
export interface NamedCredential {
  readonly scheme: KeyringScheme;
  readonly id: string;
  readonly accountId?: string | undefined;
}

/** The same for a reader, who has no context that says how far it may see. */
export interface WantedCredential extends NamedCredential {
  readonly ceiling?: Ceiling;
}
