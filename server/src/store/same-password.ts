import type { Millis } from "./records.ts";
import type { Transaction } from "./transaction.ts";

interface PasswordLookedAt {
  readonly kind: "operator" | "user";
  readonly personId: string;
  /** What the person's was when the password was looked at; absent: none was. */
  readonly signedOutAt?: Millis | null | undefined;
}

/** Whether the password is the one that was looked at; no other comes before this transaction ends. */
export async function hasSamePassword(
  { db, context: { api } }: Transaction,
  { kind, personId, signedOutAt }: PasswordLookedAt,
): Promise<boolean> {
  if (signedOutAt === undefined) return true;
  // An update that changes nothing locks the row on both databases.
  const row =
    kind === "operator"
      ? await db
          .updateTable("operator_person")
          .set((eb) => ({ id: eb.ref("id") }))
          .where("id", "=", personId)
          .returning("signed_out_at")
          .executeTakeFirst()
      : await db
          .updateTable("person")
          .set((eb) => ({ id: eb.ref("id") }))
          .where("api", "=", api)
          .where("id", "=", personId)
          .returning("signed_out_at")
          .executeTakeFirst();
  return row?.signed_out_at === signedOutAt;
}
