import type { Clock } from "@latchkey/engine";
import type { Store } from "../store/store.ts";
import type { LeaseRenewals } from "./lease-renewals.ts";
import type { StaleMillisOf } from "./stale-times.ts";

/** A deed that ends something, once it is durable and this node has applied it. */
export interface EndingDeed {
  readonly api: string;
  /** Unix milliseconds. */
  readonly revokedAt: number;
  /** Its change on the feed; `undefined`: it was done before. */
  readonly seq: number | undefined;
}

/** What is known of it; the same as the receipt of `accounts`. */
interface KnownOfDeed {
  readonly revokedAt: number;
  readonly confirmedAt: number | null;
  readonly boundAt: number;
  readonly verifiers: { readonly confirmed: number; readonly pending: number };
}

/** How often it is looked for what verifiers told other nodes. */
const LOOK_MILLIS = 50;

/**
 * Who has applied a deed, and until when whoever has not may decide as if it had not happened. That
 * is the last lease that was granted without it: leases are written down before they are granted,
 * and one that does not know of a change is written down before that change commits.
 */
export function createReceipts(parts: {
  readonly store: Pick<Store, "changes" | "verifiers">;
  readonly renewals: Pick<LeaseRenewals, "nextRound">;
  readonly clock: Clock;
  /** How long another node may decide without having heard of a change; 0: there is none now. */
  readonly nodeLeaseMillis: () => number;
  readonly staleMillisOf: StaleMillisOf;
}) {
  const { store, renewals, clock, nodeLeaseMillis, staleMillisOf } = parts;

  /** Resolves once every verifier has confirmed or can decide no more, or when the wait is over. */
  return async function receiptOf(deed: EndingDeed, waitMillis = 0): Promise<KnownOfDeed> {
    const { api, revokedAt } = deed;
    const appliedAt = clock();
    const seq = deed.seq ?? (await store.changes.head(api));
    const staleMillis = staleMillisOf(api);
    let boundAt = appliedAt + nodeLeaseMillis();
    const over = waitMillis > 0 ? AbortSignal.timeout(waitMillis) : AbortSignal.abort();
    for (;;) {
      const asked = { seq, leaseEndsAt: clock() - staleMillis };
      const { confirmed, pending, pendingUntil } = await store.verifiers.progress(api, asked);
      if (pendingUntil !== null) boundAt = Math.max(boundAt, pendingUntil + staleMillis);
      if (pending === 0 || over.aborted) {
        const confirmedAt = pending === 0 ? clock() : null;
        return { revokedAt, confirmedAt, boundAt, verifiers: { confirmed, pending } };
      }
      const lookAgain = AbortSignal.timeout(LOOK_MILLIS);
      await renewals.nextRound(api, AbortSignal.any([lookAgain, over]));
    }
  };
}
