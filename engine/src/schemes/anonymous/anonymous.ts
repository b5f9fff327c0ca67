import type { OfScheme } from "../../domain/known.ts";
import type { PresentedHeaders } from "../../domain/presented-headers.ts";
import {
  refused,
  type Scheme,
  type Verification,
  type VerifyContext,
  verified,
} from "../scheme.ts";

/**
 * A request without any credential. One that is present but bad is never anonymous: whoever meant
 * to prove something must not be served as nobody.
 */
export const anonymous: Scheme = {
  name: "anonymous",
  limitKind: "anonymous",
  challenge: undefined,
  headers: [],
  asksWithoutSecret: true,

  beginnings: () => [],

  claims({ hasCredential }: PresentedHeaders): boolean {
    return !hasCredential;
  },

  verify<A extends OfScheme>(
    _presented: PresentedHeaders,
    { anonymous: allowed }: VerifyContext<A>,
  ): Verification<A> {
    return allowed ? verified(undefined, "anonymous") : refused("credential_missing");
  },
};
