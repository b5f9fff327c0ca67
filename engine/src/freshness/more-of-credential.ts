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
export function moreOf(state: CredentialState, proof: Proof | undefined): MoreOfCredential {
  const { generation, rotatedAt, expiresAt, brownOuts, applicationId, token } = state;
  const isFirst = proof === undefined && generation === FIRST_GENERATION && rotatedAt === null;
  if (isFirst && applicationId === null && token === undefined) return PLAIN;
  const rotation = rotatedAt === null ? undefined : { rotatedAt, endsAt: expiresAt };
  const isRestricted = brownOuts.length > 0 || (token !== undefined && token.origins !== null);
  const isOfUser = token !== undefined && token.kind !== "application" && applicationId !== null;
  const actor: Actor | null = isOfUser ? { kind: "application", id: applicationId } : null;
  const also = { applicationId, actor, token };
  return { proof, generation, rotation, brownOuts, isRestricted, ...also };
}

/** The same for all that have the same; `undefined`: hardly any other has. */
export function alikeBy(more: MoreOfCredential): string | undefined {
  const { proof, generation, rotation, brownOuts, applicationId, token } = more;
  if (more === PLAIN) return "";
  const isFirst = proof === undefined && generation === FIRST_GENERATION && rotation === undefined;
  // One that is bound to a key is alike to hardly any other.
  if (!isFirst || token === undefined || token.boundKey !== null) return undefined;
  return JSON.stringify([applicationId, token.kind, token.origins, brownOuts]);
}
