import {
  type Clock,
  type SignatureResolution,
  type Source,
  sharedSecretProof,
} from "@latchkey/engine";

/**
 * Judges signatures for processes that are not given the secrets, by those that the source has
 * now. Rejects where the source cannot be asked or a secret cannot be opened.
 */
export function createSignatureJudge(
  source: Pick<Source, "credential">,
  clock: Clock,
): NonNullable<Source["signature"]> {
  return async (scheme, digest, { text, signature }): Promise<SignatureResolution> => {
    const { asOf, credential, material } = await source.credential(scheme, digest);
    if (credential === undefined || material?.kind !== "shared-secrets") {
      return { asOf, signature: undefined };
    }
    const proof = sharedSecretProof(material.secrets);
    const now = clock();
    const { id: credentialId, generation } = credential;
    const verdict = proof.verify(text, signature, now);
    const changesAt = proof.changesAt(now);
    return { asOf, signature: { credentialId, generation, verdict, changesAt } };
  };
}
