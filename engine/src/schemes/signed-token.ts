import { hash } from "node:crypto";
import type { KnownCredential, OfScheme } from "../domain/known.ts";
import { beginningOf, PresentedSecret } from "../domain/presented-secret.ts";
import type { SignatureAnswer } from "../domain/proof.ts";
import type { Reason } from "../domain/reasons.ts";
import { issuedHeader } from "../tokens/issued-jwt.ts";
import { type Jwt, jwtHeader, looksLikeJwt, readJwt } from "../tokens/jwt.ts";
import { timeFault } from "../tokens/jwt-times.ts";
import type { TokenText } from "../tokens/token-mark.ts";
import { tokenKey, type VerifiedToken } from "../tokens/verified-tokens.ts";
import {
  type Ask,
  brownedOut,
  type ClaimContext,
  disproved,
  note,
  type Refused,
  refused,
  type VerifyContext,
} from "./scheme.ts";

/** What every JWT begins with: `{"` in base64url. */
export const JWT_BEGINNING = beginningOf("eyJ");

const USER_ID = /^user_[0-9a-z]{1,64}$/;
/** Of HS256 (RFC 7518 §3.2), the only one under a secret that is withheld. */
const SHARED_SIGNATURE_BYTES = 32;

/** How long a token may live, and by how much clocks may differ. */
interface Times {
  readonly maxLifetimeSeconds: number;
  readonly skewSeconds: number;
}

/** A token that was proven, now or before, and the key that signed it as it stands today. */
export interface SignedToken<A extends OfScheme> {
  readonly token: VerifiedToken;
  readonly credential: KnownCredential<A>;
}

/** The claims of a well-formed token that is to be proven. */
export interface ReadToken extends Jwt {
  /** All of it. */
  readonly text: string;
  /** Where it was sent. */
  readonly sent: TokenText;
}

/**
 * Whose a JWT as Bearer is, by its form: `shared`, signed with a secret that two know, or not; or
 * `issued`, an access token of an authorization server.
 */
export type JwtKind = "shared" | "asymmetric" | "issued";

/** The JWT that was looked at last: every scheme that takes one asks about the same. */
const last = {
  bearer: new PresentedSecret(),
  turn: 0,
  kind: undefined as JwtKind | undefined,
  seen: undefined as VerifiedToken | undefined,
};

/** `undefined`: the secret has not the form of a JWT. What was proven before had it. */
export function jwtKindOf(
  bearer: PresentedSecret,
  context: Pick<ClaimContext, "tokens">,
): JwtKind | undefined {
  return bearer.beginsWith(JWT_BEGINNING) ? lookAt(bearer, context).kind : undefined;
}

function lookAt(bearer: PresentedSecret, { tokens }: Pick<ClaimContext, "tokens">): typeof last {
  const { turn } = bearer;
  if (turn === last.turn && bearer === last.bearer) return last;
  const seen = tokens?.peek(bearer);
  const kind = seen === undefined ? kindOfForm(bearer) : kindOfAlgorithm(seen.algorithm);
  last.bearer = bearer;
  last.turn = turn;
  last.kind = kind;
  last.seen = seen;
  return last;
}

function kindOfForm(bearer: PresentedSecret): JwtKind | undefined {
  if (!looksLikeJwt(bearer)) return undefined;
  const token = bearer.text.slice(bearer.start);
  const header = jwtHeader(token);
  if (typeof header !== "string") return kindOfAlgorithm(header.alg);
  return issuedHeader(token) === undefined ? "asymmetric" : "issued";
}

function kindOfAlgorithm(algorithm: string): JwtKind {
  return algorithm.startsWith("HS") ? "shared" : "asymmetric";
}

/**
 * What was proven of a signature, if it was with a credential of this scheme, whose secrets have not
 * changed since. What was proven as one thing must not pass as another.
 */
