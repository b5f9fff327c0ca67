import { ApiError } from "@latchkey/engine";
import type { Selectable } from "kysely";
import { endAccessTokens } from "./access-tokens.ts";
import { nextNumber } from "./counters.ts";
import { recordChanged } from "./credential-rows.ts";
import { toCredentialState } from "./credentials.ts";
import { lockClient } from "./managed-clients.ts";
import {
  clearEndedTokens,
  endRefreshTokens,
  issuePair,
  type PairDraft,
  type TokenPair,
  takeRefreshToken,
} from "./managed-tokens.ts";
import {
  lockManaged,
  type ManagedProfile,
  type ManagedUserRecord,
  type NamedManagedUser,
  requireFreeEmail,
  takenEmail,
  toManagedUser,
} from "./managed-user-rows.ts";
import type { PersonTable } from "./schema.ts";
import type { Transaction } from "./transaction.ts";

interface OfClient {
  readonly applicationId: string;
}

interface CreateManagedUser extends OfClient {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  readonly profile: ManagedProfile;
  readonly pair: PairDraft;
}

interface UpdateManagedUser extends NamedManagedUser {
  readonly name?: string | undefined;
  readonly email?: string | undefined;
  readonly profile?: Partial<ManagedProfile> | undefined;
}

interface RefreshManagedTokens extends OfClient {
  /** SHA-256 of the refresh token. */
  readonly digest: Uint8Array;
  readonly pair: PairDraft;
}

