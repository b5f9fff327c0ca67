import type { AccountState } from "../../domain/account.ts";
import type { KnownCredential, OfScheme } from "../../domain/known.ts";
import type { PresentedHeaders } from "../../domain/presented-headers.ts";
import type { Principal } from "../../domain/principal.ts";
import { bearerStart } from "../../tokens/bearer.ts";
import { isKey, looksLikeKey } from "../../tokens/key-format.ts";
import type { ClaimContext, Scheme, Verification, VerifyContext } from "../scheme.ts";

/** An opaque key as `Authorization: Bearer <key>`, found by its digest. */
export const apiKey: Scheme = {
  name: "api-key",
  limitKind: "apiKey",
  challenge: "Bearer",
  headers: ["authorization"],

  claim(headers: PresentedHeaders, { keyFormat }: ClaimContext): string | undefined {
    const authorization = headers.get("authorization");
    if (authorization === undefined) return undefined;
    const start = bearerStart(authorization);
    return start > 0 && looksLikeKey(keyFormat, authorization, start) ? authorization : undefined;
  },

  verify<A extends OfScheme>(authorization: string, context: VerifyContext<A>): Verification<A> {
    const start = bearerStart(authorization);
    const found = context.find("api-key", authorization, start);
    if (found === "unknown") return { outcome: "refused", reason: "credential_unknown" };
    if (found === "ask") {
      // A key in memory was whole when it came there; only a stranger's form has to be checked.
      const secret = authorization.slice(start);
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
