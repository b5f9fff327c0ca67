import type { Clock, CompiledPolicy } from "@latchkey/engine";
import type { Store } from "../store/store.ts";
import { createLeaseRenewals, type LeaseRenewals } from "./lease-renewals.ts";
import { NODE_LEASE_SECONDS } from "./node-lease.ts";
import { createReceipts } from "./receipts.ts";

/** Who holds which lease, and what receipts say of it, under the policies of a deployment. */
export function createConfirmations(parts: {
  readonly store: Store;
  readonly clock: Clock;
  /** By slug. */
  readonly policies: ReadonlyMap<string, CompiledPolicy>;
}): {
  readonly renewals: LeaseRenewals;
  readonly receiptOf: ReturnType<typeof createReceipts>;
} {
  const { store, clock, policies } = parts;
  const staleMillisOf = (api: string) =>
    (policies.get(api)?.policy.verifiers.staleSeconds ?? 0) * 1000;
  const renewals = createLeaseRenewals({ store, clock, staleMillisOf });
  const nodeLeaseMillis = store.kind === "postgres" ? NODE_LEASE_SECONDS * 1000 : 0;
  const receipts = { store, renewals, clock, staleMillisOf, nodeLeaseMillis };
  return { renewals, receiptOf: createReceipts(receipts) };
}
