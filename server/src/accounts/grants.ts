import { ApiError, type Clock } from "@latchkey/engine";
import type { Ceiling } from "../store/ceiling.ts";
import type { GrantFilter, GrantRecord } from "../store/grants.ts";
import type { Page, PageRequest } from "../store/records.ts";
import type { Store } from "../store/store.ts";
import type { Call } from "./call.ts";
import type { Receipt, ReceiptOf } from "./receipt.ts";

/** The use cases of grants: which user approved which application, and the end of it. */
export interface Grants {
  /** @throws {ApiError} `NOT_FOUND`. */
  find(api: string, id: string, ceiling?: Ceiling): Promise<GrantRecord>;
  list(api: string, filter: GrantFilter, page: PageRequest): Promise<Page<GrantRecord>>;
  /**
   * Every token of the grant is refused by this node before this resolves, which waits so many
   * milliseconds for every verifier to confirm. Repeating it answers the same `revokedAt`.
   * @throws {ApiError} `NOT_FOUND`.
   */
  revoke(call: Call, id: string, waitMillis?: number): Promise<Receipt>;
}

/** Grants of all APIs, kept in `store`. */
export function createGrants(parts: {
  readonly store: Store;
  readonly clock: Clock;
  readonly receiptOf: ReceiptOf;
}): Grants {
  const { store, clock, receiptOf } = parts;
  return {
    async find(api, id, ceiling) {
      const grant = await store.grants.find(api, id, ceiling);
      if (grant !== undefined) return grant;
      throw new ApiError("NOT_FOUND", "There is no such grant.");
    },

    list: (api, filter, page) => store.grants.list(api, filter, page),

    async revoke(call, id, waitMillis) {
      const { output, seq } = await store.write("revokeGrant", { id }, { ...call, at: clock() });
      return receiptOf({ api: call.api, revokedAt: output.revokedAt, seq }, waitMillis);
    },
  };
}
