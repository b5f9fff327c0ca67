/** What is known of a revocation: who has applied it, and by when everyone has. */
export interface Receipt {
  /** Unix milliseconds, as all instants here. The first revocation's, however often it is repeated. */
  readonly revokedAt: number;
  /** When the last verifier had confirmed; `null` while one has not. */
  readonly confirmedAt: number | null;
  /** After this instant nobody accepts the credential, confirmed or not. */
  readonly boundAt: number;
  /** Those that may decide in memory, and have applied it or not. */
  readonly verifiers: { readonly confirmed: number; readonly pending: number };
}

/**
 * The receipt of a deed that this node has applied; `seq` is its change on the feed, `undefined` if
 * it was done before. Waits so many milliseconds for every verifier to confirm. Other nodes on the
 * same database hear of it by the feed, and at the latest when their lease ends.
 */
export type ReceiptOf = (
  deed: { readonly api: string; readonly revokedAt: number; readonly seq: number | undefined },
  waitMillis?: number,
) => Promise<Receipt>;
