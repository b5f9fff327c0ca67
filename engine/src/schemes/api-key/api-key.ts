import type { AccountState } from "../../domain/account.ts";
import type { KnownCredential, OfScheme } from "../../domain/known.ts";
import type { PresentedHeaders } from "../../domain/presented-headers.ts";
import type { Principal } from "../../domain/principal.ts";
import { isKey, looksLikeKey } from "../../tokens/key-format.ts";
import type { ClaimContext, Scheme, Verification, VerifyContext } from "../scheme.ts";

/** An opaque key as `Authorization: Bearer <key>`, found by its digest. */
export const apiKey: Scheme = {
  name: "api-key",
  limitKind: "apiKey",
  challenge: "Bearer",
  headers: ["authorization"],

  claims({ bearer }: PresentedHeaders, { keyOutlines }: ClaimContext): boolean {
    return bearer.start >= 0 && looksLikeKey(keyOutlines, bearer);
  },

  verify<A extends OfScheme>(
    { bearer }: PresentedHeaders,
    context: VerifyContext<A>,
  ): Verification<A> {
    const found = context.find("api-key", bearer);
    if (found === "unknown") return { outcome: "refused", reason: "credential_unknown" };
    if (found === "ask") {
      // A key in memory was whole when it came there; only a stranger's form has to be checked.
      const secret = bearer.text.slice(bearer.start);
      return isKey(context.keyFormat, secret)
        ? { outcome: "ask", secret }
        : { outcome: "refused", reason: "credential_malformed" };
    }
    return {
      outcome: "verified",
      credential: found,
      kind: kindOf(found, found.account),
      subject: null,
      actor: null,
    };
  },
};

function kindOf(key: KnownCredential<OfScheme>, account: AccountState): Principal["kind"] {
  if (key.userId !== null) return "user";
  return account.kind === "platform" ? "platform" : "account";
}
