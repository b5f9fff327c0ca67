import type { AccountState } from "./account.ts";
import type { PresentedSecret } from "./presented-secret.ts";

/** A credential of one scheme is nothing to another, whoever presents it. */
export interface OfScheme {
  readonly scheme: string;
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
  /** Where its counters were found last, for a limiter that can use it. */
  readonly bucket: number;
  readonly ticket: number;
  /** Where memory keeps it; means nothing after the turn in which it was found. */
  readonly place: number;
}

/** What a lookup finds in memory: a credential, certainty that there is none, or nothing yet. */
export type Lookup<Authority extends OfScheme = OfScheme> =
  | KnownCredential<Authority>
  | "unknown"
  | "ask";

/** How a question to the source ended. After `answered`, memory knows. */
export type AskOutcome = "answered" | "unavailable" | "throttled";

/** Where schemes look credentials up. */
export interface CredentialMemory<Authority extends OfScheme = OfScheme> {
  /** Looks in memory only. */
  find(scheme: string, secret: PresentedSecret): Lookup<Authority>;
  /**
   * The same for a request on whose very behalf the source was just asked: what it said counts,
   * even where a lease has lapsed.
   */
  findAnswered(scheme: string, secret: PresentedSecret): Lookup<Authority>;
  /** Keeps where a credential's counters are, in the turn in which it was found at `place`. */
  keepCounters(place: number, bucket: number, ticket: number): void;
  /** Asks the source, once for all who wait for the same secret. Never rejects. */
  ask(scheme: string, secret: string, address: string | undefined): Promise<AskOutcome>;
}
