import { ApiError } from "@latchkey/engine";
import { lockAccount } from "./accounts.ts";
import { recordChanged } from "./credential-rows.ts";
import { revokeGrantsOf } from "./grants.ts";
import { endPortalSessions } from "./portal-endings.ts";
import type { Millis } from "./records.ts";
import { sessionCommands } from "./sessions.ts";
import type { Transaction } from "./transaction.ts";
import { lockPerson, recordUser } from "./users.ts";

interface NamedMembership {
  readonly userId: string;
  readonly accountId: string;
}

export const membershipRemovalCommands = {
  /**
   * Takes a user out of an account and ends what acts for the user there: keys of every kind, grants
   * and their tokens, portal sessions. Who belongs to no account then is signed out everywhere.
   *
   * @throws {ApiError} `NOT_FOUND`; `CONFLICT` for a managed user in the account of its live
   * application, whose it is to delete.
   */
  async removeMembership(
    tx: Transaction,
    { userId, accountId }: NamedMembership,
  ): Promise<{ readonly revokedAt: Millis }> {
    const { api, at } = tx.context;
    // Accounts before keys: whoever issues one for the user does the same.
    await lockAccount(tx, accountId);
    const row = await lockPerson(tx, userId);
    if (row.managed_by !== null && (await isManaging(tx, accountId, row.managed_by))) {
      throw new ApiError("CONFLICT", "A managed user is deleted by its application.");
    }
    const removed = await tx.db
      .deleteFrom("membership")
      .where("api", "=", api)
      .where("user_id", "=", userId)
      .where("account_id", "=", accountId)
      .returning("role")
      .executeTakeFirst();
    if (removed === undefined) {
      throw new ApiError("NOT_FOUND", "The user does not belong to the account.");
    }
    await revokeGrantsOf(tx, { userId, accountId });
    await revokeKeys(tx, { userId, accountId });
    await endPortalSessions(tx, { userId, accountId });
    const detail = { userId, role: removed.role };
    tx.event("user.membership_removed", { accountId, detail });
    const { memberships } = await recordUser(tx, row);
    if (memberships.length === 0) {
      await sessionCommands.endSessions(tx, { kind: "user", personId: userId });
    }
    return { revokedAt: at };
  },
} as const;

/** Whether the application is this account's and lives. One that is revoked never lives again. */
async function isManaging(
  { db, context: { api } }: Transaction,
  accountId: string,
  applicationId: string,
): Promise<boolean> {
  const row = await db
    .selectFrom("application")
    .select("account_id")
    .where("api", "=", api)
    .where("id", "=", applicationId)
    .where("deleted_at", "is", null)
    .executeTakeFirst();
  return row?.account_id === accountId;
}

async function revokeKeys(tx: Transaction, { userId, accountId }: NamedMembership): Promise<void> {
  const { api, at } = tx.context;
  const revoke = () =>
    tx.db
      .updateTable("credential")
      .set({ revoked_at: at })
      .where("api", "=", api)
      .where("account_id", "=", accountId)
      .where("user_id", "=", userId)
      .where("token_kind", "is", null)
      .where("revoked_at", "is", null)
      .returningAll()
      .execute();
  // A rotation for which the first look waited has made another key, which that did not see.
  for (let rows = await revoke(); rows.length > 0; rows = await revoke()) {
    for (const row of rows) recordChanged(tx, row, "revoked", { name: row.name });
  }
}
