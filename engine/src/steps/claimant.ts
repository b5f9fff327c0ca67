import type { PresentedHeaders } from "../domain/presented-headers.ts";
import type { Beginning, PresentedSecret } from "../domain/presented-secret.ts";
import type { ClaimContext, Scheme } from "../schemes/scheme.ts";

/** The scheme that claims a request; `undefined`: none, `several`: more than one. */
export type Claimant = Scheme | "several" | undefined;

interface Candidate {
  readonly scheme: Scheme;
  readonly beginnings: readonly Beginning[] | undefined;
}

/**
 * Finds who claims a request. A scheme is not even asked where a look at how the secret begins
 * tells that it is not its own: of several schemes hardly more than one is.
 */
export function createClaimant(
  schemes: readonly Scheme[],
  context: ClaimContext,
  several: "refuse" | "first",
): (presented: PresentedHeaders) => Claimant {
  const candidates = schemes.map((scheme): Candidate => {
    return { scheme, beginnings: scheme.beginnings(context) };
  });
  const isFirstEnough = several === "first";
  return (presented) => {
    const { secret } = presented;
    let found: Scheme | undefined;
    for (let i = 0; i < candidates.length; i += 1) {
      const { scheme, beginnings } = candidates[i] as Candidate;
      if (beginnings !== undefined && !beginsWithAny(secret, beginnings)) continue;
      if (!scheme.claims(presented, context)) continue;
      if (isFirstEnough) return scheme;
      if (found !== undefined) return "several";
      found = scheme;
    }
    return found;
  };
}

function beginsWithAny(secret: PresentedSecret, beginnings: readonly Beginning[]): boolean {
  for (let i = 0; i < beginnings.length; i += 1) {
    if (secret.beginsWith(beginnings[i] as Beginning)) return true;
  }
  return false;
}