/** Each rejects with `NOT_FOUND` unless the application is a platform's and lives. */
export const managedUserCommands = {
  /** @throws {ApiError} `CONFLICT` names the number of the user that has the email. */
  async createManagedUser(
    tx: Transaction,
    { applicationId, id, name, email, profile, pair }: CreateManagedUser,
  ): Promise<{ readonly user: ManagedUserRecord; readonly tokens: TokenPair }> {
    const { api, at } = tx.context;
    const client = await lockClient(tx, applicationId);
    await requireFreeEmail(tx, email);
    const person = {
      api,
      id,
      number: await nextNumber(tx.db, { api, name: "user" }),
      name,
      email,
      email_key: email.toLowerCase(),
      password_hash: null,
      created_at: at,
      managed_by: applicationId,
      profile: JSON.stringify(profile),
      deleted_at: null,
      signed_out_at: null,
    };
    const row = await tx.db
      .insertInto("person")
      .values(person)
      .onConflict((conflict) => conflict.columns(["api", "email_key"]).doNothing())
      .returningAll()
      .executeTakeFirst();
    if (row === undefined) throw await takenEmail(tx, email);
    const membership = { accountId: client.accountId, role: "member" } as const;
    await tx.db
      .insertInto("membership")
      .values({
        api,
        user_id: id,
        account_id: client.accountId,
        role: "member",
        user_created_at: at,
      })
      .execute();
    tx.change("user", id, { id, number: row.number, memberships: [membership] });
    recordDeed(tx, "created", row, client.accountId);
    const tokens = await issuePair(tx, client, { user: row, pair });
    return { user: toManagedUser(row), tokens };
  },

  /** Writes nothing when nothing differs. @throws {ApiError} `NOT_FOUND`; `CONFLICT` as above. */
  async updateManagedUser(
    tx: Transaction,
    { applicationId, number, name, email, profile }: UpdateManagedUser,
  ): Promise<ManagedUserRecord> {
    const client = await lockClient(tx, applicationId);
    const row = await lockManaged(tx, { applicationId, number });
    const before = toManagedUser(row);
    const changes = {
      name: name ?? before.name,
      email: email ?? before.email,
      profile: JSON.stringify({ ...before.profile, ...profile }),
    };
    const isSame = Object.entries(changes).every(
      ([column, value]) => row[column as keyof typeof changes] === value,
    );
    if (isSame) return before;
    const emailKey = changes.email.toLowerCase();
    if (emailKey !== row.email_key) await requireFreeEmail(tx, changes.email);
    await tx.db
      .updateTable("person")
      .set({ ...changes, email_key: emailKey })
      .where("api", "=", row.api)
      .where("id", "=", row.id)
      .execute();
    recordDeed(tx, "updated", row, client.accountId);
    return toManagedUser({ ...row, ...changes });
  },

  /**
   * Ends everything the user has and forgets what is known of it but its number. Answers the user as
   * it was. @throws {ApiError} `NOT_FOUND`.
   */
  async deleteManagedUser(tx: Transaction, named: NamedManagedUser): Promise<ManagedUserRecord> {
    const { api, at } = tx.context;
    const client = await lockClient(tx, named.applicationId);
    const row = await lockManaged(tx, named);
    await endRefreshTokens(tx, row.id);
    // Before the keys: whoever issues one for the user waits here, and then finds a stranger.
    await tx.db
      .deleteFrom("membership")
      .where("api", "=", api)
      .where("user_id", "=", row.id)
      .execute();
    await endCredentials(tx, row.id);
    await tx.db
      .updateTable("person")
      .set({ name: null, email: null, email_key: null, profile: null, deleted_at: at })
      .where("api", "=", api)
      .where("id", "=", row.id)
      .execute();
    tx.change("user", row.id, { id: row.id, number: row.number, memberships: [] });
    recordDeed(tx, "deleted", row, client.accountId);
    return toManagedUser(row);
  },

  /**
   * The successors of a refresh token, which is used up; access tokens live on.
   *
   * @throws {ApiError} `INVALID_REQUEST` for a token that is not this client's, or not any more.
   */
  async refreshManagedTokens(
    tx: Transaction,
    { applicationId, digest, pair }: RefreshManagedTokens,
  ): Promise<TokenPair> {
    const client = await lockClient(tx, applicationId);
    const userId = await takeRefreshToken(tx, client, digest);
    if (userId === undefined) throw new ApiError("INVALID_REQUEST", "Invalid refresh token");
    await clearEndedTokens(tx, client, userId);
    const user = await tx.db
      .selectFrom("person")
      .select(["id", "number"])
      .where("api", "=", tx.context.api)
      .where("id", "=", userId)
      .executeTakeFirstOrThrow();
    return issuePair(tx, client, { user, pair });
  },

  /** A new pair, once every earlier token of the user is dead. @throws {ApiError} `NOT_FOUND`. */
  async forceRefreshManagedTokens(
    tx: Transaction,
    { pair, ...named }: NamedManagedUser & { readonly pair: PairDraft },
  ): Promise<TokenPair> {
    const { applicationId } = named;
    const client = await lockClient(tx, applicationId);
    const row = await lockManaged(tx, named);
    await endRefreshTokens(tx, row.id);
    await endAccessTokens(tx, { applicationId, kind: "managed-user", userId: row.id });
    await clearEndedTokens(tx, client, row.id);
    recordDeed(tx, "tokens_replaced", row, client.accountId);
    return issuePair(tx, client, { user: row, pair });
  },
} as const;

/**
 * Keys of every kind, tokens included: nobody acts for a user that is no more. Keys are told of one
 * by one, as whenever one ends.
 */
async function endCredentials(tx: Transaction, userId: string): Promise<void> {
  const { api, at } = tx.context;
  const end = () =>
    tx.db
      .updateTable("credential")
      .set({ revoked_at: at })
      .where("api", "=", api)
      .where("user_id", "=", userId)
      .where("revoked_at", "is", null)
      .returningAll()
      .execute();
  // A rotation for which the first look waited has made another key, which that did not see.
  for (let rows = await end(); rows.length > 0; rows = await end()) {
    for (const row of rows) {
      if (row.token_kind === null) recordChanged(tx, row, "revoked", { name: row.name });
      else tx.change("credential", row.id, toCredentialState(row));
    }
  }
}

/** Says of whom by number and id alone: what the trail keeps must not outlive a deleted user. */
function recordDeed(
  tx: Transaction,
  deed: "created" | "updated" | "deleted" | "tokens_replaced",
  { id: userId, number, managed_by: applicationId }: Selectable<PersonTable>,
  accountId: string,
): void {
  tx.event(`managed_user.${deed}`, { accountId, detail: { userId, number, applicationId } });
}
