import { type AccountKind, type AccountState, ApiError, invalidField } from "@latchkey/engine";
import { type Kysely, type RawBuilder, type Selectable, sql } from "kysely";
import type { Ask } from "./ask.ts";
import { type Ceiling, isUnder, under } from "./ceiling.ts";
import { readHead } from "./changes.ts";
import { holdsText } from "./matching.ts";
import { byCreation, olderThan, pageOf } from "./paging.ts";
import type { AccountRecord, PageRequest } from "./records.ts";
import type { AccountTable, Tables } from "./schema.ts";
import type { Transaction } from "./transaction.ts";

interface CreateAccount {
  readonly id: string;
  readonly name: string;
  readonly kind: AccountKind;
  readonly parentId: string | null;
  readonly plan: string | null;
  readonly externalId: string | null;
  /** Refuses when the parent has so many children already. */
  readonly maxChildren?: number | undefined;
}

/** What is left out stays as it is. */
interface UpdateAccount {
  readonly id: string;
  readonly name?: string | undefined;
  readonly plan?: string | null | undefined;
  readonly externalId?: string | null | undefined;
}

/** Which accounts a list is of. */
export interface AccountFilter {
  /** Part of the name, or all of the id or of the external id. */
  readonly search?: string | undefined;
  readonly status?: "active" | "suspended" | undefined;
  readonly ceiling?: Ceiling;
}

interface NamedAccount {
  readonly id: string;
}

/** Which kinds of account may be the parent; none: it has no parent at all. */
const PARENT_KINDS: Readonly<Record<AccountKind, readonly string[]>> = {
  account: ["platform", "organization"],
  platform: [],
  organization: [],
  team: ["organization"],
};

export const accountCommands = {
  /**
   * @throws {ApiError} `CONFLICT` when the id is taken and when `maxChildren` is reached,
   * `INVALID_REQUEST` for a wrong parent.
   */
  async createAccount(tx: Transaction, input: CreateAccount): Promise<AccountRecord> {
    const { api, at } = tx.context;
    await checkParent(tx, input);
    const row = await tx.db
      .insertInto("account")
      .values({
        api,
        id: input.id,
        name: input.name,
        kind: input.kind,
        parent_id: input.parentId,
        plan: input.plan,
        external_id: input.externalId,
        created_at: at,
        suspended_at: null,
      })
      .onConflict((conflict) => conflict.columns(["api", "id"]).doNothing())
      .returningAll()
      .executeTakeFirst();
    if (row === undefined) {
      throw new ApiError("CONFLICT", "An account with this id exists.", {
        details: { field: "id" },
      });
    }
    const { id: _, maxChildren: __, ...detail } = input;
    return recordChanged(tx, row, "account.created", detail);
  },

  /** Writes nothing when nothing differs. @throws {ApiError} `NOT_FOUND`. */
  async updateAccount(tx: Transaction, input: UpdateAccount): Promise<AccountRecord> {
    const before = await lockAccount(tx, input.id);
    const changed = {
      ...(input.name === undefined || input.name === before.name ? {} : { name: input.name }),
      ...(input.plan === undefined || input.plan === before.plan ? {} : { plan: input.plan }),
      ...(input.externalId === undefined || input.externalId === before.external_id
        ? {}
        : { externalId: input.externalId }),
    };
    if (Object.keys(changed).length === 0) return toAccount(before);
    const { externalId, ...columns } = changed;
    const row = await tx.db
      .updateTable("account")
      .set({ ...columns, ...(externalId === undefined ? {} : { external_id: externalId }) })
      .where("api", "=", tx.context.api)
      .where("id", "=", input.id)
      .returningAll()
      .executeTakeFirstOrThrow();
    return recordChanged(tx, row, "account.updated", changed);
  },

  /** Idempotent: suspending twice keeps the first `suspendedAt`. @throws {ApiError} `NOT_FOUND`. */
  suspendAccount: (tx: Transaction, { id }: NamedAccount) => setSuspended(tx, id, tx.context.at),

  /** Idempotent. @throws {ApiError} `NOT_FOUND`. */
  resumeAccount: (tx: Transaction, { id }: NamedAccount) => setSuspended(tx, id, null),
} as const;

/** Reading side of accounts. */
export function accountReads(db: Kysely<Tables>, ask: Ask) {
  return {
    resolve: (api: string, id: string) =>
      ask(async () => {
        // The head first: what is in the answer is never older than it says.
        const asOf = await readHead(db, api);
        const row = await selectAccount(db, api, id);
        return { asOf, account: row && toAccountState(row) };
      }),
    find: (api: string, id: string, ceiling?: Ceiling) =>
      ask(async () => {
        const row = await selectAccount(db, api, id);
        return row && isUnder(ceiling, row.id) ? toAccount(row) : undefined;
      }),
    list: (api: string, { search, status, ceiling }: AccountFilter, page: PageRequest) =>
      ask(async () => {
        let query = db.selectFrom("account").selectAll().where("api", "=", api);
        if (search !== undefined) query = query.where(isMeant(search));
        if (status !== undefined) {
          query = query.where("suspended_at", status === "suspended" ? "is not" : "is", null);
        }
        const rows = await query
          .where(under(ceiling, "id"))
          .where(olderThan(page.after, "created_at", "id"))
          .orderBy("created_at", "desc")
          .orderBy("id", "desc")
          .limit(page.limit + 1)
          .execute();
        return pageOf(rows.map(toAccount), page, byCreation);
      }),
  };
}

