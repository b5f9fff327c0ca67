import type { AccountState } from "./account.ts";
import type { AccessTokenState, Interval, Signing } from "./credential.ts";
import type { Rotation } from "./decision.ts";
import type { PresentedSecret } from "./presented-secret.ts";
import type { Actor } from "./principal.ts";
import type { Proof, SignatureAnswer } from "./proof.ts";
import type { UserState } from "./user.ts";

/** A credential of one scheme is nothing to another, whoever presents it. */
export interface OfScheme {
  readonly scheme: string;
  /** Whether its requests must be signed. */
  readonly signing: Signing;
}

/** A stored credential as it stood when it was found; what changes later is not seen here. */
export interface KnownCredential<Authority extends OfScheme = OfScheme> {
  readonly id: string;
  readonly userId: string | null;
  readonly account: AccountState;
  /** What the credential may do, compiled under the policy and shared by credentials alike. */
  readonly authority: Authority;
  /** Unix milliseconds; `Infinity`: never. */
  readonly expiresAt: number;
  readonly revoked: boolean;
  /** The key of its counters, shared along a chain of rotations. */
  readonly lineageId: string;
  /** What most credentials do not have. */
  readonly more: MoreOfCredential;
  /** Where its counters were found last, for a limiter that can use it. */
  readonly bucket: number;
  readonly ticket: number;
  /** Where memory keeps it; means nothing after the turn in which it was found. */
  readonly place: number;
}

/** What sets some credentials apart from a plain key. */
export interface MoreOfCredential {
  /** What proves that its presenter may use it, where naming it is not enough. */
  readonly proof: Proof | undefined;
  /** Changes with its secrets. */
  readonly generation: number;
  readonly rotation: Rotation | undefined;
  readonly brownOuts: readonly Interval[];
  /** It has moments in which it is refused, or is for some origins only. */
  readonly isRestricted: boolean;
  readonly applicationId: string | null;
  /** The application that acts for a user by an access token. */
  readonly actor: Actor | null;
  /** Of an access token; its grant ends it by ending it. */
  readonly token: Omit<AccessTokenState, "grantId"> | undefined;
}

/** What a lookup finds in memory: what is asked for, certainty that it is not, or nothing yet. */
export type Lookup<Found> = Found | "unknown" | "ask";

/** Something that memory does not know and the source of truth does. */
export interface Question {
  readonly about: "credential" | "account" | "user" | "signature";
  /** Of a credential: the scheme that it is for. */
  readonly scheme: string;
  /** The secret or handle of a credential, the id of an account or user, a JWT and its signature. */
  readonly name: string;
  /** Of a signature: the handle of the credential whose it should be. */
  readonly handle?: string;
}

/** Whether a JWT is signed with a secret that the source keeps to itself. */
export interface SignatureQuestion extends Question {
  readonly about: "signature";
  readonly handle: string;
}

/** On whose behalf the source is asked. */
export interface Asker {
  readonly address: string | undefined;
  /** Whether presenting what nobody knows counts against the address. */
  readonly counts: boolean;
}

/** How a question to the source ended. After `answered`, memory knows. */
export type AskOutcome = "answered" | "unavailable" | "throttled";

/**
 * What one process knows of an API's credentials, accounts and users. Lookups are in memory only.
 * `answered` are the questions that were asked on this very request's behalf: what the source said
 * to them counts, even where the lease has lapsed.
 */
export interface CredentialMemory<Authority extends OfScheme = OfScheme> {
  credential(
    scheme: string,
    secret: PresentedSecret,
    answered: readonly Question[],
  ): Lookup<KnownCredential<Authority>>;
  /** The credential that was at this place, while the lease holds and nothing about it changed. */
  still(place: number, id: string, generation: number): KnownCredential<Authority> | undefined;
  /** What the source said of a signature, by the secrets that this credential has today. */
  signature(
    question: SignatureQuestion,
    credential: KnownCredential,
    answered: readonly Question[],
  ): SignatureAnswer | "ask";
  account(id: string, answered: readonly Question[]): Lookup<AccountState>;
  user(id: string, answered: readonly Question[]): Lookup<UserState>;
  /** Keeps where a credential's counters are, in the turn in which it was found at `place`. */
  keepCounters(place: number, bucket: number, ticket: number): void;
  /** Asks the source, once for all who wait for the same answer. Never rejects. */
  ask(question: Question, asker: Asker): Promise<AskOutcome>;
  /** Whether what is known here counts by itself, without asking. */
  isCurrent(): boolean;
  /** For how many milliseconds what is known here may have been behind; 0: never. */
  age(): number;
}
