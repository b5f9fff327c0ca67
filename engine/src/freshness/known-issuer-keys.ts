import type { IssuerKeyMemory, IssuerKeysState } from "../domain/issuer-key.ts";
import type { Lookup } from "../domain/known.ts";
import type { SignatureProof } from "../domain/proof.ts";
import type { Lease } from "./lease.ts";

/** The newest set of issuer keys that this process was told of. */
export class KnownIssuerKeys implements IssuerKeyMemory {
  readonly #proofOf: (publicKey: object) => SignatureProof;
  readonly #lease: Lease;
  #proofs: ReadonlyMap<string, SignatureProof> | undefined;
  #seq = -1;

  constructor(lease: Lease, proofOf: (publicKey: object) => SignatureProof) {
    this.#lease = lease;
    this.#proofOf = proofOf;
  }

  /** Takes the set as it was at `seq` of the change feed, unless a newer one is known. */
  apply(seq: number, { keys }: IssuerKeysState): void {
    if (seq < this.#seq) return;
    this.#seq = seq;
    this.#proofs = new Map(keys.map(({ id, publicKey }) => [id, this.#proofOf(publicKey)]));
  }

  find(keyId: string): Lookup<SignatureProof> {
    const found = this.#proofs?.get(keyId);
    if (found !== undefined) return found;
    // Without a lease a key may have been published that nobody has told of.
    return this.#proofs !== undefined && this.#lease.holds() ? "unknown" : "ask";
  }
}
