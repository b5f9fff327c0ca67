import type { Kysely } from "kysely";
import { issueAccessToken } from "./access-tokens.ts";
import type { Ask } from "./ask.ts";
import { parseStrings, toCredentialState } from "./credentials.ts";
import type { Millis } from "./records.ts";
import { hasSamePassword } from "./same-password.ts";
import type { Tables } from "./schema.ts";
import type { Transaction } from "./transaction.ts";

/** What names an artifact: its kind, and SHA-256 of the kind and the raw id. */
export interface NamedArtifact {
  readonly model: string;
  readonly digest: Uint8Array;
}

/** An artifact that is about to be written; one of the same name is replaced. */
export interface SaveArtifact extends NamedArtifact {
  /** Nothing is written under a grant that is revoked. */
  readonly grantId: string | null;
  /** What ID tokens call the sign-in in which it was granted, where that is known. */
  readonly sid?: string | undefined;
  /** Whose it is, of what is found by its user. */
  readonly userId?: string | undefined;
  /** The user's when their password was looked at: nothing is written once it is another. */
  readonly signedOutAt?: Millis | null | undefined;
  readonly uidDigest: Uint8Array | null;
  readonly userCodeDigest: Uint8Array | null;
  /** JSON without anything that could be presented. */
  readonly payload: string;
  readonly expiresAt: Millis;
  /** It opens the API: requests that carry it are decided by this. */
  readonly token: SaveToken | null;
}

interface SaveToken {
  readonly id: string;
  /** SHA-256 of the whole token. */
  readonly digest: Uint8Array;
  readonly applicationId: string;
  readonly scopes: readonly string[];
  /** The thumbprint of the key to which it is bound (RFC 9449 §6.1). */
  readonly boundKey: string | null;
}

/** An artifact as it was saved, with when it was consumed. */
export interface StoredArtifact {
  readonly digest: Uint8Array;
  readonly payload: string;
  readonly grantId: string | null;
  readonly consumedAt: Millis | null;
}

interface Party {
  readonly accountId: string;
  readonly userId: string | null;
}

interface ApplicationOfToken {
  readonly accountId: string;
  readonly mayHaveTokens: boolean;
  /** What its tokens may do at most. */
  readonly scopes: readonly string[];
}

export const oauthArtifactCommands = {
  /** False, and nothing is written: its grant, the application or the password is none any more. */
  async saveArtifact(tx: Transaction, input: SaveArtifact): Promise<{ readonly saved: boolean }> {
    const { api, at } = tx.context;
    const { model, digest, grantId, token, sid, userId = "", signedOutAt } = input;
    const isSame = await hasSamePassword(tx, { kind: "user", personId: userId, signedOutAt });
    if (!isSame) return { saved: false };
    const isUse = token !== null;
    const application = token === null ? undefined : await applicationOf(tx, token.applicationId);
    if (application?.mayHaveTokens === false) return { saved: false };
    const user = grantId === null ? undefined : await lockLiveGrant(tx, grantId, { isUse, sid });
    if (grantId !== null && user === undefined) return { saved: false };
    if (token !== null) {
      const party = user ?? (application && { accountId: application.accountId, userId: null });
      if (party === undefined) return { saved: false };
      const kind = user === undefined ? "application" : "user";
      const { expiresAt } = input;
      // What was taken from the application since it asked is not granted any more.
      const scopes = token.scopes.filter((name) => application?.scopes.includes(name) !== false);
      await issueAccessToken(tx, {
        ...{ ...token, ...party, scopes, kind, expiresAt, grantId },
        origins: null,
      });
    }
    const columns = {
      grant_id: grantId,
      uid_digest: input.uidDigest,
      user_code_digest: input.userCodeDigest,
      user_id: input.userId ?? null,
      payload: input.payload,
      expires_at: input.expiresAt,
    };
    await tx.db
      .insertInto("oauth_artifact")
      .values({ api, model, digest, ...columns, consumed_at: null, created_at: at })
      .onConflict((conflict) => conflict.columns(["api", "model", "digest"]).doUpdateSet(columns))
      .execute();
    return { saved: true };
  },

  /** Says whether this was the first time, and otherwise when that was. */
  async consumeArtifact(
    tx: Transaction,
    { model, digest }: NamedArtifact,
  ): Promise<{ readonly first: boolean }> {
    const consumed = await tx.db
      .updateTable("oauth_artifact")
      .set({ consumed_at: tx.context.at })
      .where("api", "=", tx.context.api)
      .where("model", "=", model)
      .where("digest", "=", digest)
      .where("consumed_at", "is", null)
      .returning("digest")
      .executeTakeFirst();
    return { first: consumed !== undefined };
  },

  /**
   * Consumes one and saves others in its stead, so that who comes first always gets them. `used`: it
   * was consumed before; `ended`: its grant is revoked. In neither case is anything saved.
   */
  async tradeArtifact(
    tx: Transaction,
    { spent, made }: { readonly spent: NamedArtifact; readonly made: readonly SaveArtifact[] },
  ): Promise<{ readonly outcome: "traded" | "used" | "ended" }> {
    const { first } = await oauthArtifactCommands.consumeArtifact(tx, spent);
    if (!first) return { outcome: "used" };
    for (const artifact of made) {
      const { saved } = await oauthArtifactCommands.saveArtifact(tx, artifact);
      if (!saved) return { outcome: "ended" };
    }
    return { outcome: "traded" };
  },

  /** Deletes it; with `tokenDigest` the access token that it was is revoked too. */
  async removeArtifact(
    tx: Transaction,
    { model, digest, tokenDigest }: NamedArtifact & { readonly tokenDigest: Uint8Array | null },
  ): Promise<void> {
    const { api, at } = tx.context;
    await tx.db
      .deleteFrom("oauth_artifact")
      .where("api", "=", api)
      .where("model", "=", model)
      .where("digest", "=", digest)
      .execute();
    if (tokenDigest === null) return;
    const row = await tx.db
      .updateTable("credential")
      .set({ revoked_at: at })
      .where("api", "=", api)
      .where("digest", "=", tokenDigest)
      .where("token_kind", "is not", null)
      .where("revoked_at", "is", null)
      .returningAll()
      .executeTakeFirst();
    if (row === undefined) return;
    tx.change("credential", row.id, toCredentialState(row));
    const detail = { applicationId: row.application_id };
    tx.event("access_token.revoked", { accountId: row.account_id, credentialId: row.id, detail });
  },

  /** Deletes at most `limit` artifacts that have expired, and says how many it found. */
  async forgetArtifacts(tx: Transaction, { limit }: { readonly limit: number }) {
    const expired = tx.db
      .selectFrom("oauth_artifact")
      .select(["api", "model", "digest"])
      .where("expires_at", "<=", tx.context.at)
      .orderBy("expires_at")
      .limit(limit);
    const result = await tx.db
      .deleteFrom("oauth_artifact")
      .where((eb) =>
        eb(eb.refTuple("api", "model", "digest"), "in", expired.$asTuple("api", "model", "digest")),
      )
      .executeTakeFirst();
    return { forgotten: Number(result.numDeletedRows) };
  },
} as const;

