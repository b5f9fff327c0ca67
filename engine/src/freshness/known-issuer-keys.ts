import type { IssuerKeyMemory, IssuerKeysState } from "../domain/issuer-key.ts";
import type { SignatureProof } from "../domain/proof.ts";

/** The newest set of issuer keys that this process was told of. */
export class KnownIssuerKeys implements IssuerKeyMemory {
  readonly #proofOf: (publicKey: object) => SignatureProof;
  #proofs: ReadonlyMap<string, SignatureProof> = new Map();
  #seq = -1;

  constructor(proofOf: (publicKey: object) => SignatureProof) {
    this.#proofOf = proofOf;
  }

  /** Takes the set as it was at `seq` of the change feed, unless a newer one is known. */
  apply(seq: number, { keys }: IssuerKeysState): void {
    if (seq < this.#seq) return;
    this.#seq = seq;
    this.#proofs = new Map(keys.map(({ id, publicKey }) => [id, this.#proofOf(publicKey)]));
  }

  find(keyId: string): SignatureProof | undefined {
    return this.#proofs.get(keyId);
  }
}
