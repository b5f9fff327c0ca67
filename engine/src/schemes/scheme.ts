import type { KeyFormat } from "../domain/credential.ts";
import type { KnownCredential, Lookup, OfScheme } from "../domain/known.ts";
import type { PresentedHeaders } from "../domain/presented-headers.ts";
import type { PresentedSecret } from "../domain/presented-secret.ts";
import type { Actor, Principal } from "../domain/principal.ts";
import type { Reason } from "../domain/reasons.ts";
import type { KeyOutline } from "../tokens/key-format.ts";

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
   * Whether what the request carries has this scheme's form. Looks at the form only, so that exactly
   * one scheme claims a request.
   */
  claims(presented: PresentedHeaders, context: ClaimContext): boolean;
  /** Proves the credential of a request that it claims, from memory alone. */
  verify<A extends OfScheme>(
    presented: PresentedHeaders,
    context: VerifyContext<A>,
  ): Verification<A>;
}

/** What a scheme may know when it looks at a request's form. */
export interface ClaimContext {
  readonly keyOutlines: readonly KeyOutline[];
}

/** What a scheme may use to prove a credential. */
export interface VerifyContext<A extends OfScheme> {
  /** Looks in memory for the scheme's credential with this secret. */
  readonly find: (scheme: string, secret: PresentedSecret) => Lookup<A>;
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
