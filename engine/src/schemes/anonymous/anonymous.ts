import type { OfScheme } from "../../domain/known.ts";
import type { PresentedHeaders } from "../../domain/presented-headers.ts";
import type { Scheme, Verification, VerifyContext } from "../scheme.ts";

/**
 * A request without any credential. One that is present but bad is never anonymous: whoever meant
 * to prove something must not be served as nobody.
 */
export const anonymous: Scheme = {
  name: "anonymous",
  limitKind: "anonymous",
  challenge: undefined,
  headers: [],

  claims({ hasCredential }: PresentedHeaders): boolean {
    return !hasCredential;
  },

  verify<A extends OfScheme>(
    _presented: PresentedHeaders,
    { anonymous: allowed }: VerifyContext<A>,
  ): Verification<A> {
    if (!allowed) return { outcome: "refused", reason: "credential_missing" };
    return {
      outcome: "verified",
      credential: undefined,
      kind: "anonymous",
      subject: null,
      actor: null,
    };
  },
};
