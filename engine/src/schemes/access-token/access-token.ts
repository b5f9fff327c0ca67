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

/** An OAuth access token as `Authorization: Bearer <token>` (RFC 6750 §2.1), found by its digest. */
export const accessToken: Scheme = {
  name: "access-token",
  limitKind: "oauth",
  challenge: "Bearer",
  headers: ["authorization"],

  claims({ bearer }: PresentedHeaders, { keyOutlines, accessTokenPrefix }: ClaimContext): boolean {
    if (bearer.start < 0 || !bearer.beginsWith(accessTokenPrefix)) return false;
    return !looksLikeKey(keyOutlines, bearer);
  },

  verify<A extends OfScheme>(
    { bearer }: PresentedHeaders,
    context: VerifyContext<A>,
  ): Verification<A> {
    const found = context.secret("access-token", bearer);
    if (found === "unknown") return refused("credential_unknown");
    if (found === "ask") return askCredential("access-token", bearer.text.slice(bearer.start));
    const { applicationId, token } = found.more;
    // Nothing here checks the proof yet that a bound token needs (RFC 9449 §7.1).
    if (token === undefined || token.boundKey !== null) return refused("signature_missing");
    const ofUser = token.kind !== "application" && applicationId !== null;
    const actor = ofUser ? ({ kind: "application", id: applicationId } as const) : null;
    return verified(found, token.kind, actor);
  },
};
