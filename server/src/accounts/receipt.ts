/** What is known of a revocation: who has applied it, and by when everyone has. */
export interface Receipt {
  /** Unix milliseconds, as all instants here. The first revocation's, however often it is repeated. */
  readonly revokedAt: number;
  /** When the last verifier confirmed; `null` while one has not. */
  readonly confirmedAt: number | null;
  /** After this instant nobody accepts the credential, confirmed or not. */
  readonly boundAt: number;
  readonly verifiers: { readonly confirmed: number; readonly pending: number };
}

/**
 * The receipt of a revocation that no verifier outside the server has to hear of. Other nodes on the
 * same database hear of it by the feed, and at the latest when their lease ends.
 */
export function receiptOf(revokedAt: number, appliedAt: number, nodeLeaseMillis: number): Receipt {
  return {
    revokedAt,
    confirmedAt: appliedAt,
    boundAt: appliedAt + nodeLeaseMillis,
    verifiers: { confirmed: 0, pending: 0 },
  };
}