/**
 * The account that a new row is to belong to. One beyond the caller's ceiling does not exist.
 * @throws {ApiError} `INVALID_REQUEST` that names `accountId`.
 */
export async function requireAccount(
  { db, context: { api, ceiling } }: Transaction,
  id: string,
): Promise<Selectable<AccountTable>> {
  const account = isUnder(ceiling, id) ? await selectAccount(db, api, id) : undefined;
  if (account !== undefined) return account;
  throw invalidField("accountId", "There is no such account.");
}

function isMeant(search: string): RawBuilder<boolean> {
  return sql<boolean>`(${holdsText("name", search)} or id = ${search} or external_id = ${search})`;
}

/** The row, or `undefined`; sees what this transaction wrote. */
export function selectAccount(
  db: Kysely<Tables>,
  api: string,
  id: string,
): Promise<Selectable<AccountTable> | undefined> {
  return db
    .selectFrom("account")
    .selectAll()
    .where("api", "=", api)
    .where("id", "=", id)
    .executeTakeFirst();
}

/** Reads an account that no other transaction changes before this one ends; else `NOT_FOUND`. */
export async function lockAccount(tx: Transaction, id: string): Promise<Selectable<AccountTable>> {
  // `for update` is a syntax error on SQLite; an update that changes nothing locks on both.
  const row = await tx.db
    .updateTable("account")
    .set((eb) => ({ id: eb.ref("id") }))
    .where("api", "=", tx.context.api)
    .where("id", "=", id)
    .returningAll()
    .executeTakeFirst();
  if (row === undefined) throw new ApiError("NOT_FOUND", "There is no such account.");
  return row;
}

/** What a decision needs of an account row. */
export function toAccountState(row: Selectable<AccountTable>): AccountState {
  return {
    id: row.id,
    // The column has a check constraint.
    kind: row.kind as AccountKind,
    parentId: row.parent_id,
    status: row.suspended_at === null ? "active" : "suspended",
    plan: row.plan,
  };
}

/** A row as everyone may see it. */
export function toAccount(row: Selectable<AccountTable>): AccountRecord {
  return {
    id: row.id,
    name: row.name,
    kind: row.kind as AccountKind,
    parentId: row.parent_id,
    plan: row.plan,
    externalId: row.external_id,
    createdAt: row.created_at,
    suspendedAt: row.suspended_at,
  };
}

async function checkParent(
  tx: Transaction,
  { kind, parentId, maxChildren }: CreateAccount,
): Promise<void> {
  if (parentId === null) return;
  const parent = await selectAccount(tx.db, tx.context.api, parentId);
  if (parent === undefined) {
    throw invalidField("parentId", "There is no such parent account.");
  }
  if (!PARENT_KINDS[kind].includes(parent.kind)) {
    const message = `An account of kind ${kind} cannot belong to one of kind ${parent.kind}.`;
    throw invalidField("parentId", message);
  }
  if (maxChildren === undefined || (await countChildren(tx, parentId)) < maxChildren) return;
  throw new ApiError("CONFLICT", `The account has ${maxChildren} accounts already.`, {
    details: { max: maxChildren },
  });
}

async function countChildren(tx: Transaction, parentId: string): Promise<number> {
  // Or two transactions could both count one short of the maximum.
  await lockAccount(tx, parentId);
  const { children } = await tx.db
    .selectFrom("account")
    .select((eb) => eb.fn.countAll<number>().as("children"))
    .where("api", "=", tx.context.api)
    .where("parent_id", "=", parentId)
    .executeTakeFirstOrThrow();
  return children;
}

async function setSuspended(
  tx: Transaction,
  id: string,
  suspendedAt: number | null,
): Promise<AccountRecord> {
  const row = await tx.db
    .updateTable("account")
    .set({ suspended_at: suspendedAt })
    .where("api", "=", tx.context.api)
    .where("id", "=", id)
    .where("suspended_at", suspendedAt === null ? "is not" : "is", null)
    .returningAll()
    .executeTakeFirst();
  if (row !== undefined) {
    return recordChanged(tx, row, suspendedAt === null ? "account.resumed" : "account.suspended");
  }
  const unchanged = await selectAccount(tx.db, tx.context.api, id);
  if (unchanged === undefined) throw new ApiError("NOT_FOUND", "There is no such account.");
  return toAccount(unchanged);
}

function recordChanged(
  tx: Transaction,
  row: Selectable<AccountTable>,
  type: string,
  detail: Readonly<Record<string, unknown>> = {},
): AccountRecord {
  tx.event(type, { accountId: row.id, detail });
  tx.change("account", row.id, toAccountState(row));
  return toAccount(row);
}
