import { type Kysely, type RawBuilder, sql } from "kysely";
import type { Ask } from "./ask.ts";
import { type Ceiling, under } from "./ceiling.ts";
import type { KeyringScheme, WantedCredential } from "./credential-kinds.ts";
import { isNamed, toCredential } from "./credential-rows.ts";
import {
  hasStatus,
  isFound,
  isMeant,
  KEY_FINDINGS,
  type KeyFinding,
  type KeyStatus,
} from "./key-conditions.ts";
import type { Flavor } from "./migrations/migration.ts";
import { byCreation, olderThan, pageOf } from "./paging.ts";
import type { PageRequest } from "./records.ts";
import type { Tables } from "./schema.ts";

/** Which keys a list is of. */
export interface KeyringFilter {
  readonly scheme: KeyringScheme;
  readonly accountId?: string | undefined;
  readonly ceiling?: Ceiling;
  /** Part of the name, or all of the id or of the last characters. */
  readonly search?: string | undefined;
  readonly standing?: Standing | undefined;
  /** Those that were not revoked. */
  readonly live?: boolean | undefined;
}

/** How a key stands at an instant, in Unix milliseconds. */
interface Standing {
  readonly at: number;
  readonly status?: KeyStatus | undefined;
  readonly finding?: KeyFinding | undefined;
}

/** Whose keys are looked at, as of an instant in Unix milliseconds. */
export interface FindingsFilter extends Pick<KeyringFilter, "scheme" | "accountId" | "ceiling"> {
  readonly at: number;
}

/** How many live keys there are, and of those how many to look at. */
export type FoundKeys = Readonly<Record<KeyFinding | "live", number>>;

/** Reading side of the keys of every kind. */
export function keyringReads(db: Kysely<Tables>, ask: Ask, flavor: Flavor) {
  return {
    find: (api: string, named: WantedCredential) =>
      ask(async () => {
        const query = db.selectFrom("credential").selectAll().where("api", "=", api);
        const row = await query.where("id", "=", named.id).executeTakeFirst();
        return row && isNamed(row, named) ? toCredential(row) : undefined;
      }),
    list: (api: string, filter: KeyringFilter, page: PageRequest) =>
      ask(async () => {
        const { accountId, ceiling, search, standing, live, scheme } = filter;
        let query = selectKeys(db, api, filter).selectAll();
        if (accountId !== undefined) query = query.where("account_id", "=", accountId);
        if (live === true) query = query.where("revoked_at", "is", null);
        if (search !== undefined) query = query.where(isMeant(search));
        if (standing?.status !== undefined) {
          query = query.where(hasStatus(standing.status, standing.at));
        }
        if (standing?.finding !== undefined) {
          const { finding, at } = standing;
          query = query.where(isFound(finding, { at, scheme, flavor }));
        }
        const rows = await query
          .where(under(ceiling, "account_id"))
          .where(olderThan(page.after, "created_at", "id"))
          .orderBy("created_at", "desc")
          .orderBy("id", "desc")
          .limit(page.limit + 1)
          .execute();
        return pageOf(rows.map(toCredential), page, byCreation);
      }),
    findings: (api: string, filter: FindingsFilter) =>
      ask(async () => {
        const { accountId, ceiling, ...looked } = filter;
        let query = selectKeys(db, api, filter)
          .where(under(ceiling, "account_id"))
          .select(countOf(hasStatus("active", looked.at)).as("live"));
        for (const name of KEY_FINDINGS) {
          query = query.select(countOf(isFound(name, { ...looked, flavor })).as(name));
        }
        if (accountId !== undefined) query = query.where("account_id", "=", accountId);
        const row: Readonly<Record<string, number | null>> = await query.executeTakeFirstOrThrow();
        const numbers = ["live", ...KEY_FINDINGS].map((name) => [name, Number(row[name] ?? 0)]);
        return Object.fromEntries(numbers) as FoundKeys;
      }),
  };
}

/** Issued tokens are credentials too, and in no list; the index of keys leaves them out. */
function selectKeys(db: Kysely<Tables>, api: string, { scheme }: Pick<KeyringFilter, "scheme">) {
  return db
    .selectFrom("credential")
    .where("api", "=", api)
    .where("scheme", "=", scheme)
    .where("token_kind", "is", null);
}

function countOf(condition: RawBuilder<boolean>): RawBuilder<number | null> {
  return sql<number | null>`sum(case when ${condition} then 1 else 0 end)`;
}
