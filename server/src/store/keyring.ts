import type { Kysely } from "kysely";
import type { Ask } from "./ask.ts";
import { type Ceiling, under } from "./ceiling.ts";
import type { KeyringScheme, WantedCredential } from "./credential-kinds.ts";
import { isNamed, toCredential } from "./credential-rows.ts";
import { olderThan, pageOf } from "./paging.ts";
import type { PageRequest } from "./records.ts";
import type { Tables } from "./schema.ts";

/** Which keys a list is of. */
export interface KeyringFilter {
  readonly scheme: KeyringScheme;
  readonly accountId?: string | undefined;
  readonly ceiling?: Ceiling;
}

/** Reading side of the keys of every kind. */
export function keyringReads(db: Kysely<Tables>, ask: Ask) {
  return {
    find: (api: string, named: WantedCredential) =>
      ask(async () => {
        const query = db.selectFrom("credential").selectAll().where("api", "=", api);
        const row = await query.where("id", "=", named.id).executeTakeFirst();
        return row && isNamed(row, named) ? toCredential(row) : undefined;
      }),
    list: (api: string, { scheme, accountId, ceiling }: KeyringFilter, page: PageRequest) =>
      ask(async () => {
        let query = db
          .selectFrom("credential")
          .selectAll()
          .where("api", "=", api)
          .where("scheme", "=", scheme);
        if (accountId !== undefined) query = query.where("account_id", "=", accountId);
        const rows = await query
          .where(under(ceiling, "account_id"))
          .where(olderThan(page.after, "created_at", "id"))
          .orderBy("created_at", "desc")
          .orderBy("id", "desc")
          .limit(page.limit + 1)
          .execute();
        return pageOf(rows.map(toCredential), page, ({ createdAt, id }) => ({ at: createdAt, id }));
      }),
  };
}
