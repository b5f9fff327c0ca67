import { ApiError } from "@latchkey/engine";
import type { Kysely, Selectable } from "kysely";
import type { Ask } from "./ask.ts";
import { revokeGrantsOf } from "./grants.ts";
import type { OperatorPersonTable } from "./people-schema.ts";
import type { Millis, OperatorRole } from "./records.ts";
import type { PersonTable, Tables } from "./schema.ts";
import { sessionCommands } from "./sessions.ts";
import type { Transaction } from "./transaction.ts";
import { DEPLOYMENT } from "./write-context.ts";

/** Someone who can sign in. A managed user has an application's tokens, and is none of these. */
export interface StoredPerson {
  readonly id: string;
  readonly name: string | null;
  readonly email: string | null;
  /** In PHC format; `null`: this person has no password. */
  readonly passwordHash: string | null;
  /** What was begun before has ended. */
  readonly signedOutAt: Millis | null;
  /** An operator's; `null`: a user's. */
  readonly role: OperatorRole | null;
  /** The APIs that an operator sees; `null`: every one, or a user's. */
  readonly apis: readonly string[] | null;
}

interface NoteSignIn {
  /** `null`: nobody that is known. */
  readonly personId: string | null;
  readonly outcome: "succeeded" | "failed";
  /** Such as `password` and `totp`. */
  readonly methods: readonly string[];
}

interface NewPassword {
  readonly passwordHash: string;
  readonly name?: string | undefined;
  /** The session that sets it, which goes on. */
  readonly session?: string | undefined;
}

type SetPassword = Omit<NewPassword, "name"> & { readonly personId: string };

export const peopleCommands = {
  /** Puts a sign-in, or one that failed, on the trail. */
  async noteSignIn(tx: Transaction, { personId, outcome, methods }: NoteSignIn): Promise<void> {
    tx.event(`sign_in.${outcome}`, { detail: { personId, methods } });
  },

  /** See `writePassword`. @throws {ApiError} `NOT_FOUND`; `UNAUTHORIZED`: the session has ended. */
  async setPassword(tx: Transaction, input: SetPassword): Promise<void> {
    const { personId, passwordHash, session } = input;
    await writePassword(tx, personId, { passwordHash, session });
    if (session !== undefined) await sessionCommands.proveSession(tx, { id: session });
    tx.event("password.set", { detail: { personId } });
  },
} as const;

/**
 * Gives a person a new password, and ends what was begun with the old one: every link that would
 * set another, a user's grants with their tokens, and every sign-in but `session`.
 * @throws {ApiError} `NOT_FOUND`.
 */
export async function writePassword(
  tx: Transaction,
  id: string,
  { passwordHash, name, session }: NewPassword,
): Promise<void> {
  const { api, at } = tx.context;
  const columns = {
    password_hash: passwordHash,
    signed_out_at: at,
    ...(name !== undefined && { name }),
  };
  const isOperator = api === DEPLOYMENT;
  const { numUpdatedRows } = isOperator
    ? await tx.db
        .updateTable("operator_person")
        .set(columns)
        .where("id", "=", id)
        .executeTakeFirstOrThrow()
    : await tx.db
        .updateTable("person")
        .set(columns)
        .where("api", "=", api)
        .where("id", "=", id)
        .where("managed_by", "is", null)
        .where("deleted_at", "is", null)
        .executeTakeFirstOrThrow();
  if (Number(numUpdatedRows) === 0) throw new ApiError("NOT_FOUND", "There is no such person.");
  // An older link must not set the password once more.
  await tx.db
    .deleteFrom("sign_in_link")
    .where("api", "=", api)
    .where("person_id", "=", id)
    .where("used_at", "is", null)
    .execute();
  const kind = isOperator ? "operator" : "user";
  await sessionCommands.endSessions(tx, { kind, personId: id, except: session });
  if (!isOperator) await revokeGrantsOf(tx, { userId: id });
}

/** Reading side of people; `api` is a slug, or `DEPLOYMENT` for operators. */
export function peopleReads(db: Kysely<Tables>, ask: Ask) {
  return {
    find: (api: string, id: string) => ask(() => selectPerson(db, api, { column: "id", is: id })),
    /** Whatever the case of its letters. */
    findByEmail: (api: string, email: string) =>
      ask(() => selectPerson(db, api, { column: "email_key", is: email.toLowerCase() })),
  };
}

async function selectPerson(
  db: Kysely<Tables>,
  api: string,
  { column, is }: { readonly column: "id" | "email_key"; readonly is: string },
): Promise<StoredPerson | undefined> {
  if (api === DEPLOYMENT) {
    const row = await db
      .selectFrom("operator_person")
      .selectAll()
      .where(column, "=", is)
      .executeTakeFirst();
    return row && operatorOf(row);
  }
  const row = await db
    .selectFrom("person")
    .selectAll()
    .where("api", "=", api)
    .where(column, "=", is)
    .where("managed_by", "is", null)
    .where("deleted_at", "is", null)
    .executeTakeFirst();
  return row && userOf(row);
}

function operatorOf(row: Selectable<OperatorPersonTable>): StoredPerson {
  return {
    id: row.id,
    name: row.name,
    email: row.email,
    passwordHash: row.password_hash,
    signedOutAt: row.signed_out_at,
    // Both were written by the commands of operator persons.
    role: row.role as OperatorRole,
    apis: row.apis === null ? null : (JSON.parse(row.apis) as readonly string[]),
  };
}

function userOf(row: Selectable<PersonTable>): StoredPerson {
  return {
    id: row.id,
    name: row.name,
    email: row.email,
    passwordHash: row.password_hash,
    signedOutAt: row.signed_out_at,
    role: null,
    apis: null,
  };
}
