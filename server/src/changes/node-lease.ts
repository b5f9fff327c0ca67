import { type Clock, type Lease, RenewedLease } from "@latchkey/engine";
import { startRepeating } from "../store/repeating.ts";
import { type Store, systemContext } from "../store/store.ts";
import type { StoreLog } from "../store/store-log.ts";

/** How long a node may decide from memory after it last knew that it had seen every change. */
export const NODE_LEASE_SECONDS = 3;
const RENEW_EVERY_MILLIS = 1000;

/** Until when this node may decide about an API from memory. */
export interface NodeLease {
  readonly lease: Lease;
  /**
   * Resolves while the lease holds, else once it was renewed by a round that began after the
   * question. Rejects when that fails: what the database says may have been said by one that was
   * replaced.
   */
  ensure(): Promise<void>;
  stop(): Promise<void>;
}

/** @throws {Error} when it has lapsed. */
export function requireLease({ lease }: Pick<NodeLease, "lease">): void {
  if (!lease.holds()) throw new Error("the database does not prove that it is the primary");
}

/**
 * Others may write to the same database: on PostgreSQL other nodes, on SQLite a second process. The
 * lease is renewed whenever every change up to the head that the database told has been applied
 * here. Once it has lapsed nothing that the database says counts before it is renewed. On
 * PostgreSQL the head comes with a write, for a primary that was replaced still answers reads.
 * Resolves once the lease was tried for.
 */
export async function startNodeLease(parts: {
  readonly store: Pick<Store, "kind" | "changes" | "write">;
  readonly api: string;
  readonly clock: Clock;
  /** Milliseconds that no one can set back. */
  readonly monotonic: Clock;
  readonly log: StoreLog;
}): Promise<NodeLease> {
  const { store, api, clock, monotonic, log } = parts;
  const lease = new RenewedLease(NODE_LEASE_SECONDS, clock, monotonic);
  const repeating = startRepeating({
    everyMillis: RENEW_EVERY_MILLIS,
    round: async () => {
      const renew = lease.begin();
      // The head as the write has it: a read may be answered by another, behind the primary.
      await store.changes.caughtUp(api, store.kind === "postgres" ? await proven() : undefined);
      renew();
    },
    onError: (error) => log.warn({ err: error, api }, "could not renew the node's lease"),
  });
  async function proven(): Promise<number> {
    const nobody = { renewals: [], leaseMillis: 0, forgetBefore: 0 };
    return (await store.write("renewLeases", nobody, systemContext(api, clock()))).output.head;
  }

  await repeating.now();
  return {
    lease,
    async ensure() {
      if (lease.holds()) return;
      await repeating.now();
      requireLease({ lease });
    },
    stop: () => repeating.stop(),
  };
}
