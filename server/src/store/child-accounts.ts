import type { Kysely } from "kysely";
import { selectAccount, toAccount } from "./accounts.ts";
import type { Ask } from "./ask.ts";
import { byCreation, olderThan, pageOf } from "./paging.ts";
import type { AccountRecord, PageRequest } from "./records.ts";
import type { Tables } from "./schema.ts";

/** Most accounts of one user that are named. */
const MOST_MEMBERSHIPS = 200;

/**
 * What a platform or organization may know: its child accounts. Any other account answers as if it
 * did not exist.
 */
export function childAccountReads(db: Kysely<Tables>, ask: Ask) {
  return {
    find: (api: string, parentId: string, id: string): Promise<AccountRecord | undefined> =>
      ask(async () => {
        const row = await selectAccount(db, api, id);
        return row?.parent_id === parentId ? toAccount(row) : undefined;
      }),

    list: (api: string, parentId: string, page: PageRequest) =>
      ask(async () => {
        const rows = await db
          .selectFrom("account")
          .selectAll()
          .where("api", "=", api)
          .where("parent_id", "=", parentId)
          .where(olderThan(page.after, "created_at", "id"))
          .orderBy("created_at", "desc")
          .orderBy("id", "desc")
          .limit(page.limit + 1)
          .execute();
        return pageOf(rows.map(toAccount), page, byCreation);
      }),

    /** The ids of a user's accounts, as far as they are this account and its children; 200 at most. */
    idsOfUser: (api: string, accountId: string, userId: string): Promise<readonly string[]> =>
      ask(async () => {
        const rows = await db
          .selectFrom("membership")
          .innerJoin("account", (join) =>
            join
              .onRef("account.api", "=", "membership.api")
              .onRef("account.id", "=", "membership.account_id"),
          )
          .select("account.id")
          .where("membership.api", "=", api)
          .where("membership.user_id", "=", userId)
          .where((eb) =>
            eb.or([eb("account.id", "=", accountId), eb("account.parent_id", "=", accountId)]),
          )
          .orderBy("account.id")
          .limit(MOST_MEMBERSHIPS)
          .execute();
        return rows.map(({ id }) => id);
      }),
  };
}
