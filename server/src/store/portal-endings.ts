import type { Transaction } from "./transaction.ts";

/** Ends what links into the account opened in the user's name, and what they can open yet. */
export async function endPortalSessions(
  tx: Transaction,
  { userId, accountId }: { readonly userId: string; readonly accountId: string },
): Promise<void> {
  await endPortalLinks(tx, userId, accountId);
  const rows = await tx.db
    .deleteFrom("browser_session")
    .where("api", "=", tx.context.api)
    .where("kind", "=", "portal")
    .where("person_id", "=", userId)
    .where("account_id", "=", accountId)
    .returning("id")
    .execute();
  for (const { id } of rows) {
    const detail = { sessionId: id, kind: "portal", personId: userId };
    tx.event("session.ended", { accountId, detail });
  }
}

/** Ends the links that nobody has opened yet, of one account or of all. */
export async function endPortalLinks(
  { db, context }: Transaction,
  userId: string,
  accountId?: string,
): Promise<void> {
  let query = db
    .deleteFrom("portal_link")
    .where("api", "=", context.api)
    .where("user_id", "=", userId)
    .where("opened_at", "is", null);
  if (accountId !== undefined) query = query.where("account_id", "=", accountId);
  await query.execute();
}