export function seenBefore<A extends OfScheme>(
  scheme: string,
  sent: TokenText,
  context: VerifyContext<A>,
): SignedToken<A> | undefined {
  return asOfToday(scheme, context.tokens?.find(sent, context.now), context);
}

/** The same for a JWT as Bearer. */
export function bearerSeen<A extends OfScheme>(
  scheme: string,
  bearer: PresentedSecret,
  context: VerifyContext<A>,
): SignedToken<A> | undefined {
  const { seen } = lookAt(bearer, context);
  const isGood = seen === undefined || context.now < seen.goodUntil;
  return isGood ? asOfToday(scheme, seen, context) : seenBefore(scheme, bearer, context);
}

function asOfToday<A extends OfScheme>(
  scheme: string,
  token: VerifiedToken | undefined,
  context: VerifyContext<A>,
): SignedToken<A> | undefined {
  const credential = token && context.still(token);
  if (token === undefined || credential?.authority.scheme !== scheme) return undefined;
  return { token, credential };
}

/** Reads a token and judges its form and instants; nothing is computed for one that fails here. */
export function readToken<A extends OfScheme>(
  sent: TokenText,
  { times, context }: { readonly times: Times; readonly context: VerifyContext<A> },
): ReadToken | Refused {
  const text = sent.text.slice(sent.start);
  const jwt = readJwt(text);
  if (typeof jwt === "string") return refused("token_malformed", `its ${jwt}`);
  if (context.trace !== undefined) note(context, "form", `a JWT with alg ${jwt.header.alg}`);
  const { now } = context;
  const { skewSeconds, maxLifetimeSeconds } = times;
  const fault = timeFault(jwt.claims, { now, skewSeconds, maxLifetimeSeconds });
  if (fault !== undefined) return refused(fault, timesOf(jwt, now, times));
  if (!isTokenId(jwt.claims.jti)) return refused("token_malformed", "its jti");
  if (context.trace !== undefined) note(context, "times", timesOf(jwt, now, times));
  return { ...jwt, text, sent };
}

/**
 * Verifies the signature with the credential's proof, and keeps what was proven. Where the source
 * keeps the secrets to itself it is asked about a token that names its `handle`, and refuses others.
 */
export function proveToken<A extends OfScheme>(
  token: ReadToken,
  credential: KnownCredential<A>,
  {
    times,
    context,
    scopes,
    isCounted,
    handle,
  }: {
    readonly times: Times;
    readonly context: VerifyContext<A>;
    /** To what the token narrows its key's scopes; `undefined`: it does not. */
    readonly scopes: readonly string[] | undefined;
    /** Its requests may be counted apart from those of its key's other tokens. */
    readonly isCounted: boolean;
    /** By what the source finds the credential, if it may be asked about this token. */
    readonly handle?: string;
  },
): VerifiedToken | Refused | Ask {
  const { header, claims } = token;
  const { proof, generation } = credential.more;
  const unfit = unfitFor(proof, header.alg);
  if (unfit !== undefined) return disproved(unfit, `alg ${header.alg}, key ${credential.id}`);
  const judged = judge(token, credential, { context, handle });
  if ("outcome" in judged) return judged;
  const { verdict, changesAt } = judged;
  if (verdict === "failed") {
    return disproved("signature_invalid", `not made with the key of ${credential.id}`);
  }
  if (verdict.outcome === "browned_out") return brownedOut(credential.id, verdict.rotation);
  if (context.trace !== undefined) {
    note(context, "signature", `${header.alg}, made with the key of ${credential.id}`);
  }
  const subject = typeof claims.sub === "string" ? claims.sub : "";
  const expiresAt = (claims.exp as number) * 1000;
  const proven: VerifiedToken = {
    key: isCounted ? tokenKey(token.signingInput) : undefined,
    algorithm: header.alg,
    credentialId: credential.id,
    place: credential.place,
    generation,
    subject,
    isUser: USER_ID.test(subject),
    scopes: scopes && context.knownScopes(scopes),
    jti: context.policy.signatures.oneTime ? tokenId(claims.jti) : undefined,
    expiresAt,
    rotation: verdict.rotation,
    goodUntil: Math.min(expiresAt + times.skewSeconds * 1000, changesAt),
    effective: undefined,
    bucket: -1,
    ticket: 0,
  };
  context.tokens?.add(token.sent, proven);
  return proven;
}

