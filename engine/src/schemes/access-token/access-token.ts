import type { OfScheme } from "../../domain/known.ts";
import type { PresentedHeaders } from "../../domain/presented-headers.ts";
import { looksLikeKey } from "../../tokens/key-format.ts";
import {
  askCredential,
  type ClaimContext,
  refused,
  type Scheme,
  type Verification,
  type VerifyContext,
  verified,
} from "../scheme.ts";
import { JWT_BEGINNING, jwtKindOf } from "../signed-token.ts";
import { proveBinding } from "./binding.ts";
import { judgeIssued } from "./issued-jwt.ts";

const NAME = "access-token";

/**
 * An OAuth access token, found by its digest: as `Authorization: Bearer` (RFC 6750 §2.1), or as
 * `Authorization: DPoP` with a proof when it is bound to a key (RFC 9449 §7.1).
 */
export const accessToken: Scheme = {
  name: NAME,
  limitKind: "oauth",
  challenge: "Bearer",
  headers: ["authorization", "dpop"],
  asksWithoutSecret: false,

  beginnings: ({ accessTokenPrefix }) => [accessTokenPrefix, JWT_BEGINNING],

  claims(presented: PresentedHeaders, context: ClaimContext): boolean {
    const token = presented.secret;
    if (token.start < 0) return false;
    if (!token.beginsWith(context.accessTokenPrefix)) return jwtKindOf(token, context) === "issued";
    return !looksLikeKey(context.keyOutlines, token);
  },

  standsFor({ more: { token } }, { secret, dpop }) {
    return token === undefined || token.boundKey !== null || secret === dpop
      ? undefined
      : token.kind;
  },

  verify<A extends OfScheme>(
    presented: PresentedHeaders,
    context: VerifyContext<A>,
  ): Verification<A> {
    const { secret } = presented;
    const found = context.secret(NAME, secret);
    if (typeof found === "string") {
      if (found === "unknown") return refused("credential_unknown");
      const text = secret.text.slice(secret.start);
      const verdict = judgeIssued(text, context);
      return typeof verdict === "string" ? askCredential(NAME, text) : verdict;
    }
    const { actor, token } = found.more;
    if (token === undefined) return refused("credential_unknown");
    const proven = verified(found, token.kind, actor);
    const isDpop = secret === presented.dpop;
    if (token.boundKey === null) return isDpop ? refused("dpop_token_unbound") : proven;
    // RFC 9449 §7.2: what is bound is no use as Bearer.
    if (!isDpop) return refused("dpop_proof_missing");
    const use = proveBinding(presented, token.boundKey, context);
    return "outcome" in use ? use : { ...proven, oneTime: [use] };
  },
};
