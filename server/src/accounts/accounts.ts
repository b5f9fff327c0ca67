import { type AccountKind, ApiError, type Clock, type CompiledPolicy } from "@latchkey/engine";
import type { AccountFilter } from "../store/accounts.ts";
import type { Ceiling } from "../store/ceiling.ts";
import type { AccountRecord, Page, PageRequest } from "../store/records.ts";
import type { Store } from "../store/store.ts";
import type { Call } from "./call.ts";
import { idDigits, newId } from "./ids.ts";

/** A new account, as asked for. */
export interface AccountDraft {
  /** `acct_…`; made here when absent. A taken one is a `CONFLICT`. */
  readonly id?: string;
  readonly name: string;
  readonly kind?: AccountKind;
  readonly parentId?: string | null;
  readonly plan?: string | null;
  readonly externalId?: string | null;
  /** `CONFLICT` when the parent has so many accounts already. */
  readonly maxChildren?: number;
}

/** What may change of an account; its kind and parent may not. */
export interface AccountChanges {
  readonly name?: string;
  readonly plan?: string | null;
  readonly externalId?: string | null;
}

/** The use cases of accounts. Each rejects with `NOT_FOUND` for an id that its API does not have. */
export interface Accounts {
  create(call: Call, draft: AccountDraft): Promise<AccountRecord>;
  find(api: string, id: string, ceiling?: Ceiling): Promise<AccountRecord>;
  list(api: string, filter: AccountFilter, page: PageRequest): Promise<Page<AccountRecord>>;
  update(call: Call, id: string, changes: AccountChanges): Promise<AccountRecord>;
  /** Its credentials are refused from the moment this resolves. Repeating it changes nothing. */
  suspend(call: Call, id: string): Promise<AccountRecord>;
  /** Undoes `suspend`. Repeating it changes nothing. */
  resume(call: Call, id: string): Promise<AccountRecord>;
}

/** Accounts of all APIs, kept in `store`. */
export function createAccounts(parts: {
  readonly store: Store;
  readonly clock: Clock;
  /** By slug; how long new ids are. */
  readonly policies: ReadonlyMap<string, CompiledPolicy>;
}): Accounts {
  const { store, clock, policies } = parts;
  const at = (call: Call) => ({ ...call, at: clock() });

  return {
    async create(call, draft) {
      const input = {
        id: draft.id ?? newId("acct", idDigits(policies.get(call.api))),
        name: draft.name,
        kind: draft.kind ?? "account",
        parentId: draft.parentId ?? null,
        plan: draft.plan ?? null,
        externalId: draft.externalId ?? null,
        maxChildren: draft.maxChildren,
      } as const;
      return (await store.write("createAccount", input, at(call))).output;
    },

    async find(api, id, ceiling) {
      const account = await store.accounts.find(api, id, ceiling);
      if (account === undefined) throw new ApiError("NOT_FOUND", "There is no such account.");
      return account;
    },

    list: (api, filter, page) => store.accounts.list(api, filter, page),

    update: async (call, id, changes) =>
      (await store.write("updateAccount", { id, ...changes }, at(call))).output,

    suspend: async (call, id) => (await store.write("suspendAccount", { id }, at(call))).output,

    resume: async (call, id) => (await store.write("resumeAccount", { id }, at(call))).output,
  };
}
