import type { KeyFormat } from "../domain/credential.ts";
import type { KnownCredential, Lookup, OfScheme } from "../domain/known.ts";
import type { PresentedHeaders } from "../domain/presented-headers.ts";
import type { Actor, Principal } from "../domain/principal.ts";
import type { Reason } from "../domain/reasons.ts";

/** One way to present a credential (RFC 9110 §11.1). A new one touches its folder and the list. */
export interface Scheme {
  readonly name: string;
  /** Which of the policy's limits counts its requests. */
  readonly limitKind: string;
  /** The `WWW-Authenticate` challenge, without error parameters; `undefined`: it has none. */
  readonly challenge: string | undefined;
  /** Headers that carry its credentials: sent twice, they are refused. In lower case. */
  readonly headers: readonly string[];
  /**
   * What the request carries, as it was sent, if it has this scheme's form. Looks at the form only,
   * so that exactly one scheme claims a request.
   */
  claim(headers: PresentedHeaders, context: ClaimContext): string | undefined;
  /** Proves the claimed credential, from memory alone. */
  verify<A extends OfScheme>(presented: string, context: VerifyContext<A>): Verification<A>;
}

/** What a scheme may know when it looks at a request's form. */
export interface ClaimContext {
  readonly keyFormat: KeyFormat;
  /** Every header in which this API takes a credential, in lower case. */
  readonly credentialHeaders: readonly string[];
}

/** What a scheme may use to prove a credential. */
export interface VerifyContext<A extends OfScheme> {
  /** Looks in memory for the secret that is the end of `text`, from `start` on. */
  readonly find: (scheme: string, text: string, start: number) => Lookup<A>;
  readonly keyFormat: KeyFormat;
  /** The endpoint takes requests that carry no credential. */
  readonly anonymous: boolean;
}

/** A proof, a refusal, or the secret that memory must first be asked about. */
export type Verification<A extends OfScheme> = Verified<A> | Refused | Ask;

/** Who the request is from, before anything is allowed. */
export interface Verified<A extends OfScheme> {
  readonly outcome: "verified";
  /** The stored credential behind it; authority is read from it at each use, never a copy. */
  readonly credential: KnownCredential<A> | undefined;
  readonly kind: Principal["kind"];
  readonly subject: string | null;
  readonly actor: Actor | null;
}

export interface Refused {
  readonly outcome: "refused";
  readonly reason: Reason;
}

export interface Ask {
  readonly outcome: "ask";
  readonly secret: string;
}
