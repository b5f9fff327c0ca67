import { ApiError } from "@latchkey/engine";
import type { Kysely, Selectable } from "kysely";
import type { Ask } from "./ask.ts";
import { holdFeed } from "./changes.ts";
import { byCreation, olderThan, pageOf } from "./paging.ts";
import type { OperatorPersonTable } from "./people-schema.ts";
import type { Millis, PageRequest } from "./records.ts";
import type { Tables } from "./schema.ts";
import { sessionCommands } from "./sessions.ts";
import type { Transaction } from "./transaction.ts";

/** What a person who runs the installation may do. */
export const PERSON_ROLES = ["viewer", "admin", "owner"] as const;
export type PersonRole = (typeof PERSON_ROLES)[number];

/** A person who runs the installation. */
export interface OperatorPersonRecord {
  readonly id: string;
  readonly email: string;
  readonly name: string;
  readonly role: PersonRole;
  /** `null`: every API. */
  readonly apis: readonly string[] | null;
  /** Whether the invitation was taken up. */
  readonly active: boolean;
  readonly createdAt: Millis;
}

interface NewOperatorPerson {
  readonly id: string;
  readonly email: string;
  readonly name: string;
  readonly role: PersonRole;
  readonly apis: readonly string[] | null;
  readonly passwordHash: string | null;
}

interface UpdateOperatorPerson {
  readonly id: string;
  readonly name?: string | undefined;
  readonly role?: PersonRole | undefined;
  readonly apis?: readonly string[] | null | undefined;
}

/** All commands run in the context of the deployment. */
export const operatorPersonCommands = {
  /** @throws {ApiError} `CONFLICT`: the e-mail is taken. */
  async createOperatorPerson(
    tx: Transaction,
    input: NewOperatorPerson,
  ): Promise<OperatorPersonRecord> {
    const { id, email, name, role, apis } = input;
    // Whoever sets up must see that there is somebody.
    await holdFeed(tx.db, tx.context.api);
    const row = await tx.db
      .insertInto("operator_person")
      .values({
        ...{ id, email, name, role, apis: apis && JSON.stringify(apis) },
        ...{ email_key: email.toLowerCase(), password_hash: input.passwordHash },
        ...{ created_at: tx.context.at, signed_out_at: null },
      })
      .onConflict((conflict) => conflict.column("email_key").doNothing())
      .returningAll()
      .executeTakeFirst();
    if (row === undefined) {
      const details = { field: "email" };
      throw new ApiError("CONFLICT", "An operator with this email exists.", { details });
    }
    tx.event("operator.created", { detail: { personId: id, email, role, apis } });
    return toOperatorPerson(row);
  },

  /**
   * Writes nothing when nothing differs. @throws {ApiError} `NOT_FOUND`; `CONFLICT`: no owner of every
   * API would be left.
   */
  async updateOperatorPerson(
    tx: Transaction,
    { id, name, role, apis }: UpdateOperatorPerson,
  ): Promise<OperatorPersonRecord> {
    const before = await lockAll(tx, id);
    const wanted = {
      name: name ?? before.name,
      role: role ?? before.role,
      apis: apis === undefined ? before.apis : apis && JSON.stringify(apis),
    };
    const isSame = Object.entries(wanted).every(
      ([column, value]) => before[column as keyof typeof wanted] === value,
    );
    if (isSame) return toOperatorPerson(before);
    const row = await tx.db
      .updateTable("operator_person")
      .set(wanted)
      .where("id", "=", id)
      .returningAll()
      .executeTakeFirstOrThrow();
    await requireOwner(tx, before);
    const person = toOperatorPerson(row);
    const detail = { personId: id, name: person.name, role: person.role, apis: person.apis };
    tx.event("operator.updated", { detail });
    return person;
  },

  /**
   * Forgets the person with all factors, links and sessions.
   * @throws {ApiError} `NOT_FOUND`; `CONFLICT`: no owner of every API would be left.
   */
  async removeOperatorPerson(tx: Transaction, { id }: { readonly id: string }): Promise<void> {
    const { api } = tx.context;
    const before = await lockAll(tx, id);
    for (const table of ["totp", "recovery_code", "passkey", "sign_in_link"] as const) {
      await tx.db.deleteFrom(table).where("api", "=", api).where("person_id", "=", id).execute();
    }
    await tx.db.deleteFrom("operator_person").where("id", "=", id).execute();
    await requireOwner(tx, before);
    await sessionCommands.endSessions(tx, { kind: "operator", personId: id });
    tx.event("operator.removed", { detail: { personId: id } });
  },
} as const;

/** Holds every operator until this transaction ends: two who leave must not both be the last but one. */
async function lockAll({ db }: Transaction, id: string): Promise<Selectable<OperatorPersonTable>> {
  const rows = await db
    .updateTable("operator_person")
    .set((eb) => ({ id: eb.ref("id") }))
    .where("id", "in", (eb) => eb.selectFrom("operator_person").select("id").orderBy("id"))
    .returningAll()
    .execute();
  const row = rows.find((one) => one.id === id);
  if (row === undefined) throw new ApiError("NOT_FOUND", "There is no such operator.");
  return row;
}

/** One must be left, and one who can sign in, where the person was one who could. */
async function requireOwner(
  { db }: Transaction,
  before: Selectable<OperatorPersonTable>,
): Promise<void> {
  if (!isOwner(before)) return;
  const left = await db.selectFrom("operator_person").selectAll().execute();
  const canStandIn = (row: Selectable<OperatorPersonTable>) =>
    isOwner(row) && (before.password_hash === null || row.password_hash !== null);
  if (left.some(canStandIn)) return;
  throw new ApiError("CONFLICT", "There must be an owner of every API; make another one first.");
}

function isOwner({ role, apis }: Selectable<OperatorPersonTable>): boolean {
  return role === "owner" && apis === null;
}

/** Reading side of operators who are persons. */
export function operatorPersonReads(db: Kysely<Tables>, ask: Ask) {
  return {
    list: (page: PageRequest) =>
      ask(async () => {
        const rows = await db
          .selectFrom("operator_person")
          .selectAll()
          .where(olderThan(page.after, "created_at", "id"))
          .orderBy("created_at", "desc")
          .orderBy("id", "desc")
          .limit(page.limit + 1)
          .execute();
        const people = rows.map(toOperatorPerson);
        return pageOf(people, page, byCreation);
      }),
  };
}

/** Whether anybody has set the installation up. */
export async function isAnyOperator(db: Kysely<Tables>): Promise<boolean> {
  const query = db.selectFrom("operator_person").select("id").limit(1);
  return (await query.executeTakeFirst()) !== undefined;
}

function toOperatorPerson(row: Selectable<OperatorPersonTable>): OperatorPersonRecord {
  return {
    id: row.id,
    email: row.email,
    name: row.name,
    // Both were written by the commands above.
    role: row.role as PersonRole,
    apis: row.apis === null ? null : (JSON.parse(row.apis) as readonly string[]),
    active: row.password_hash !== null,
    createdAt: row.created_at,
  };
}
