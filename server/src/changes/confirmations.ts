import type { Clock } from "@latchkey/engine";
import type { Store } from "../store/store.ts";
import { createLeaseRenewals, type LeaseRenewals } from "./lease-renewals.ts";
import { NODE_LEASE_SECONDS } from "./node-lease.ts";
import { createReceipts } from "./receipts.ts";
import { followStaleTimes } from "./stale-times.ts";

/** Who holds which lease, and what receipts say of it, under the policies of a deployment. */
export async function startConfirmations(parts: {
  readonly store: Store;
  readonly clock: Clock;
  readonly apis: Iterable<string>;
}): Promise<{
  readonly renewals: LeaseRenewals;
  readonly receiptOf: ReturnType<typeof createReceipts>;
}> {
  const { store, clock } = parts;
  const staleMillisOf = await followStaleTimes(parts);
  const renewals = createLeaseRenewals({ store, clock, staleMillisOf });
  const nodeLeaseMillis = () => (store.isAlone() ? 0 : NODE_LEASE_SECONDS * 1000);
  const receipts = { store, renewals, clock, staleMillisOf, nodeLeaseMillis };
  return { renewals, receiptOf: createReceipts(receipts) };
}
