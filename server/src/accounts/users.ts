import { ApiError, type Clock, type CompiledPolicy } from "@latchkey/engine";
import type { Page, PageRequest, Role, UserRecord } from "../store/records.ts";
import type { Store } from "../store/store.ts";
import type { Call } from "./call.ts";
import { idDigits, newId } from "./ids.ts";
import { hashPassword } from "./password.ts";
import type { Receipt, ReceiptOf } from "./receipt.ts";

/** A new user and the first account it belongs to, as asked for. */
export interface UserDraft {
  /** `user_…`; made here when absent. A taken one is a `CONFLICT`. */
  readonly id?: string;
  readonly accountId: string;
  readonly name?: string | null;
  /** Unique in its API; a taken one is a `CONFLICT`. */
  readonly email?: string | null;
  readonly role?: Role;
  /** 12 to 1024 characters; only its argon2id hash is kept. */
  readonly password?: string;
}

/** A user's place in one account. */
export interface MembershipDraft {
  readonly accountId: string;
  readonly role?: Role;
}

/** The use cases of users. Each rejects with `NOT_FOUND` for an id that its API does not have. */
export interface Users {
  create(call: Call, draft: UserDraft): Promise<UserRecord>;
  find(api: string, id: string): Promise<UserRecord>;
  list(
    api: string,
    filter: { readonly accountId?: string | undefined; readonly search?: string | undefined },
    page: PageRequest,
  ): Promise<Page<UserRecord>>;
  /** Adds the user to another account, or changes its role there. */
  addMembership(call: Call, userId: string, membership: MembershipDraft): Promise<UserRecord>;
  /**
   * Takes the user out of an account. What acts for the user there is refused by this node before
   * this resolves, which waits so many milliseconds for every verifier to confirm.
   */
  removeMembership(
    call: Call,
    membership: { readonly userId: string; readonly accountId: string },
    waitMillis?: number,
  ): Promise<Receipt>;
}

/** Users of all APIs, kept in `store`. */
export function createUsers(parts: {
  readonly store: Store;
  readonly clock: Clock;
  /** By slug; how long new ids are. */
  readonly policies: ReadonlyMap<string, CompiledPolicy>;
  readonly receiptOf: ReceiptOf;
  /** Refuses a password that its owner could not choose either. */
  readonly fitPassword: (password: string, email: string | null) => Promise<string>;
}): Users {
  const { store, clock, policies, receiptOf, fitPassword } = parts;
  const at = (call: Call) => ({ ...call, at: clock() });

  return {
    async create(call, draft) {
      const { email = null, password } = draft;
      const input = {
        id: draft.id ?? newId("user", idDigits(policies.get(call.api))),
        accountId: draft.accountId,
        name: draft.name ?? null,
        email,
        role: draft.role ?? "member",
        passwordHash:
          password === undefined ? null : await hashPassword(await fitPassword(password, email)),
      } as const;
      return (await store.write("createUser", input, at(call))).output;
    },

    async find(api, id) {
      const user = await store.users.find(api, id);
      if (user === undefined) throw new ApiError("NOT_FOUND", "There is no such user.");
      return user;
    },

    list: (api, filter, page) => store.users.list(api, filter, page),

    async addMembership(call, userId, { accountId, role = "member" }) {
      const input = { userId, accountId, role };
      return (await store.write("addMembership", input, at(call))).output;
    },

    async removeMembership(call, membership, waitMillis) {
      const { output, seq } = await store.write("removeMembership", membership, at(call));
      return receiptOf({ api: call.api, revokedAt: output.revokedAt, seq }, waitMillis);
    },
  };
}
