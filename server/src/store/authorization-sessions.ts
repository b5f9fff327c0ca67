import { queueLogoutNotices } from "./logout-notices.ts";
import type { Transaction } from "./transaction.ts";

/** What an authorization server keeps of a sign-in, as far as it is read here; others have none. */
interface SignInPayload {
  /** By client id. */
  readonly authorizations?: Readonly<Record<string, { readonly sid?: string }>>;
}

/**
 * Ends a user's sign-ins at the API's authorization server in every browser, also those that a
 * browser has still to come back for, and has the clients told to whom they led. What was granted
 * stays granted.
 */
export async function endAuthorizationSessions(tx: Transaction, userId: string): Promise<void> {
  const { api } = tx.context;
  const ended = await tx.db
    .deleteFrom("oauth_artifact")
    .where("api", "=", api)
    .where("model", "in", ["Session", "Interaction"])
    .where("user_id", "=", userId)
    .returning("payload")
    .execute();
  for (const { payload } of ended) {
    // Written by the authorization server.
    const { authorizations = {} } = JSON.parse(payload) as SignInPayload;
    const notices = Object.entries(authorizations).flatMap(([clientId, { sid }]) =>
      sid === undefined ? [] : [{ clientId, userId, sid }],
    );
    await queueLogoutNotices(tx, notices);
  }
}