/** Reading side of what authorization servers keep. */
export function oauthArtifactReads(db: Kysely<Tables>, ask: Ask) {
  const select = (api: string, model: string) =>
    db
      .selectFrom("oauth_artifact")
      .select(["digest", "payload", "grant_id", "consumed_at"])
      .where("api", "=", api)
      .where("model", "=", model);
  return {
    find: (api: string, { model, digest }: NamedArtifact) =>
      ask(async () => toStored(await select(api, model).where("digest", "=", digest).execute())),
    findByUid: (api: string, model: string, uidDigest: Uint8Array) =>
      ask(async () =>
        toStored(await select(api, model).where("uid_digest", "=", uidDigest).execute()),
      ),
    findByUserCode: (api: string, model: string, userCodeDigest: Uint8Array) =>
      ask(async () =>
        toStored(await select(api, model).where("user_code_digest", "=", userCodeDigest).execute()),
      ),
    /** What a token may do that nobody has ended, of an account not suspended; else `undefined`. */
    scopesOfToken: (api: string, digest: Uint8Array) =>
      ask(async () => {
        const row = await db
          .selectFrom("credential")
          .innerJoin("account", (join) =>
            join
              .onRef("account.api", "=", "credential.api")
              .onRef("account.id", "=", "credential.account_id"),
          )
          .select("credential.scopes")
          .where("credential.api", "=", api)
          .where("credential.digest", "=", digest)
          .where("credential.revoked_at", "is", null)
          .where("account.suspended_at", "is", null)
          .executeTakeFirst();
        return row && parseStrings(row.scopes);
      }),
  };
}

/** What reading them takes. */
export type OAuthArtifactReads = ReturnType<typeof oauthArtifactReads>;

/** Whether there is anything for `forgetArtifacts` to do; so an idle store writes nothing. */
export async function hasExpiredArtifacts(db: Kysely<Tables>, at: number): Promise<boolean> {
  const query = db
    .selectFrom("oauth_artifact")
    .select("api")
    .where("expires_at", "<=", at)
    .limit(1);
  return (await query.executeTakeFirst()) !== undefined;
}

type ArtifactRow = {
  readonly digest: Uint8Array;
  readonly payload: string;
  readonly grant_id: string | null;
  readonly consumed_at: number | null;
};

function toStored([row]: readonly ArtifactRow[]): StoredArtifact | undefined {
  if (row === undefined) return undefined;
  const { digest, payload, grant_id: grantId, consumed_at: consumedAt } = row;
  return { digest, payload, grantId, consumedAt };
}

/**
 * Holds the grant's row until this transaction ends, so that no revocation comes between the look
 * and the write; `undefined`: it is revoked, expired or none.
 */
async function lockLiveGrant(
  tx: Transaction,
  id: string,
  { isUse, sid }: { readonly isUse: boolean; readonly sid: string | undefined },
): Promise<Party | undefined> {
  const { api, at } = tx.context;
  const row = await tx.db
    .updateTable("oauth_grant")
    .set((eb) => ({
      id: eb.ref("id"),
      ...(isUse && { last_used_at: at }),
      ...(sid !== undefined && { sid }),
    }))
    .where("api", "=", api)
    .where("id", "=", id)
    .where("revoked_at", "is", null)
    .where("expires_at", ">", at)
    .returning(["account_id", "user_id"])
    .executeTakeFirst();
  return row && { accountId: row.account_id, userId: row.user_id };
}

/**
 * The application of a token as far as tokens are concerned; `undefined`: a client that registered
 * itself, or none. It needs no lock: it acts here, so its credential's row is locked, and whoever
 * changes an application takes that row after the application's own. To lock them here in the other
 * order would deadlock.
 */
async function applicationOf(tx: Transaction, id: string): Promise<ApplicationOfToken | undefined> {
  const row = await tx.db
    .selectFrom("application")
    .select(["account_id", "scopes", "status", "deleted_at"])
    .where("api", "=", tx.context.api)
    .where("id", "=", id)
    .executeTakeFirst();
  return (
    row && {
      accountId: row.account_id,
      mayHaveTokens: row.deleted_at === null && row.status !== "rejected",
      scopes: parseStrings(row.scopes),
    }
  );
}
