import type { Clock } from "@latchkey/engine";
import { createLeaseRenewals } from "../changes/lease-renewals.ts";
import { createReceipts } from "../changes/receipts.ts";
import type { Store } from "../store/store.ts";

/** Receipts of a deployment whose policies allow nothing stale; by default of one node. */
export function receiptsOf(store: Store, clock: Clock, nodeLeaseMillis = 0) {
  const staleMillisOf = () => 0;
  const renewals = createLeaseRenewals({ store, clock, staleMillisOf });
  return createReceipts({
    ...{ store, renewals, clock, staleMillisOf },
    nodeLeaseMillis: () => nodeLeaseMillis,
  });
}
