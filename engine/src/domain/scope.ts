/** One bit for each scope of a policy, 32 to a word. All sets of one policy are of equal length. */
export type ScopeBits = readonly number[];

/** What a credential may do. */
export interface ScopeSet {
  /** As given, names that the policy does not know included: those grant nothing. */
  readonly names: readonly string[];
  /** The scopes it satisfies everywhere, implied ones included. */
  readonly everywhere: ScopeBits;
  /** The scopes it satisfies on a resource that the principal owns; never less than `everywhere`. */
  readonly onOwn: ScopeBits;
}

/** Whether `held` covers every scope of `needed`, on any resource. */
export function satisfies(held: ScopeSet, needed: ScopeBits): boolean {
  return covers(held.everywhere, needed);
}

/** Whether `held` covers every scope of `needed` on a resource that the principal owns. */
export function satisfiesOnOwn(held: ScopeSet, needed: ScopeBits): boolean {
  return covers(held.onOwn, needed);
}

/**
 * What both sets allow: of a token's claims no more than the key that signed it may give. Its names
 * are those of either that the other covers; `bitsOf` knows those of the policy.
 */
export function narrowed(
  claimed: ScopeSet,
  held: ScopeSet,
  bitsOf: (name: string) => ScopeBits | undefined,
): ScopeSet {
  const coveredBy = (other: ScopeSet) => (name: string) => {
    const bits = bitsOf(name);
    return bits !== undefined && covers(other.everywhere, bits);
  };
  const names = claimed.names.filter(coveredBy(held));
  // Of a name that is held in part, that part.
  const more = names.length < claimed.names.length ? held.names.filter(coveredBy(claimed)) : [];
  return {
    names: [...new Set([...names, ...more])],
    everywhere: claimed.everywhere.map((word, i) => word & (held.everywhere[i] ?? 0)),
    onOwn: claimed.onOwn.map((word, i) => word & (held.onOwn[i] ?? 0)),
  };
}

function covers(held: ScopeBits, needed: ScopeBits): boolean {
  for (let i = 0; i < needed.length; i += 1) {
    // A missing word counts as no scopes: sets of two policies must never match by accident.
    const word = needed[i] as number;
    if ((word & (held[i] ?? 0)) !== word) return false;
  }
  return true;
}
