import type { AccessTokenState } from "@latchkey/engine";
import type { Kysely } from "kysely";
import { sql } from "kysely";
import { parseStrings, toCredentialState } from "./credentials.ts";
import type { Millis } from "./records.ts";
import type { Tables } from "./schema.ts";
import type { Transaction } from "./transaction.ts";

/** An access token that is about to be written. */
export interface NewAccessToken extends AccessTokenState {
  readonly id: string;
  /** SHA-256 of the whole token. */
  readonly digest: Uint8Array;
  readonly accountId: string;
  /** `null`: it is the application's own. */
  readonly userId: string | null;
  readonly applicationId: string;
  readonly scopes: readonly string[];
  readonly expiresAt: Millis;
}

/** Which access tokens: those to which every member that is given applies. */
export type AccessTokensOf =
  | { readonly grantId: string }
  | {
      readonly applicationId: string;
      readonly kind?: AccessTokenState["kind"];
      readonly userId?: string;
      /** As they stand in the row. */
      readonly scopes?: string;
    };

/** What may change of access tokens while they live. */
export interface AccessTokenChange {
  readonly scopes?: readonly string[] | undefined;
  readonly origins?: readonly string[] | null | undefined;
}

/** The scheme by which requests present them. */
const SCHEME = "access-token";

/** How long a token is remembered after its end, so that it is told to be expired, not unknown. */
const REMEMBERED_MILLIS = 30 * 86_400_000;

/**
 * An application may have hundreds of thousands, one for each user. In one statement they would take
 * longer than PostgreSQL is waited for.
 */
const ROWS_PER_STATEMENT = 500;

/**
 * Writes a token, without change record and event: nobody can have asked for it before. A taken id
 * or digest rejects: both are random, so that is a bug.
 */
export async function issueAccessToken(tx: Transaction, token: NewAccessToken): Promise<void> {
  const { api, at } = tx.context;
  await tx.db
    .insertInto("credential")
    .values({
      api,
      id: token.id,
      scheme: SCHEME,
      account_id: token.accountId,
      user_id: token.userId,
      name: "Access token",
      handle: null,
      digest: token.digest,
      material: null,
      prefix: "",
      last_four: "",
      scopes: JSON.stringify(token.scopes),
      mode: "live",
      allowed_ips: "[]",
      limits: null,
      signing: "off",
      lineage_id: token.id,
      successor_id: null,
      rotated_at: null,
      overlap_ends_at: null,
      brown_outs: "[]",
      generation: 1,
      created_at: at,
      expires_at: token.expiresAt,
      revoked_at: null,
      last_used_at: null,
      application_id: token.applicationId,
      grant_id: token.grantId,
      token_kind: token.kind,
      bound_key: token.boundKey,
      origins: token.origins && JSON.stringify(token.origins),
    })
    .execute();
}

/** Ends live tokens for good, each with a change record, and says how many there were. */
export function endAccessTokens(tx: Transaction, which: AccessTokensOf): Promise<number> {
  return updateLive(tx, which, { revoked_at: tx.context.at });
}

/** Changes live tokens, each with a change record, and says how many there were. */
export function changeAccessTokens(
  tx: Transaction,
  which: AccessTokensOf,
  { scopes, origins }: AccessTokenChange,
): Promise<number> {
  return updateLive(tx, which, {
    ...(scopes !== undefined && { scopes: JSON.stringify(scopes) }),
    ...(origins !== undefined && { origins: origins && JSON.stringify(origins) }),
  });
}

/** Takes scopes from an application's live tokens, managed users' apart, each with a change record. */
export async function narrowAccessTokens(
  tx: Transaction,
  applicationId: string,
  removed: readonly string[],
): Promise<void> {
  for (const kind of ["user", "application"] as const) {
    // There are few kinds of tokens, however many there are.
    const different = await selectLive(tx, { applicationId, kind })
      .select("scopes")
      .distinct()
      .execute();
    for (const { scopes } of different) {
      const left = parseStrings(scopes).filter((name) => !removed.includes(name));
      const columns = { scopes: JSON.stringify(left) };
      if (columns.scopes !== scopes) await updateLive(tx, { applicationId, kind, scopes }, columns);
    }
  }
}

type LiveColumns = { revoked_at: number } | { scopes?: string; origins?: string | null };

async function updateLive(
  tx: Transaction,
  which: AccessTokensOf,
  columns: LiveColumns,
): Promise<number> {
  if (Object.keys(columns).length === 0) return 0;
  // Who issues waits for whoever ends, or was seen here: there are no others to come.
  const live = await selectLive(tx, which).select("id").execute();
  const ids = live.map(({ id }) => id);
  let changed = 0;
  for (let from = 0; from < ids.length; from += ROWS_PER_STATEMENT) {
    const rows = await tx.db
      .updateTable("credential")
      .set(columns)
      .where("api", "=", tx.context.api)
      .where("id", "in", ids.slice(from, from + ROWS_PER_STATEMENT))
      .where("revoked_at", "is", null)
      .returningAll()
      .execute();
    for (const row of rows) tx.change("credential", row.id, toCredentialState(row));
    changed += rows.length;
  }
  return changed;
}

function selectLive({ db, context: { api, at } }: Transaction, which: AccessTokensOf) {
  let query = db
    .selectFrom("credential")
    .where("api", "=", api)
    .where("token_kind", "is not", null)
    .where("revoked_at", "is", null)
    .where("expires_at", ">", at);
  if ("grantId" in which) {
    query = query.where("grant_id", "=", which.grantId);
  } else {
    const { applicationId, kind, userId, scopes } = which;
    query = query.where("application_id", "=", applicationId);
    if (kind !== undefined) query = query.where("token_kind", "=", kind);
    if (userId !== undefined) query = query.where("user_id", "=", userId);
    if (scopes !== undefined) query = query.where("scopes", "=", scopes);
  }
  return query;
}

export const accessTokenCommands = {
  /** Deletes at most `limit` tokens that ended so long ago that nobody may ask, and says how many. */
  async forgetAccessTokens(tx: Transaction, { limit }: { readonly limit: number }) {
    const ended = tx.db
      .selectFrom("credential")
      .select(["api", "id"])
      .where("token_kind", "is not", null)
      .where("expires_at", "<=", tx.context.at - REMEMBERED_MILLIS)
      .orderBy("expires_at")
      .limit(limit);
    const result = await tx.db
      .deleteFrom("credential")
      .where((eb) => eb(eb.refTuple("api", "id"), "in", ended.$asTuple("api", "id")))
      .executeTakeFirst();
    return { forgotten: Number(result.numDeletedRows) };
  },
} as const;

/** Whether there is anything for `forgetAccessTokens` to do; so an idle store writes nothing. */
export async function hasForgettableTokens(db: Kysely<Tables>, at: number): Promise<boolean> {
  const query = db
    .selectFrom("credential")
    .select(sql<number>`1`.as("one"))
    .where("token_kind", "is not", null)
    .where("expires_at", "<=", at - REMEMBERED_MILLIS)
    .limit(1);
  return (await query.executeTakeFirst()) !== undefined;
}
