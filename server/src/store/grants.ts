import { ApiError } from "@latchkey/engine";
import type { Kysely, Selectable } from "kysely";
import { endAccessTokens } from "./access-tokens.ts";
import type { Ask } from "./ask.ts";
import { type Ceiling, isUnder, under } from "./ceiling.ts";
import { forgetConsent, rememberConsent } from "./consents.ts";
import { parseStrings } from "./credentials.ts";
import { queueLogoutNotices } from "./logout-notices.ts";
import { byCreation, olderThan, pageOf } from "./paging.ts";
import type { Millis, PageRequest } from "./records.ts";
import type { OAuthGrantTable, Tables } from "./schema.ts";
import type { Transaction } from "./transaction.ts";
import { lockPerson } from "./users.ts";

/** A user's approval of an application. */
export interface GrantRecord {
  readonly id: string;
  readonly userId: string;
  /** The account for which the application acts. */
  readonly accountId: string;
  readonly applicationId: string;
  readonly scopes: readonly string[];
  readonly createdAt: Millis;
  /** When a token was last issued under it. */
  readonly lastUsedAt: Millis | null;
  readonly revokedAt: Millis | null;
  readonly expiresAt: Millis;
}

interface SaveGrant {
  readonly id: string;
  readonly userId: string;
  readonly applicationId: string;
  readonly scopes: readonly string[];
  /** What the user was asked for and left out. */
  readonly refused: readonly string[];
  /** JSON, given back as it is. */
  readonly payload: string;
  readonly expiresAt: Millis;
  /** When the user signed in, of a grant that rests on the sign-in alone: nobody was asked. */
  readonly signedInAt?: Millis | undefined;
}

export const grantCommands = {
  /**
   * Writes a new grant for the first of the user's accounts that is not suspended, or what changed of
   * one that lives, and remembers what the user approved. A revoked one stays as it is, and of a
   * sign-in that a new password has ended nothing comes; the answer says so.
   *
   * @throws {ApiError} `INVALID_REQUEST`: the user has no such account; `NOT_FOUND`: no such user.
   */
  async saveGrant(tx: Transaction, input: SaveGrant): Promise<{ readonly saved: boolean }> {
    const { api, at } = tx.context;
    const { id, userId, applicationId, payload, expiresAt } = input;
    const scopes = JSON.stringify(input.scopes);
    const approval = { ...{ userId, applicationId }, scopes: input.scopes, refused: input.refused };
    const known = await tx.db
      .updateTable("oauth_grant")
      .set((eb) => ({ id: eb.ref("id") }))
      .where("api", "=", api)
      .where("id", "=", id)
      .returningAll()
      .executeTakeFirst();
    if (known !== undefined) {
      if (known.revoked_at !== null) return { saved: false };
      await tx.db
        .updateTable("oauth_grant")
        .set({ scopes, payload, expires_at: expiresAt })
        .where("api", "=", api)
        .where("id", "=", id)
        .execute();
      await rememberConsent(tx, approval);
      return { saved: true };
    }
    const { accountId, signedOutAt } = await lockFirstAccount(tx, userId);
    const { signedInAt = Number.POSITIVE_INFINITY } = input;
    if (signedInAt <= (signedOutAt ?? -1)) return { saved: false };
    if (accountId === undefined) {
      throw new ApiError("INVALID_REQUEST", "The user belongs to no account.");
    }
    const made = await tx.db
      .insertInto("oauth_grant")
      .values({
        api,
        id,
        user_id: userId,
        account_id: accountId,
        application_id: applicationId,
        scopes,
        payload,
        created_at: at,
        last_used_at: null,
        revoked_at: null,
        expires_at: expiresAt,
        sid: null,
      })
      .onConflict((conflict) => conflict.columns(["api", "id"]).doNothing())
      .returning("id")
      .executeTakeFirst();
    // Made in this instant by another: now it is there to be changed.
    if (made === undefined) return grantCommands.saveGrant(tx, input);
    await rememberConsent(tx, approval);
    const detail = { grantId: id, userId, applicationId, scopes: input.scopes };
    tx.event("grant.created", { accountId, detail });
    return { saved: true };
  },

  /**
   * Ends a grant and all that was issued under it, for good; the user is asked again next time, and
   * the application is told unless this is its own deed. Idempotent: revoking twice keeps the first
   * instant. @throws {ApiError} `NOT_FOUND`.
   */
  async revokeGrant(
    tx: Transaction,
    { id, untold = false }: { readonly id: string; readonly untold?: boolean },
  ): Promise<{ readonly revokedAt: Millis }> {
    const { api, at, ceiling } = tx.context;
    // Takes the row first, as whoever issues does: one of the two sees what the other wrote.
    const ended = await tx.db
      .updateTable("oauth_grant")
      .set({ revoked_at: at })
      .where("api", "=", api)
      .where("id", "=", id)
      .where("revoked_at", "is", null)
      .where(under(ceiling, "account_id"))
      .returningAll()
      .executeTakeFirst();
    if (ended === undefined) {
      const before = await selectGrant(tx.db, api, id);
      const isThere = before !== undefined && isUnder(ceiling, before.account_id);
      if (!isThere || before.revoked_at === null)
        throw new ApiError("NOT_FOUND", "There is no such grant.");
      return { revokedAt: before.revoked_at };
    }
    await endIssued(tx, ended);
    if (!untold) await queueLogoutNotices(tx, [noticeOf(ended)]);
    return { revokedAt: at };
  },
} as const;

