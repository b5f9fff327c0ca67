import { ApiError } from "@latchkey/engine";
import type { Kysely, Selectable } from "kysely";
import type { Ask } from "./ask.ts";
import type { Millis } from "./records.ts";
import type { PersonTable, Tables } from "./schema.ts";
import type { Transaction } from "./transaction.ts";

/** What the API's document says of a managed user beside name and email. */
export interface ManagedProfile {
  readonly timeFormat: 12 | 24;
  readonly weekStart: string;
  readonly timeZone: string | null;
  readonly locale: string;
  readonly avatarUrl: string | null;
  readonly bio: string | null;
  readonly metadata: Readonly<Record<string, string | number | boolean>>;
}

/** A user that a platform's application made and owns. */
export interface ManagedUserRecord {
  readonly id: string;
  /** Unique in its API, over users of every kind. */
  readonly number: number;
  readonly applicationId: string;
  readonly name: string;
  readonly email: string;
  readonly profile: ManagedProfile;
  readonly createdAt: Millis;
}

/** One of a client's users. */
export interface NamedManagedUser {
  readonly applicationId: string;
  readonly number: number;
}

/** Which of a client's users are wanted. */
export interface ManagedUserPage {
  readonly offset: number;
  readonly limit: number;
  /** Those with one of these emails, whatever the case of their letters. */
  readonly emails?: readonly string[] | undefined;
}

/** Reading side of managed users. */
export function managedUserReads(db: Kysely<Tables>, ask: Ask) {
  const rowsOf = (api: string) =>
    db.selectFrom("person").selectAll().where("api", "=", api).where("deleted_at", "is", null);
  return {
    find: (api: string, applicationId: string, number: number) =>
      ask(async () => {
        const query = rowsOf(api).where("number", "=", number);
        const row = await query.executeTakeFirst();
        return row?.managed_by === applicationId ? toManagedUser(row) : undefined;
      }),
    findById: (api: string, id: string) =>
      ask(async () => {
        const row = await rowsOf(api).where("id", "=", id).executeTakeFirst();
        return row === undefined || row.managed_by === null ? undefined : toManagedUser(row);
      }),
    /** From the first one made to the last. */
    list: (api: string, applicationId: string, { offset, limit, emails }: ManagedUserPage) =>
      ask(async () => {
        // PostgreSQL knows no empty list.
        if (emails?.length === 0) return [];
        let query = rowsOf(api).where("managed_by", "=", applicationId);
        if (emails !== undefined) {
          query = query.where("email_key", "in", [...emails.map((email) => email.toLowerCase())]);
        }
        const rows = await query.orderBy("number").offset(offset).limit(limit).execute();
        return rows.map(toManagedUser);
      }),
  };
}

/** Reads one of a client's users that no other transaction changes. @throws {ApiError} `NOT_FOUND`. */
export async function lockManaged(
  tx: Transaction,
  { applicationId, number }: NamedManagedUser,
): Promise<Selectable<PersonTable>> {
  const row = await tx.db
    .updateTable("person")
    .set((eb) => ({ id: eb.ref("id") }))
    .where("api", "=", tx.context.api)
    .where("number", "=", number)
    .where("managed_by", "=", applicationId)
    .where("deleted_at", "is", null)
    .returningAll()
    .executeTakeFirst();
  if (row === undefined) throw foreignUser(number);
  return row;
}

/** The refusal of a user that is not one of the client's, in the words of the API's document. */
export function foreignUser(number: number): ApiError {
  const message = `User with ID ${number} is not part of this OAuth client.`;
  return new ApiError("NOT_FOUND", message);
}

/** @throws {ApiError} `CONFLICT` names the number of the user that has the email. */
export async function requireFreeEmail(tx: Transaction, email: string): Promise<void> {
  const taken = await selectByEmail(tx, email);
  if (taken !== undefined) throw emailConflict(taken.number);
}

/** The refusal of an email that another write has taken meanwhile. */
export async function takenEmail(tx: Transaction, email: string): Promise<ApiError> {
  return emailConflict((await selectByEmail(tx, email))?.number);
}

function selectByEmail({ db, context: { api } }: Transaction, email: string) {
  return db
    .selectFrom("person")
    .select("number")
    .where("api", "=", api)
    .where("email_key", "=", email.toLowerCase())
    .executeTakeFirst();
}

/** Emails hold the client's id: who has this one is as good as the client's own. */
function emailConflict(number: number | undefined): ApiError {
  const message = `User with the provided e-mail already exists. Existing user ID=${number}`;
  return new ApiError("CONFLICT", message, { details: { field: "email" } });
}

/** The row as its application may see it. */
export function toManagedUser(row: Selectable<PersonTable>): ManagedUserRecord {
  return {
    id: row.id,
    number: row.number,
    // Present together in every row that an application manages and that is not deleted.
    applicationId: row.managed_by ?? "",
    name: row.name ?? "",
    email: row.email ?? "",
    profile: JSON.parse(row.profile ?? "{}") as ManagedProfile,
    createdAt: row.created_at,
  };
}
