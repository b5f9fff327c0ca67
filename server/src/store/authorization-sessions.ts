import { queueLogoutNotices } from "./logout-notices.ts";
import type { NamedArtifact } from "./oauth-artifacts.ts";
import type { Millis } from "./records.ts";
import type { Transaction } from "./transaction.ts";

/** What an authorization server keeps of a sign-in, as far as it is read here; others have none. */
interface SignInPayload {
  /** By client id. */
  readonly authorizations?: Readonly<Record<string, { readonly sid?: string }>>;
}

interface ReplaceSignIn extends NamedArtifact {
  /** The digest under which it was read. */
  readonly over: Uint8Array;
  readonly userId: string | undefined;
  readonly uidDigest: Uint8Array | null;
  readonly payload: string;
  readonly expiresAt: Millis;
}

export const authorizationSessionCommands = {
  /** Writes what became of a sign-in, under another name if need be. False: it has ended since. */
  async replaceSignIn(
    tx: Transaction,
    { over, model, digest, userId, uidDigest, payload, expiresAt }: ReplaceSignIn,
  ): Promise<{ readonly saved: boolean }> {
    const row = await tx.db
      .updateTable("oauth_artifact")
      .set({
        digest,
        user_id: userId ?? null,
        uid_digest: uidDigest,
        payload,
        expires_at: expiresAt,
      })
      .where("api", "=", tx.context.api)
      .where("model", "=", model)
      .where("digest", "=", over)
      .returning("api")
      .executeTakeFirst();
    return { saved: row !== undefined };
  },
} as const;

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
