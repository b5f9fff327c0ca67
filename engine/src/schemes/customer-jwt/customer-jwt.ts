import { hideSecrets } from "../../domain/hidden-secrets.ts";
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

const NAME = "customer-jwt";

/** A customer's own JWT as Bearer, signed with a private key whose public half is registered. */
export const customerJwt: Scheme = {
  name: NAME,
  limitKind: "jwt",
  challenge: "Bearer",
  headers: ["authorization"],
  asksWithoutSecret: false,

  beginnings: () => [JWT_BEGINNING],

  claims({ bearer }: PresentedHeaders, context: ClaimContext): boolean {
    const kind = jwtKindOf(bearer, context);
    // Where nobody issues any, an access token is a customer's JWT of a wrong type.
    return kind === "asymmetric" || (kind === "issued" && !context.issuesTokens);
  },

  verify<A extends OfScheme>(
    { bearer }: PresentedHeaders,
    context: VerifyContext<A>,
  ): Verification<A> {
    const signed = bearerSeen(NAME, bearer, context) ?? proveNow(bearer, context);
    if ("outcome" in signed) return signed;
    const { token, credential } = signed;
    // Before anybody is asked about the user: an ended key is worth no question.
    const ended = endOf(credential, context.now);
    if (ended !== undefined) return ended;
    const user = token.isUser ? context.user(token.subject) : "unknown";
    if (user === "unknown") return refused("token_subject_unknown", hideSecrets(token.subject));
    if (user === "ask") {
      return { outcome: "ask", question: { about: "user", scheme: "", name: token.subject } };
    }
    return verifiedBy(signed, {
      userId: user.id,
      user,
      rotation: credential.more.rotation,
      isForeign: false,
    });
  },
};

function proveNow<A extends OfScheme>(
  bearer: TokenText,
  context: VerifyContext<A>,
): SignedToken<A> | Refused | Ask {
  const times = context.policy.tokens;
  const read = readToken(bearer, { times, context });
  if ("outcome" in read) return read;
  const { header, claims } = read;
  if (header.kid === undefined) return refused("token_key_missing");
  if (!isSubject(claims.sub)) return refused("token_subject_missing");
  if (!isForUs(claims.aud, times.audience)) return refused("token_audience_refused");
  const credential = context.handle(NAME, header.kid);
  if (credential === "unknown") return refused("credential_unknown", "kid");
  if (credential === "ask") return askCredential(NAME, header.kid);
  note(context, "key", credential.id);
  const scopes = claimedScopes(claims);
  const token = proveToken(read, credential, { times, context, scopes, isCounted: true });
  return "outcome" in token ? token : { token, credential };
}
