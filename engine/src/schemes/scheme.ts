import type { KeyFormat } from "../domain/credential.ts";
import type { Rotation, Trace } from "../domain/decision.ts";
import type {
  KnownCredential,
  Lookup,
  OfScheme,
  Question,
  SignatureQuestion,
} from "../domain/known.ts";
import type { PresentedHeaders } from "../domain/presented-headers.ts";
import type { Beginning, PresentedSecret } from "../domain/presented-secret.ts";
import type { Actor, Principal } from "../domain/principal.ts";
import type { SignatureAnswer, SignatureProof } from "../domain/proof.ts";
import type { Reason } from "../domain/reasons.ts";
import type { ApiRequest } from "../domain/request.ts";
import type { SignatureRule, TokenRule } from "../domain/token-rules.ts";
import type { UserState } from "../domain/user.ts";
import type { KeyOutline } from "../tokens/key-format.ts";
import type { VerifiedToken, VerifiedTokens } from "../tokens/verified-tokens.ts";

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
   * What the secret in `Authorization` begins with where it may be this scheme's. It is not asked
   * about a request whose secret begins otherwise, unless one of its own headers is there.
   */
  beginnings(context: ClaimContext): readonly Beginning[];
  /** Whether it is asked about requests that have no such secret. */
  readonly asksWithoutSecret: boolean;
  /**
   * Whether what the request carries has this scheme's form. Looks at the form only, so that exactly
   * one scheme claims a request.
   */
  claims(presented: PresentedHeaders, context: ClaimContext): boolean;
  /**
   * Whom a credential stands for that was found by the secret in `Authorization`; `undefined`: that
   * is not all its proof. Only of schemes that look for such a secret.
   */
  standsFor?(
    found: KnownCredential<OfScheme>,
    presented: PresentedHeaders,
  ): Principal["kind"] | undefined;
  /** Proves the credential of a request that it claims, from memory alone. */
  verify<A extends OfScheme>(
    presented: PresentedHeaders,
    context: VerifyContext<A>,
  ): Verification<A>;
}

/** What a scheme may know when it looks at a request's form. */
export interface ClaimContext {
  readonly keyOutlines: readonly KeyOutline[];
  /** What the API's own opaque access tokens begin with; empty: any form. */
  readonly accessTokenPrefix: Beginning;
  /** Access tokens are a way to present a credential of this API. */
  readonly issuesTokens: boolean;
  /** What the path has in the place of `{clientId}`. */
  readonly clientParameter: string | undefined;
  /** Those whose form was looked at before; `undefined` while a decision is explained. */
  readonly tokens: VerifiedTokens | undefined;
}

/** What a policy says of the forms and lifetimes of credentials. */
export interface SchemeRules {
  readonly keyFormat: KeyFormat;
  readonly tokens: TokenRule;
  readonly signatures: SignatureRule;
  /** Where the API is reached, as its clients spell it; `null`: it takes no access tokens. */
  readonly oauth: { readonly origins: readonly string[] } | null;
}

/** What a scheme may use to prove a credential. It serves one request after the other. */
export interface VerifyContext<A extends OfScheme> {
  /** Unix milliseconds. */
  readonly now: number;
  readonly request: ApiRequest;
  readonly policy: SchemeRules;
  readonly clientParameter: string | undefined;
  /** The endpoint takes requests that carry no credential. */
  readonly anonymous: boolean;
  /** `undefined` while a decision is explained: then everything is verified anew. */
  readonly tokens: VerifiedTokens | undefined;
  /** `undefined`: nobody wants to know. */
  readonly trace: Trace | undefined;
  /** Looks in memory for the scheme's credential with this secret. */
  secret(scheme: string, secret: PresentedSecret): Lookup<KnownCredential<A>>;
  /** The same for a public handle: a `kid`, an issuer, a client id, an app key. */
  handle(scheme: string, handle: string): Lookup<KnownCredential<A>>;
  /** The credential of a token that was verified before; `undefined`: look it up again. */
  still(token: VerifiedToken): KnownCredential<A> | undefined;
  /** What the source said of a signature by a credential's secrets, which it keeps to itself. */
  signature(question: SignatureQuestion, credential: KnownCredential<A>): SignatureAnswer | "ask";
  /** Those of the names that are scopes of this API, each once. */
  knownScopes(names: readonly string[]): readonly string[];
  user(id: string): Lookup<UserState>;
  /** What verifies the API's own tokens that name this key; `undefined`: nobody has told of it. */
  issuerKey(id: string): SignatureProof | undefined;
}

/** A proof, a refusal, or what memory must first be asked about. */
export type Verification<A extends OfScheme> = Verified<A> | Refused | Ask;

