import type { OfScheme } from "../../domain/known.ts";
import type { PresentedHeaders } from "../../domain/presented-headers.ts";
import type { TokenText } from "../../tokens/token-mark.ts";
import {
  type Ask,
  askCredential,
  type ClaimContext,
  endOf,
  note,
  type Refused,
  refused,
  type Scheme,
  type Verification,
  type VerifyContext,
  verifiedBy,
} from "../scheme.ts";
import {
  bearerSeen,
  claimedScopes,
  isForUs,
  isSubject,
  JWT_BEGINNING,
  jwtKindOf,
  proveToken,
  readToken,
  type SignedToken,
} from "../signed-token.ts";

const NAME = "shared-secret-jwt";

/** A customer's own JWT as Bearer, HS256 under a secret that is registered for its `iss`. */
export const sharedSecretJwt: Scheme = {
  name: NAME,
  limitKind: "jwt",
  challenge: "Bearer",
  headers: ["authorization"],
  asksWithoutSecret: false,

  beginnings: () => [JWT_BEGINNING],

  claims({ bearer }: PresentedHeaders, context: ClaimContext): boolean {
    return jwtKindOf(bearer, context) === "shared";
  },

  verify<A extends OfScheme>(
    { bearer }: PresentedHeaders,
    context: VerifyContext<A>,
  ): Verification<A> {
    const signed = bearerSeen(NAME, bearer, context) ?? proveNow(bearer, context);
    if ("outcome" in signed) return signed;
    const { token, credential } = signed;
    const ended = endOf(credential, context.now);
    if (ended !== undefined) return ended;
    const { rotation } = token;
    const stranger = { userId: null, user: undefined, rotation, isForeign: false };
    if (!token.isUser) return verifiedBy(signed, stranger);
    const user = context.user(token.subject);
    if (user === "ask") {
      return { outcome: "ask", question: { about: "user", scheme: "", name: token.subject } };
    }
    if (user === "unknown") return verifiedBy(signed, stranger);
    const isOurs = user.memberships.some(({ accountId }) => accountId === credential.account.id);
    return verifiedBy(
      signed,
      isOurs ? { ...stranger, userId: user.id } : { ...stranger, isForeign: true },
    );
  },
};

function proveNow<A extends OfScheme>(
  bearer: TokenText,
  context: VerifyContext<A>,
): SignedToken<A> | Refused | Ask {
  const times = context.policy.tokens;
  const read = readToken(bearer, { times, context });
  if ("outcome" in read) return read;
  const { iss, sub, aud } = read.claims;
  if (typeof iss !== "string" || iss === "") return refused("token_issuer_missing");
  if (!isSubject(sub)) return refused("token_subject_missing");
  if (!isForUs(aud, times.audience)) return refused("token_audience_refused");
  const credential = context.handle(NAME, iss);
  if (credential === "unknown") return refused("credential_unknown", "iss");
  if (credential === "ask") return askCredential(NAME, iss);
  note(context, "key", credential.id);
  const scopes = claimedScopes(read.claims) ?? [];
  const as = { scopes, isCounted: true, handle: iss };
  const token = proveToken(read, credential, { times, context, ...as });
  return "outcome" in token ? token : { token, credential };
}
