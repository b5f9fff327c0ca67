import type { PresentedHeaders } from "../domain/presented-headers.ts";
import type { Beginning, PresentedSecret } from "../domain/presented-secret.ts";
import type { ClaimContext, Scheme } from "../schemes/scheme.ts";

/** The scheme that claims a request; `undefined`: none, `several`: more than one. */
export type Claimant = Scheme | "several" | undefined;

interface Candidate {
  readonly scheme: Scheme;
  /** What the secret begins with in requests that it is asked about. */
  readonly beginnings: readonly Beginning[];
  readonly isAskedAboutAll: boolean;
  /** It is asked about requests without a secret. */
  readonly isAskedAboutNone: boolean;
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
    const beginnings = scheme.beginnings(context);
    return {
      scheme,
      beginnings: typeof beginnings === "string" ? [] : beginnings,
      isAskedAboutAll: beginnings === "any",
      isAskedAboutNone: beginnings === "none",
    };
  });
  const isFirstEnough = several === "first";
  return (presented) => {
    const { secret } = presented;
    let found: Scheme | undefined;
    for (let i = 0; i < candidates.length; i += 1) {
      const candidate = candidates[i] as Candidate;
      if (!candidate.isAskedAboutAll && !mayBeOf(candidate, secret)) continue;
      const { scheme } = candidate;
      if (!scheme.claims(presented, context)) continue;
      if (isFirstEnough) return scheme;
      if (found !== undefined) return "several";
      found = scheme;
    }
    return found;
  };
}

function mayBeOf({ beginnings, isAskedAboutNone }: Candidate, secret: PresentedSecret): boolean {
  if (secret.start < 0) return isAskedAboutNone;
  for (let i = 0; i < beginnings.length; i += 1) {
    if (secret.mayBeginWith(beginnings[i] as Beginning)) return true;
  }
  return false;
}