/** Whoever takes the user out of it waits for this transaction, and ends what it wrote. */
async function lockFirstAccount(tx: Transaction, userId: string) {
  const { api } = tx.context;
  const { signed_out_at: signedOutAt } = await lockPerson(tx, userId);
  const row = await tx.db
    .selectFrom("membership")
    .innerJoin("account", (join) =>
      join
        .onRef("account.api", "=", "membership.api")
        .onRef("account.id", "=", "membership.account_id"),
    )
    .select("account.id")
    .where("membership.api", "=", api)
    .where("membership.user_id", "=", userId)
    .where("account.suspended_at", "is", null)
    .orderBy("account.id")
    .limit(1)
    .executeTakeFirst();
  return { accountId: row?.id, signedOutAt };
}

/** Ends every live grant of a user, or those for one account, and has the applications told. */
export async function revokeGrantsOf(
  tx: Transaction,
  { userId, accountId }: { readonly userId: string; readonly accountId?: string },
): Promise<void> {
  const { api, at } = tx.context;
  let update = tx.db
    .updateTable("oauth_grant")
    .set({ revoked_at: at })
    .where("api", "=", api)
    .where("user_id", "=", userId)
    .where("revoked_at", "is", null);
  if (accountId !== undefined) update = update.where("account_id", "=", accountId);
  const ended = await update.returningAll().execute();
  for (const grant of ended) await endIssued(tx, grant);
  await queueLogoutNotices(tx, ended.map(noticeOf));
}

function noticeOf({ application_id: clientId, user_id: userId, sid }: Selectable<OAuthGrantTable>) {
  return { clientId, userId, sid };
}

/** Ends what was issued under a grant that this transaction has revoked. */
async function endIssued(tx: Transaction, grant: Selectable<OAuthGrantTable>): Promise<void> {
  const { id, account_id: accountId } = grant;
  await endAccessTokens(tx, { grantId: id });
  await endArtifacts(tx, id);
  const { user_id: userId, application_id: applicationId } = grant;
  await forgetConsent(tx, { userId, applicationId });
  tx.event("grant.revoked", { accountId, detail: { grantId: id, userId, applicationId } });
}

/** Refresh tokens stay, used up, until they would have expired: who comes with one can be told. */
async function endArtifacts({ db, context: { api, at } }: Transaction, id: string): Promise<void> {
  await db
    .updateTable("oauth_artifact")
    .set({ consumed_at: at })
    .where("api", "=", api)
    .where("grant_id", "=", id)
    .where("model", "=", "RefreshToken")
    .where("consumed_at", "is", null)
    .execute();
  await db
    .deleteFrom("oauth_artifact")
    .where("api", "=", api)
    .where("grant_id", "=", id)
    .where("model", "!=", "RefreshToken")
    .execute();
}

/** Which grants are wanted; a field left out does not narrow the list. */
export interface GrantFilter {
  readonly accountId?: string | undefined;
  readonly userId?: string | undefined;
  readonly applicationId?: string | undefined;
  /** Those that are neither revoked nor expired at this instant. */
  readonly liveAt?: Millis | undefined;
  readonly ceiling?: Ceiling;
}

/** Reading side of grants. */
export function grantReads(db: Kysely<Tables>, ask: Ask) {
  return {
    find: (api: string, id: string, ceiling?: Ceiling) =>
      ask(async () => {
        const row = await selectGrant(db, api, id);
        return row && isUnder(ceiling, row.account_id) ? toGrant(row) : undefined;
      }),
    /** What `saveGrant` was given, of a grant that is not revoked, for an account not suspended. */
    payload: (api: string, id: string) =>
      ask(async () => {
        const row = await db
          .selectFrom("oauth_grant")
          .innerJoin("account", (join) =>
            join
              .onRef("account.api", "=", "oauth_grant.api")
              .onRef("account.id", "=", "oauth_grant.account_id"),
          )
          .select("oauth_grant.payload")
          .where("oauth_grant.api", "=", api)
          .where("oauth_grant.id", "=", id)
          .where("oauth_grant.revoked_at", "is", null)
          .where("account.suspended_at", "is", null)
          .executeTakeFirst();
        return row?.payload;
      }),
    list: (api: string, filter: GrantFilter, page: PageRequest) =>
      ask(async () => {
        const { accountId, userId, applicationId, liveAt, ceiling } = filter;
        let query = db.selectFrom("oauth_grant").selectAll().where("api", "=", api);
        if (accountId !== undefined) query = query.where("account_id", "=", accountId);
        if (userId !== undefined) query = query.where("user_id", "=", userId);
        if (applicationId !== undefined) query = query.where("application_id", "=", applicationId);
        if (liveAt !== undefined) {
          query = query.where("revoked_at", "is", null).where("expires_at", ">", liveAt);
        }
        const rows = await query
          .where(under(ceiling, "account_id"))
          .where(olderThan(page.after, "created_at", "id"))
          .orderBy("created_at", "desc")
          .orderBy("id", "desc")
          .limit(page.limit + 1)
          .execute();
        return pageOf(rows.map(toGrant), page, byCreation);
      }),
  };
}

function selectGrant(db: Kysely<Tables>, api: string, id: string) {
  return db
    .selectFrom("oauth_grant")
    .selectAll()
    .where("api", "=", api)
    .where("id", "=", id)
    .executeTakeFirst();
}

function toGrant(row: Selectable<OAuthGrantTable>): GrantRecord {
  return {
    id: row.id,
    userId: row.user_id,
    accountId: row.account_id,
    applicationId: row.application_id,
    scopes: parseStrings(row.scopes),
    createdAt: row.created_at,
    lastUsedAt: row.last_used_at,
    revokedAt: row.revoked_at,
    expiresAt: row.expires_at,
  };
}