/** What the signature comes to, here or by the source's word. After `unfitFor`. */
function judge<A extends OfScheme>(
  { text, signingInput, signature }: ReadToken,
  credential: KnownCredential<A>,
  { context, handle }: { context: VerifyContext<A>; handle: string | undefined },
): Pick<SignatureAnswer, "verdict" | "changesAt"> | Refused | Ask {
  const { proof } = credential.more;
  if (proof?.kind === "signature") {
    const { now } = context;
    return {
      verdict: proof.verify(signingInput, signature, now),
      changesAt: proof.changesAt(now),
    };
  }
  if (handle === undefined) return refused("source_unavailable", "it keeps the secrets to itself");
  // The source looks at no longer one, and fails whatever else it is asked in the same breath.
  if (signature.length !== SHARED_SIGNATURE_BYTES) {
    return { verdict: "failed", changesAt: Number.POSITIVE_INFINITY };
  }
  const { scheme } = credential.authority;
  const question = { about: "signature", scheme, name: text, handle } as const;
  const answer = context.signature(question, credential);
  return answer === "ask" ? { outcome: "ask", question } : answer;
}

function unfitFor(proof: KnownCredential["more"]["proof"], algorithm: string): Reason | undefined {
  if (proof === undefined || proof.kind === "secret") return "signature_invalid";
  return proof.algorithms.includes(algorithm) ? undefined : "token_algorithm_refused";
}

/**
 * `scopes` as a list, as the documents have it, or `scope` as RFC 8693 §4.2 writes it; `undefined`:
 * it claims none. What is neither claims nothing at all.
 */
export function claimedScopes({ scopes, scope }: Jwt["claims"]): readonly string[] | undefined {
  if (scopes === undefined && scope === undefined) return undefined;
  if (Array.isArray(scopes)) return scopes.filter((each) => typeof each === "string");
  if (scopes !== undefined || typeof scope !== "string") return [];
  return scope.split(" ").filter((each) => each !== "");
}

/** RFC 7519 §4.1.7, with a bound: one that is no text could not be used once only. */
function isTokenId(jti: unknown): boolean {
  return jti === undefined || (typeof jti === "string" && jti !== "" && jti.length <= 1024);
}

/** A digest of it: what is kept must stay small. */
function tokenId(jti: unknown): string | undefined {
  return typeof jti === "string" ? hash("sha256", jti, "base64url") : undefined;
}

function timesOf({ claims: { exp } }: Jwt, now: number, times: Times): string {
  if (typeof exp !== "number") return "no exp";
  const seconds = Math.round((exp * 1000 - now) / 1000);
  const place = seconds < 0 ? `${-seconds} s ago` : `in ${seconds} s`;
  return `exp is ${place}; at most ${times.maxLifetimeSeconds} s ahead, clocks may differ by ${times.skewSeconds} s`;
}

/** Characters, of which some take two units. */
const SUBJECT = /^.{1,255}$/su;

/** RFC 7519 §4.1.2, with a bound. */
export function isSubject(sub: unknown): sub is string {
  return typeof sub === "string" && SUBJECT.test(sub);
}

/** RFC 7519 §4.1.3: whoever is not named must refuse. */
export function isForUs(aud: unknown, audience: readonly string[]): boolean {
  if (aud === undefined) return true;
  const named: readonly unknown[] = Array.isArray(aud) ? aud : [aud];
  return named.some((each) => typeof each === "string" && audience.includes(each));
}
