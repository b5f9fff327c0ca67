import type { Clock } from "@latchkey/engine";
import { type Configuration, errors } from "oidc-provider";

/** In seconds. An assertion that was used is remembered for as long as it could be used again. */
const LONGEST_LIFE = 3600;
/** By so much may a client's clock be ahead. */
const SKEW = 60;

type Check = NonNullable<Configuration["assertJwtClientAuthClaimsAndHeader"]>;

/** Refuses assertions that end unreasonably late (RFC 7523 §3): what strangers send must be forgotten. */
export function assertionRule(clock: Clock): Check {
  return (_ctx, { exp }) => {
    if (Number(exp) <= clock() / 1000 + LONGEST_LIFE + SKEW) return;
    throw new errors.InvalidClientAuth("the assertion lives for more than an hour");
  };
}
