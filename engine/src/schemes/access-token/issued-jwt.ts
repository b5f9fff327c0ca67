import type { OfScheme } from "../../domain/known.ts";
import { issuedHeader, readIssuedJwt } from "../../tokens/issued-jwt.ts";
import { timeFault } from "../../tokens/jwt-times.ts";
import { disproved, note, type Refused, refused, type VerifyContext } from "../scheme.ts";

/** What has no signature that can be verified here is opaque, and is looked up. */
type Verdict = Refused | "genuine" | "opaque";

/**
 * Whether a token that memory does not know was made here, as far as its own text can tell: what is
 * forged or over costs the source no question. What is genuine must still be looked up: only its
 * row knows whether it, its grant and its application still stand, and what they allow.
 */
export function judgeIssued<A extends OfScheme>(token: string, context: VerifyContext<A>): Verdict {
  if (issuedHeader(token) === undefined) return "opaque";
  const jwt = readIssuedJwt(token);
  if (typeof jwt === "string") return refused("token_malformed", `its ${jwt}`);
  const { header, claims, signingInput, signature } = jwt;
  const fault = timeFault(claims, { now: context.now, ...OWN_CLOCK });
  if (fault !== undefined) return refused(fault);
  if (header.kid === undefined) return refused("token_key_missing");
  const key = context.issuerKey(header.kid);
  // It may sign already and nobody has told of it; without a key its text tells nothing.
  if (key === undefined) return "opaque";
  if (!key.algorithms.includes(header.alg)) {
    return disproved("token_algorithm_refused", `alg ${header.alg}, key ${header.kid}`);
  }
  if (key.verify(signingInput, signature, context.now) === "failed") {
    return disproved("signature_invalid", `not made with the key ${header.kid}`);
  }
  note(context, "signature", `${header.alg}, made with the issuer key ${header.kid}`);
  return "genuine";
}

/** The row says when it ends; this only spares the question, so no clock has to be trusted. */
const OWN_CLOCK = { skewSeconds: 60, maxLifetimeSeconds: Number.POSITIVE_INFINITY };
