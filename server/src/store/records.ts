import type { AccountKind, Interval, LimitSpec, Mode, Signing } from "@latchkey/engine";
import type { Ceiling } from "./ceiling.ts";

/** Instants in stored records are Unix milliseconds; the HTTP edge turns them into RFC 3339. */
export type Millis = number;

/** An account as everyone may see it. */
export interface AccountRecord {
  readonly id: string;
  readonly name: string;
  readonly kind: AccountKind;
  readonly parentId: string | null;
  readonly plan: string | null;
  readonly externalId: string | null;
  readonly createdAt: Millis;
  readonly suspendedAt: Millis | null;
}

/** What a user is in an account. */
export const ROLES = ["owner", "admin", "member"] as const;
export type Role = (typeof ROLES)[number];

/** A user as everyone may see it; the password, or whether there is one, is in no record. */
export interface UserRecord {
  readonly id: string;
  /** Unique in its API, counting from 1. */
  readonly number: number;
  readonly name: string | null;
  readonly email: string | null;
  readonly memberships: readonly { readonly accountId: string; readonly role: Role }[];
  readonly createdAt: Millis;
}

/** A key of any kind as everyone may see it; its secret is in no record. */
export interface CredentialRecord {
  readonly id: string;
  readonly accountId: string;
  readonly userId: string | null;
  readonly name: string;
  /** What requests name it by where that is no secret. */
  readonly handle: string | null;
  /** The first characters of the key, up to and including the mode; empty without such a key. */
  readonly prefix: string;
  readonly lastFour: string;
  readonly scopes: readonly string[];
  readonly mode: Mode;
  readonly allowedIps: readonly string[];
  readonly limits: readonly LimitSpec[] | null;
  readonly signing: Signing;
  readonly publicKey: PublicKeyRecord | null;
  /** From old to new, where one credential may have several; those that ended may be gone. */
  readonly secrets: readonly SecretRecord[];
  readonly createdAt: Millis;
  /** A rotated key's overlap ends here at the latest. */
  readonly expiresAt: Millis | null;
  readonly revokedAt: Millis | null;
  /** Set on the old key of a rotation, whose overlap ends at `expiresAt`. */
  readonly rotatedAt: Millis | null;
  readonly successorId: string | null;
  readonly lineageId: string;
  /** When a rotated key is refused for a moment before its overlap ends. */
  readonly brownOuts: readonly Interval[];
  /** To the minute. */
  readonly lastUsedAt: Millis | null;
}

/** The public half of a signing key. */
export interface PublicKeyRecord {
  /** JOSE name: `ES256`, `EdDSA` or `RS256`. */
  readonly algorithm: string;
  /** SubjectPublicKeyInfo, DER in base64. */
  readonly spki: string;
  /** Its owner made the pair. */
  readonly brought: boolean;
}

/** One of the secrets of a credential, without the secret. */
export interface SecretRecord {
  readonly id: string;
  readonly createdAt: Millis;
  /** When a rotation's overlap ends for it; `null`: it is the newest. */
  readonly endsAt: Millis | null;
  readonly brownOuts: readonly Interval[];
}

/** The roles of operators; `http/permissions.ts` says what each may do. */
export const OPERATOR_ROLES = ["viewer", "verifier", "admin", "owner"] as const;
export type OperatorRole = (typeof OPERATOR_ROLES)[number];

/** An operator token as everyone may see it; the token is in no record. */
export interface OperatorTokenRecord {
  readonly id: string;
  readonly name: string;
  readonly role: OperatorRole;
  /** `null`: every API. */
  readonly apis: readonly string[] | null;
  readonly createdAt: Millis;
  readonly revokedAt: Millis | null;
}

/** Who did something. */
export interface EventActor {
  readonly kind: "operator" | "user" | "portal" | "credential" | "system" | "anonymous";
  /**
   * The id of the operator token or person, the user, the portal session or the credential;
   * `bootstrap` for the environment's token.
   */
  readonly id: string | null;
}

/** One line of the audit trail: a deed (`api_key.issued`) or a refusal (`request.refused`). */
export interface EventRecord {
  readonly id: string;
  readonly type: string;
  readonly at: Millis;
  readonly actor: EventActor;
  readonly accountId: string | null;
  readonly credentialId: string | null;
  readonly requestId: string | null;
  readonly address: string | null;
  readonly detail: Readonly<Record<string, unknown>>;
  /** How many alike this line stands for: floods of refusals are counted, not stored one by one. */
  readonly count: number;
}

export type UsageOutcome = "allow" | "deny";

/** Requests of one credential for one account in one hour, by what became of them. */
export interface UsageRecord {
  readonly accountId: string;
  readonly credentialId: string;
  /** The start of the hour. */
  readonly hour: Millis;
  readonly outcome: UsageOutcome;
  readonly count: number;
  /** The newest `X-Client-Version` that came with these requests. */
  readonly clientVersion: string | null;
}

/** Usage as it is listed. */
export interface UsageLine extends UsageRecord {
  /** Of this credential in this hour, whatever the outcome; absent when nothing was timed. */
  readonly latency?: {
    readonly timed: number;
    readonly totalMicros: number;
    readonly maxMicros: number;
  };
}

/** One change on the feed of an API. */
export interface ChangeRecord {
  /** Gap-free and rising within its API. */
  readonly seq: number;
  /** When it was written: one that was lost may have been made again, with its number and its state. */
  readonly at: Millis;
  readonly kind: "credential" | "account" | "user" | "policy" | "operator_token" | "issuer_keys";
  readonly subjectId: string;
  /** The subject's whole new state, as JSON: `CredentialState`, `UserState`, … */
  readonly state: unknown;
}

/** The last row of a page, from which the next one starts. Lists run from new to old. */
export interface PageKey {
  readonly at: Millis;
  readonly id: string;
}

/** Which part of a list is wanted. */
export interface PageRequest {
  readonly limit: number;
  readonly after: PageKey | undefined;
}

/** A part of a list, and where the next one begins; `null`: there is no more. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly next: PageKey | null;
}

/** Which lines of a list are wanted; a field left out does not narrow it. */
export interface EventFilter {
  readonly accountId?: string | undefined;
  readonly credentialId?: string | undefined;
  readonly type?: string | undefined;
  /** Inclusive. */
  readonly from?: number | undefined;
  /** Exclusive. */
  readonly to?: number | undefined;
  readonly ceiling?: Ceiling;
}

/** The same for usage; `from` and `to` are compared with the start of the hour. */
export interface UsageFilter extends Omit<EventFilter, "type"> {
  /** All credentials of one chain of rotations. */
  readonly lineageId?: string | undefined;
}
