import { BoundedMap } from "../domain/bounded-map.ts";
import type { CredentialState } from "../domain/credential.ts";
import type { MoreOfCredential } from "../domain/known.ts";
import type { Actor } from "../domain/principal.ts";
import type { Proof } from "../domain/proof.ts";

const FIRST_GENERATION = 1;

/** What there is of a credential that has nothing but an id: always this object. */
export const PLAIN: MoreOfCredential = {
  proof: undefined,
  generation: FIRST_GENERATION,
  rotation: undefined,
  brownOuts: [],
  isRestricted: false,
  applicationId: null,
  actor: null,
  token: undefined,
};

/** What sets a credential apart from a plain key; `PLAIN`: nothing does. */
export type MoreOf = (state: CredentialState, proof: Proof | undefined) => MoreOfCredential;

/**
 * Answers one object for all access tokens alike, as far as it remembers: an application has
 * thousands, and each object of its own would be fetched from memory at each decision.
 */
export function createMoreOf(capacity: number): MoreOf {
  const alike = new BoundedMap<string, MoreOfCredential>(capacity);
  return (state, proof) => {
    const { generation, rotatedAt, expiresAt, brownOuts, applicationId, token } = state;
    const isPlain = proof === undefined && generation === FIRST_GENERATION && rotatedAt === null;
    if (isPlain && applicationId === null && token === undefined) return PLAIN;
    const rotation = rotatedAt === null ? undefined : { rotatedAt, endsAt: expiresAt };
    const isRestricted = brownOuts.length > 0 || (token !== undefined && token.origins !== null);
    const isOfUser = token !== undefined && token.kind !== "application" && applicationId !== null;
    const actor: Actor | null = isOfUser ? { kind: "application", id: applicationId } : null;
    const also = { applicationId, actor, token };
    const more = { proof, generation, rotation, brownOuts, isRestricted, ...also };
    // One that is bound to a key is alike to hardly any other.
    if (!isPlain || token === undefined || token.boundKey !== null) return more;
    const key = JSON.stringify([applicationId, token.kind, token.origins, brownOuts]);
    const before = alike.get(key);
    if (before !== undefined) return before;
    alike.set(key, more);
    return more;
  };
}
