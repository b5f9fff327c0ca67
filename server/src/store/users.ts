import { ApiError, type UserState } from "@latchkey/engine";
import { type Kysely, type RawBuilder, type Selectable, sql } from "kysely";
import { requireAccount } from "./accounts.ts";
import type { Ask } from "./ask.ts";
import { readHead } from "./changes.ts";
import { nextNumber } from "./counters.ts";
import { holdsText } from "./matching.ts";
import { byCreation, olderThan, pageOf } from "./paging.ts";
import { endPortalSessions } from "./portal-endings.ts";
import type { PageRequest, Role, UserRecord } from "./records.ts";
import type { PersonTable, Tables } from "./schema.ts";
import type { Transaction } from "./transaction.ts";

interface CreateUser {
  readonly id: string;
  readonly accountId: string;
  readonly name: string | null;
  /** Unique in its API, whatever the case of its letters. */
  readonly email: string | null;
  readonly role: Role;
  /** A password hash in PHC format; never in a record, an event or a change. */
  readonly passwordHash: string | null;
}

interface AddMembership {
  readonly userId: string;
  readonly accountId: string;
  readonly role: Role;
}

export const userCommands = {
  /** @throws {ApiError} `CONFLICT` for a taken id or email, `INVALID_REQUEST` for the account. */
  async createUser(tx: Transaction, input: CreateUser): Promise<UserRecord> {
    const { api, at } = tx.context;
    await requireAccount(tx, input.accountId);
    const number = await nextNumber(tx.db, { api, name: "user" });
    const row = await tx.db
      .insertInto("person")
      .values({
        api,
        id: input.id,
        number,
        name: input.name,
        email: input.email,
        email_key: input.email?.toLowerCase() ?? null,
        password_hash: input.passwordHash,
        created_at: at,
        managed_by: null,
        profile: null,
        deleted_at: null,
        signed_out_at: null,
      })
      .onConflict((conflict) => conflict.doNothing())
      .returningAll()
      .executeTakeFirst();
    if (row === undefined) throw await takenUser(tx, input.id);
    await upsertMembership(tx, row, { accountId: input.accountId, role: input.role });
    const { accountId, name, email, role } = input;
    tx.event("user.created", { accountId, detail: { userId: row.id, name, email, role } });
    return recordState(tx, toUser(row, [{ accountId, role }]));
  },

  /**
   * Idempotent; a second call with another role replaces it, and ends the user's portal sessions
   * there, which may do what the other one did. @throws {ApiError} `NOT_FOUND`.
   */
  async addMembership(tx: Transaction, input: AddMembership): Promise<UserRecord> {
    const { userId, accountId, role } = input;
    const row = await lockPerson(tx, userId);
    await requireAccount(tx, accountId);
    const had = await lockMembership(tx, { userId, accountId });
    if (had === role) return withMemberships(tx, row);
    await upsertMembership(tx, row, { accountId, role });
    if (had !== undefined) await endPortalSessions(tx, { userId, accountId });
    tx.event("user.membership_set", { accountId, detail: { userId, role } });
    return recordUser(tx, row);
  },
} as const;

/** Which users a list is of. */
export interface UserFilter {
  readonly accountId?: string | undefined;
  /** Part of the name or of the e-mail address, or all of the id. */
  readonly search?: string | undefined;
}

/** Reading side of users. */
export function userReads(db: Kysely<Tables>, ask: Ask) {
  return {
    resolve: (api: string, id: string) =>
      ask(async () => {
        // The head first: what is in the answer is never older than it says.
        const asOf = await readHead(db, api);
        const row = await selectPerson(db, api, id);
        if (row === undefined) return { asOf, user: undefined };
        const memberships = (await selectMemberships(db, api, [id])).get(id);
        return { asOf, user: toUserState(toUser(row, memberships)) };
      }),
    find: (api: string, id: string) =>
      ask(async () => {
        const row = await selectPerson(db, api, id);
        return row && toUser(row, (await selectMemberships(db, api, [id])).get(id));
      }),
    list: (api: string, filter: UserFilter, page: PageRequest) =>
      ask(async () => {
        const { accountId, search } = filter;
        const rows = await (accountId === undefined
          ? selectPeople(db, { api, search, page })
          : selectPeopleOf(db, { api, accountId, search, page }));
        const ids = rows.map((row) => row.id);
        const memberships = await selectMemberships(db, api, ids);
        const users = rows.map((row) => toUser(row, memberships.get(row.id)));
        return pageOf(users, page, byCreation);
      }),
  };
}

/**
 * The user's role in an account, from which nobody takes the user before this transaction ends;
 * `undefined` for a stranger.
 */
export async function lockMembership(
  { db, context: { api } }: Transaction,
  { userId, accountId }: { userId: string; accountId: string },
): Promise<string | undefined> {
  const row = await db
    .updateTable("membership")
    .set((eb) => ({ role: eb.ref("role") }))
    .where("api", "=", api)
    .where("user_id", "=", userId)
    .where("account_id", "=", accountId)
    .returning("role")
    .executeTakeFirst();
  return row?.role;
}

type Memberships = UserRecord["memberships"];

