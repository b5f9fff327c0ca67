import type { PresentedHeaders } from "../domain/presented-headers.ts";
import type { ClaimContext, Scheme } from "../schemes/scheme.ts";

/** The scheme that claims a request; `undefined`: none, `several`: more than one. */
export type Claimant = Scheme | "several" | undefined;

/** What is kept of a beginning: its word, which bits of it count, and the bit of its scheme. */
const BEGINNING_NUMBERS = 3;

/**
 * Finds who claims a request. A scheme is not even asked where a look at how the secret begins, and
 * at which headers are there, tells that it is not its own: of several schemes hardly more than one
 * is. Schemes are bits in the order of the policy.
 */
export function createClaimant(
  schemes: readonly Scheme[],
  presented: PresentedHeaders,
  context: ClaimContext,
  several: "refuse" | "first",
): () => Claimant {
  const beginnings = Int32Array.from(
    schemes.flatMap((scheme, n) =>
      scheme.beginnings(context).flatMap(({ first, firstMask }) => [first, firstMask, 1 << n]),
    ),
  );
  const headers = schemes.map((scheme) =>
    presented.bitsOf(scheme.headers.filter((name) => name !== "authorization")),
  );
  const anyHeader = headers.reduce((all, bits) => all | bits, 0);
  const withoutSecret = schemes.reduce(
    (bits, scheme, n) => bits | (scheme.asksWithoutSecret ? 1 << n : 0),
    0,
  );
  const isFirstEnough = several === "first";

  /** Most secrets begin as the one before did. */
  let lastFirst = 0;
  let lastAsked = askedBy(lastFirst);

  function askedBySecret(): number {
    const { start, first } = presented.secret;
    if (start < 0) return withoutSecret;
    if (first !== lastFirst) {
      lastFirst = first;
      lastAsked = askedBy(first);
    }
    return lastAsked;
  }

  function askedBy(first: number): number {
    let asked = 0;
    for (let i = 0; i < beginnings.length; i += BEGINNING_NUMBERS) {
      const difference = first ^ (beginnings[i] as number);
      if ((difference & (beginnings[i + 1] as number)) === 0) asked |= beginnings[i + 2] as number;
    }
    return asked;
  }

  function askedByHeaders(): number {
    return headers.reduce((asked, bits, n) => asked | (presented.hasAny(bits) ? 1 << n : 0), 0);
  }

  return () => {
    let asked = askedBySecret();
    if (presented.hasAny(anyHeader)) asked |= askedByHeaders();
    let found: Scheme | undefined;
    for (; asked !== 0; asked &= asked - 1) {
      const scheme = schemes[31 - Math.clz32(asked & -asked)] as Scheme;
      if (!scheme.claims(presented, context)) continue;
      if (isFirstEnough) return scheme;
      // A path can name whom a request is from, but what was not sent is not several.
      if (found !== undefined) return presented.hasCredential ? "several" : found;
      found = scheme;
    }
    return found;
  };
}