/** Who the request is from, before anything is allowed. */
export interface Verified<A extends OfScheme> {
  readonly outcome: "verified";
  /** The stored credential behind it; authority is read from it at each use, never a copy. */
  readonly credential: KnownCredential<A> | undefined;
  readonly kind: Principal["kind"];
  readonly userId: string | null;
  readonly subject: string | null;
  readonly actor: Actor | null;
  /** Who a token names: it acts for accounts of this user only. */
  readonly user: UserState | undefined;
  /** `subject` is a user of ours, but not of the account: nothing there is its own. */
  readonly isForeign: boolean;
  /** The token or signature that proved it. */
  readonly token: VerifiedToken | undefined;
  /** The organization's key that signed for its user, and must be as good as the user's. */
  readonly cosigner: KnownCredential<A> | undefined;
  /** What of this request must not be used again. */
  readonly oneTime: readonly OneTimeUse[];
  /** Of the credential or of the secret that was used, when it has a successor. */
  readonly rotation: Rotation | undefined;
}

/** Something with a name of its own among what this key signs, forgotten some time after its end. */
export type OneTimeUse = Pick<VerifiedToken, "credentialId" | "jti" | "expiresAt">;

/** The credential was read, and proves nobody. */
export interface Refused {
  readonly outcome: "refused";
  readonly reason: Reason;
  /** For the trace: what was compared. Never part of a secret. */
  readonly detail?: string | undefined;
  /** The proof itself failed, which counts against the address. */
  readonly failedProof?: true;
  /** Of the secret that was used, which has a successor and is refused for a moment. */
  readonly rotation?: Rotation | undefined;
}

/** Memory does not know it: the source is asked, and the request decided again. */
export interface Ask {
  readonly outcome: "ask";
  readonly question: Question;
}

const NONE: readonly OneTimeUse[] = [];

/** The proof of a credential that nobody else has a part in. */
export function verified<A extends OfScheme>(
  credential: KnownCredential<A> | undefined,
  kind: Principal["kind"],
  actor: Verified<A>["actor"] = null,
): Verified<A> {
  return {
    outcome: "verified",
    credential,
    kind,
    userId: credential === undefined ? null : credential.userId,
    subject: null,
    actor,
    user: undefined,
    isForeign: false,
    token: undefined,
    cosigner: undefined,
    oneTime: NONE,
    rotation: credential?.more.rotation,
  };
}

/** The proof of whom a token names. `userId`: `null` for who is no user of ours. */
export function verifiedBy<A extends OfScheme>(
  { token, credential }: { readonly token: VerifiedToken; readonly credential: KnownCredential<A> },
  who: Pick<Verified<A>, "userId" | "user" | "rotation" | "isForeign">,
): Verified<A> {
  const { userId, user, rotation, isForeign } = who;
  return {
    outcome: "verified",
    credential,
    kind: "user",
    userId,
    subject: userId === null ? token.subject : null,
    actor: null,
    user,
    isForeign,
    token,
    cosigner: undefined,
    oneTime: NONE,
    rotation,
  };
}

/** A refusal, and for the trace what was compared. */
export function refused(reason: Reason, detail?: string): Refused {
  return { outcome: "refused", reason, detail };
}

/** The refusal of a proof that was tried and failed. */
export function disproved(reason: Reason, detail?: string): Refused {
  return { outcome: "refused", reason, detail, failedProof: true };
}

/** The refusal of a secret that is being replaced, in a moment that its rotation planned. */
export function brownedOut(credentialId: string, rotation: Rotation | undefined): Refused {
  const detail = credentialId;
  return { outcome: "refused", reason: "credential_browned_out", detail, rotation };
}

/** Why a credential that was found is of no use any more, whatever else is proven. */
export function endOf(
  { id, revoked, expiresAt }: KnownCredential<OfScheme>,
  now: number,
): Refused | undefined {
  if (revoked) return refused("credential_revoked", id);
  return expiresAt <= now ? refused("credential_expired", id) : undefined;
}

/** The question for a credential that memory does not have. */
export function askCredential(scheme: string, name: string): Ask {
  return { outcome: "ask", question: { about: "credential", scheme, name } };
}

/** Notes a step that was passed, when somebody wants to know. */
export function note(
  { trace, now }: Pick<VerifyContext<OfScheme>, "trace" | "now">,
  step: string,
  detail: string,
): void {
  trace?.push({ step, outcome: "passed", detail, at: now });
}

/** Whom an opaque key stands for. */
export function kindOfKey({ userId, account }: KnownCredential<OfScheme>): Principal["kind"] {
  if (userId !== null) return "user";
  return account.kind === "platform" ? "platform" : "account";
}