function selectPerson(db: Kysely<Tables>, api: string, id: string) {
  return db
    .selectFrom("person")
    .selectAll()
    .where("api", "=", api)
    .where("id", "=", id)
    .where("deleted_at", "is", null)
    .executeTakeFirst();
}

/** Reads a user whose memberships no other transaction changes; else `NOT_FOUND`. */
export async function lockPerson(tx: Transaction, id: string): Promise<Selectable<PersonTable>> {
  // `for update` is a syntax error on SQLite; an update that changes nothing locks on both.
  const row = await tx.db
    .updateTable("person")
    .set((eb) => ({ id: eb.ref("id") }))
    .where("api", "=", tx.context.api)
    .where("id", "=", id)
    .where("deleted_at", "is", null)
    .returningAll()
    .executeTakeFirst();
  if (row === undefined) throw new ApiError("NOT_FOUND", "There is no such user.");
  return row;
}

/** Writes what decisions need of a user whose memberships have changed to the feed. */
export async function recordUser(
  tx: Transaction,
  row: Selectable<PersonTable>,
): Promise<UserRecord> {
  return recordState(tx, await withMemberships(tx, row));
}

async function withMemberships(
  { db, context: { api } }: Transaction,
  row: Selectable<PersonTable>,
): Promise<UserRecord> {
  return toUser(row, (await selectMemberships(db, api, [row.id])).get(row.id));
}

function recordState(tx: Transaction, user: UserRecord): UserRecord {
  tx.change("user", user.id, toUserState(user));
  return user;
}

function toUserState({ id, number, memberships }: UserRecord): UserState {
  return { id, number, memberships };
}

function selectPeople(
  db: Kysely<Tables>,
  { api, search, page }: { api: string; search: string | undefined; page: PageRequest },
) {
  return db
    .selectFrom("person")
    .selectAll()
    .where("api", "=", api)
    .where("deleted_at", "is", null)
    .where(isMeant(search))
    .where(olderThan(page.after, "created_at", "id"))
    .orderBy("created_at", "desc")
    .orderBy("id", "desc")
    .limit(page.limit + 1)
    .execute();
}

function selectPeopleOf(
  db: Kysely<Tables>,
  {
    api,
    accountId,
    search,
    page,
  }: { api: string; accountId: string; search: string | undefined; page: PageRequest },
) {
  return db
    .selectFrom("membership")
    .innerJoin("person", (join) =>
      join.onRef("person.api", "=", "membership.api").onRef("person.id", "=", "membership.user_id"),
    )
    .selectAll("person")
    .where("membership.api", "=", api)
    .where("membership.account_id", "=", accountId)
    .where(isMeant(search))
    .where(olderThan(page.after, "membership.user_created_at", "membership.user_id"))
    .orderBy("membership.user_created_at", "desc")
    .orderBy("membership.user_id", "desc")
    .limit(page.limit + 1)
    .execute();
}

function isMeant(search: string | undefined): RawBuilder<boolean> {
  if (search === undefined) return sql<boolean>`1 = 1`;
  const [name, email] = [holdsText("person.name", search), holdsText("person.email", search)];
  return sql<boolean>`(${name} or ${email} or person.id = ${search})`;
}

async function selectMemberships(
  db: Kysely<Tables>,
  api: string,
  userIds: readonly string[],
): Promise<ReadonlyMap<string, Memberships>> {
  if (userIds.length === 0) return new Map();
  const rows = await db
    .selectFrom("membership")
    .select(["user_id", "account_id", "role"])
    .where("api", "=", api)
    .where("user_id", "in", userIds)
    .orderBy("account_id")
    .execute();
  const groups = Map.groupBy(rows, (row) => row.user_id);
  return new Map(
    [...groups].map(([userId, group]) => [
      userId,
      // Written from a Role by upsertMembership.
      group.map((row) => ({ accountId: row.account_id, role: row.role as Role })),
    ]),
  );
}

async function upsertMembership(
  tx: Transaction,
  person: Selectable<PersonTable>,
  { accountId, role }: { accountId: string; role: Role },
): Promise<void> {
  await tx.db
    .insertInto("membership")
    .values({
      api: person.api,
      user_id: person.id,
      account_id: accountId,
      role,
      user_created_at: person.created_at,
    })
    .onConflict((conflict) =>
      conflict.columns(["api", "user_id", "account_id"]).doUpdateSet({ role }),
    )
    .execute();
}

/** Nothing was inserted: says which of the two unique values was taken; an id stays so for good. */
async function takenUser({ db, context: { api } }: Transaction, id: string): Promise<ApiError> {
  const query = db.selectFrom("person").select("id").where("api", "=", api);
  return (await query.where("id", "=", id).executeTakeFirst()) === undefined
    ? new ApiError("CONFLICT", "A user with this email exists.", { details: { field: "email" } })
    : new ApiError("CONFLICT", "This id is a user's, or was.", { details: { field: "id" } });
}

function toUser(row: Selectable<PersonTable>, memberships: Memberships = []): UserRecord {
  return {
    id: row.id,
    number: row.number,
    name: row.name,
    email: row.email,
    memberships,
    createdAt: row.created_at,
  };
}
