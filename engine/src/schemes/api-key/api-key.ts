import type { OfScheme } from "../../domain/known.ts";
import type { PresentedHeaders } from "../../domain/presented-headers.ts";
import type { PresentedSecret } from "../../domain/presented-secret.ts";
import { isKey, looksLikeKey } from "../../tokens/key-format.ts";
import {
  type Ask,
  askCredential,
  type ClaimContext,
  kindOfKey,
  type Refused,
  refused,
  type Scheme,
  type Verification,
  type VerifyContext,
  verified,
} from "../scheme.ts";

/** An opaque key as `Authorization: Bearer <key>`, found by its digest. */
export const apiKey: Scheme = {
  name: "api-key",
  limitKind: "apiKey",
  challenge: "Bearer",
  headers: ["authorization"],
  asksWithoutSecret: false,

  beginnings: ({ keyOutlines }) => keyOutlines.map(({ prefix }) => prefix),

  claims({ bearer }: PresentedHeaders, { keyOutlines }: ClaimContext): boolean {
    return looksLikeKey(keyOutlines, bearer);
  },

  standsFor(found) {
    return found.authority.signing === "required" ? undefined : kindOfKey(found);
  },

  verify<A extends OfScheme>(
    { bearer }: PresentedHeaders,
    context: VerifyContext<A>,
  ): Verification<A> {
    const found = context.secret("api-key", bearer);
    if (typeof found === "string") return notFound(found, bearer, context);
    // Sent as Bearer it is not signed, which would make the signature protect nothing.
    if (found.authority.signing === "required") return refused("signature_missing", found.id);
    return verified(found, kindOfKey(found));
  },
};

/** A key in memory was whole when it came there; only a stranger's form has to be checked. */
function notFound(
  found: "unknown" | "ask",
  { text, start }: PresentedSecret,
  { policy }: Pick<VerifyContext<OfScheme>, "policy">,
): Refused | Ask {
  if (found === "unknown") return refused("credential_unknown");
  const secret = text.slice(start);
  return isKey(policy.keyFormat, secret)
    ? askCredential("api-key", secret)
    : refused("credential_malformed");
}
