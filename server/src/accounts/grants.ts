import { ApiError, type Clock } from "@latchkey/engine";
import type { GrantFilter, GrantRecord } from "../store/grants.ts";
import type { Page, PageRequest } from "../store/records.ts";
import type { Store } from "../store/store.ts";
import type { Call } from "./call.ts";
import { type Receipt, receiptOf } from "./receipt.ts";

/** The use cases of grants: which user approved which application, and the end of it. */
export interface Grants {
  /** @throws {ApiError} `NOT_FOUND`. */
  find(api: string, id: string): Promise<GrantRecord>;
  list(api: string, filter: GrantFilter, page: PageRequest): Promise<Page<GrantRecord>>;
  /**
   * Every token of the grant is refused by this node before this resolves. Repeating it answers the
   * same `revokedAt`. @throws {ApiError} `NOT_FOUND`.
   */
  revoke(call: Call, id: string): Promise<Receipt>;
}

/** Grants of all APIs, kept in `store`. */
export function createGrants(parts: {
  readonly store: Store;
  readonly clock: Clock;
  /** How long another node may decide without having heard of a change; 0: there is none. */
  readonly nodeLeaseMillis: number;
}): Grants {
  const { store, clock, nodeLeaseMillis } = parts;
  return {
    async find(api, id) {
      const grant = await store.grants.find(api, id);
      if (grant !== undefined) return grant;
      throw new ApiError("NOT_FOUND", "There is no such grant.");
    },

    list: (api, filter, page) => store.grants.list(api, filter, page),

    async revoke(call, id) {
      const { output } = await store.write("revokeGrant", { id }, { ...call, at: clock() });
      // The write resolves after this node's memory has applied the change, so it is confirmed now.
      return receiptOf(output.revokedAt, clock(), nodeLeaseMillis);
    },
  };
}
