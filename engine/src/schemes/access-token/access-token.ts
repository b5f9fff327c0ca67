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

  claims({ bearer }: PresentedHeaders, { keyOutlines }: ClaimContext): boolean {
    return bearer.start >= 0 && !looksLikeKey(keyOutlines, bearer);
  },

  verify<A extends OfScheme>(
    { bearer }: PresentedHeaders,
    context: VerifyContext<A>,
  ): Verification<A> {
    const found = context.secret("access-token", bearer);
    if (found === "unknown") return refused("credential_unknown");
    if (found === "ask") return askCredential("access-token", bearer.text.slice(bearer.start));
    const { applicationId } = found.more;
    return {
      ...verified(found, found.userId === null ? "application" : "user"),
      actor: applicationId === null ? null : { kind: "application", id: applicationId },
    };
  },
};
