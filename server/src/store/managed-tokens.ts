import { createHmac, hkdfSync } from "node:crypto";
import { secretDigest } from "@latchkey/engine";
import type { Kysely } from "kysely";
import { issueAccessToken } from "./access-tokens.ts";
import type { ManagedClient } from "./managed-clients.ts";
import type { Millis } from "./records.ts";
import type { Tables } from "./schema.ts";
import type { Transaction } from "./transaction.ts";

/** The random parts of a pair of tokens, drawn before the write, and the key that signs both. */
export interface PairDraft {
  readonly signingKey: Uint8Array;
  readonly accessId: string;
  readonly accessJti: string;
  readonly refreshJti: string;
}

/** A new pair: the only copy there will ever be. It leaves the store in an answer, and in no row. */
export interface TokenPair {
  readonly accessToken: string;
  readonly accessTokenExpiresAt: Millis;
  readonly refreshToken: string;
  readonly refreshTokenExpiresAt: Millis;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** The tokens are told apart by digest alone: whoever reads the key can still make none. */
const KEY_PURPOSE = "latchkey managed-user tokens";

/** The key that signs tokens of managed users, from a master key. */
export function managedTokenKey(masterKey: Uint8Array): Uint8Array {
  return new Uint8Array(hkdfSync("sha256", masterKey, "", KEY_PURPOSE, 32));
}

/** Writes a pair for a user and answers it. Runs again with the same outcome. */
export async function issuePair(
  tx: Transaction,
  client: ManagedClient,
  { user, pair }: { readonly user: { id: string; number: number }; readonly pair: PairDraft },
): Promise<TokenPair> {
  const { api, at } = tx.context;
  const { accessTokenExpiresAt, refreshTokenExpiresAt } = lifetimesAt(at);
  const claims = { clientId: client.id, ownerId: user.number, iat: Math.floor(at / 1000) };
  const accessToken = sign(pair.signingKey, {
    ...{ type: "access_token", ...claims },
    ...{ expiresAt: accessTokenExpiresAt, jti: pair.accessJti },
  });
  const refreshToken = sign(pair.signingKey, {
    ...{ type: "refresh_token", ...claims },
    ...{ expiresAt: refreshTokenExpiresAt, jti: pair.refreshJti },
  });
  await issueAccessToken(tx, {
    id: pair.accessId,
    digest: secretDigest(accessToken),
    accountId: client.accountId,
    userId: user.id,
    applicationId: client.id,
    scopes: client.permissions,
    expiresAt: accessTokenExpiresAt,
    kind: "managed-user",
    grantId: null,
    boundKey: null,
    origins: client.redirectUris,
  });
  await tx.db
    .insertInto("managed_refresh_token")
    .values({
      api,
      digest: secretDigest(refreshToken),
      application_id: client.id,
      user_id: user.id,
      created_at: at,
      expires_at: refreshTokenExpiresAt,
    })
    .execute();
  return { accessToken, accessTokenExpiresAt, refreshToken, refreshTokenExpiresAt };
}

/**
 * Takes a refresh token for good, and says whose it was; `undefined` for one that is unknown, used,
 * expired or another client's. Of any number of takers at once one gets it.
 */
export async function takeRefreshToken(
  tx: Transaction,
  client: ManagedClient,
  digest: Uint8Array,
): Promise<string | undefined> {
  const { api, at } = tx.context;
  const taken = await tx.db
    .deleteFrom("managed_refresh_token")
    .where("api", "=", api)
    .where("digest", "=", digest)
    .where("application_id", "=", client.id)
    .where("expires_at", ">", at)
    .returning("user_id")
    .executeTakeFirst();
  return taken?.user_id;
}

/** Ends every refresh token that a user has. */
export async function endRefreshTokens(tx: Transaction, userId: string): Promise<void> {
  await tx.db
    .deleteFrom("managed_refresh_token")
    .where("api", "=", tx.context.api)
    .where("user_id", "=", userId)
    .execute();
}

/**
 * Deletes what a user's access tokens of days past have left. One that ended today is kept: another
 * device of the user that still sends it is to hear that it expired.
 */
export async function clearEndedTokens(
  tx: Transaction,
  client: ManagedClient,
  userId: string,
): Promise<void> {
  const { api, at } = tx.context;
  await tx.db
    .deleteFrom("credential")
    .where("api", "=", api)
    .where("application_id", "=", client.id)
    .where("user_id", "=", userId)
    .where("token_kind", "=", "managed-user")
    .where("expires_at", "<=", at - DAY)
    .execute();
}

/** An hour, down to the minute; a year, down to the start of that day (UTC). */
function lifetimesAt(at: Millis) {
  const accessTokenExpiresAt = Math.floor((at + HOUR) / MINUTE) * MINUTE;
  const now = new Date(at);
  const [year, month, day] = [now.getUTCFullYear() + 1, now.getUTCMonth(), now.getUTCDate()];
  // Day 0 of the next month: a 29 February has its year end on the 28th.
  const lastDay = new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
  return {
    accessTokenExpiresAt,
    refreshTokenExpiresAt: Date.UTC(year, month, Math.min(day, lastDay)),
  };
}

/** A JWT (RFC 7519) under HS256, for programs that look inside; nothing here ever verifies it. */
function sign(key: Uint8Array, claims: Readonly<Record<string, string | number>>): string {
  const input = [{ alg: "HS256", typ: "JWT" }, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
    .join(".");
  return `${input}.${createHmac("sha256", key).update(input).digest("base64url")}`;
}

export const managedTokenCommands = {
  /** Deletes at most `limit` refresh tokens that have expired, and says how many. */
  async forgetRefreshTokens(tx: Transaction, { limit }: { readonly limit: number }) {
    const ended = tx.db
      .selectFrom("managed_refresh_token")
      .select(["api", "digest"])
      .where("expires_at", "<=", tx.context.at)
      .orderBy("expires_at")
      .limit(limit);
    const result = await tx.db
      .deleteFrom("managed_refresh_token")
      .where((eb) => eb(eb.refTuple("api", "digest"), "in", ended.$asTuple("api", "digest")))
      .executeTakeFirst();
    return { forgotten: Number(result.numDeletedRows) };
  },
} as const;

/** Whether there is anything for `forgetRefreshTokens` to do. */
export async function hasExpiredRefreshTokens(db: Kysely<Tables>, at: Millis): Promise<boolean> {
  const query = db
    .selectFrom("managed_refresh_token")
    .select("api")
    .where("expires_at", "<=", at)
    .limit(1);
  return (await query.executeTakeFirst()) !== undefined;
}
