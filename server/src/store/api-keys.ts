import { ApiError, type LimitSpec, type Mode, type Signing } from "@latchkey/engine";
import type { Kysely } from "kysely";
import { lockAccount, selectAccount } from "./accounts.ts";
import type { Ask } from "./ask.ts";
import {
  type CredentialRow,
  endOf,
  parseLimits,
  parseStrings,
  toCredentialState,
} from "./credentials.ts";
import { olderThan, pageOf } from "./paging.ts";
import type { ApiKeyRecord, PageRequest } from "./records.ts";
import type { Tables } from "./schema.ts";
import type { Transaction } from "./transaction.ts";
import { membershipRole } from "./users.ts";

/** The scheme that API keys are stored under; no other scheme accepts them. */
const API_KEY = "api-key";

interface IssueApiKey {
  readonly id: string;
  readonly accountId: string;
  readonly userId: string | null;
  readonly name: string;
  /** SHA-256 of the whole key. */
  readonly digest: Uint8Array;
  readonly prefix: string;
  readonly lastFour: string;
  readonly scopes: readonly string[];
  readonly mode: Mode;
  readonly allowedIps: readonly string[];
  readonly limits: readonly LimitSpec[] | null;
  readonly signing: Signing;
  readonly expiresAt: number | null;
  /** Its own id, unless it continues another key's counters. */
  readonly lineageId: string;
  /** Refuses when the account has so many live keys already. */
  readonly maxLive?: number | undefined;
}

/** What is left out stays as it is. */
interface UpdateApiKey {
  readonly id: string;
  readonly accountId?: string | undefined;
  readonly name?: string | undefined;
  readonly scopes?: readonly string[] | undefined;
  readonly allowedIps?: readonly string[] | undefined;
  readonly limits?: readonly LimitSpec[] | null | undefined;
  readonly expiresAt?: number | null | undefined;
}

/** With `accountId`, keys of any other account do not exist. */
export interface NamedApiKey {
  readonly id: string;
  readonly accountId?: string | undefined;
}

export const apiKeyCommands = {
  /** @throws {ApiError} `INVALID_REQUEST` names the field; `CONFLICT` when `maxLive` is reached. */
  async issueApiKey(tx: Transaction, input: IssueApiKey): Promise<ApiKeyRecord> {
    await checkOwner(tx, input);
    const row = await insertApiKey(tx, {
      account_id: input.accountId,
      user_id: input.userId,
      name: input.name,
      id: input.id,
      digest: input.digest,
      prefix: input.prefix,
      last_four: input.lastFour,
      scopes: JSON.stringify(input.scopes),
      mode: input.mode,
      allowed_ips: JSON.stringify(input.allowedIps),
      limits: input.limits && JSON.stringify(input.limits),
      signing: input.signing,
      expires_at: input.expiresAt,
      lineage_id: input.lineageId,
    });
    const { name, userId, scopes, mode, allowedIps, limits, signing, expiresAt } = input;
    const detail = { name, userId, scopes, mode, allowedIps, limits, signing, expiresAt };
    return recordChanged(tx, row, "api_key.issued", detail);
  },

  /** Writes nothing when nothing differs. @throws {ApiError} `NOT_FOUND`; `CONFLICT` if revoked. */
  async updateApiKey(tx: Transaction, input: UpdateApiKey): Promise<ApiKeyRecord> {
    const before = toApiKey(await lockApiKey(tx, input));
    if (before.revokedAt !== null) throw new ApiError("CONFLICT", "The key is revoked.");
    const { id, accountId: _, ...wanted } = input;
    const detail: Omit<UpdateApiKey, "id" | "accountId"> = Object.fromEntries(
      Object.entries(wanted).filter(
        ([field, value]) =>
          value !== undefined &&
          JSON.stringify(value) !== JSON.stringify(before[field as keyof typeof wanted]),
      ),
    );
    if (Object.keys(detail).length === 0) return before;
    const { name, scopes, allowedIps, limits, expiresAt } = detail;
    const row = await tx.db
      .updateTable("credential")
      .set({
        ...(name === undefined ? {} : { name }),
        ...(scopes === undefined ? {} : { scopes: JSON.stringify(scopes) }),
        ...(allowedIps === undefined ? {} : { allowed_ips: JSON.stringify(allowedIps) }),
        ...(limits === undefined ? {} : { limits: limits && JSON.stringify(limits) }),
        ...(expiresAt === undefined ? {} : { expires_at: expiresAt }),
      })
      .where("api", "=", tx.context.api)
      .where("id", "=", id)
      .returningAll()
      .executeTakeFirstOrThrow();
    return recordChanged(tx, row, "api_key.updated", { ...detail });
  },

  /** Idempotent: revoking twice keeps the first instant. @throws {ApiError} `NOT_FOUND`. */
  async revokeApiKey(tx: Transaction, input: NamedApiKey): Promise<{ revokedAt: number }> {
    const { at } = tx.context;
    const row = await lockApiKey(tx, input);
    if (row.revoked_at !== null) return { revokedAt: row.revoked_at };
    const revoked = { ...row, revoked_at: at };
    await tx.db
      .updateTable("credential")
      .set({ revoked_at: at })
      .where("api", "=", row.api)
      .where("id", "=", row.id)
      .execute();
    recordChanged(tx, revoked, "api_key.revoked", { name: row.name });
    return { revokedAt: at };
  },
} as const;

/** Reading side of API keys. */
export function apiKeyReads(db: Kysely<Tables>, ask: Ask) {
  return {
    find: (api: string, id: string, accountId?: string) =>
      ask(async () => {
        const query = db.selectFrom("credential").selectAll().where("api", "=", api);
        const row = await query.where("id", "=", id).executeTakeFirst();
        return row && isNamed(row, accountId) ? toApiKey(row) : undefined;
      }),
    list: (api: string, filter: { accountId?: string | undefined }, page: PageRequest) =>
      ask(async () => {
        const { accountId } = filter;
        let query = db
          .selectFrom("credential")
          .selectAll()
          .where("api", "=", api)
          .where("scheme", "=", API_KEY);
        if (accountId !== undefined) query = query.where("account_id", "=", accountId);
        const rows = await query
          .where(olderThan(page.after, "created_at", "id"))
          .orderBy("created_at", "desc")
          .orderBy("id", "desc")
          .limit(page.limit + 1)
          .execute();
        return pageOf(rows.map(toApiKey), page, ({ createdAt, id }) => ({ at: createdAt, id }));
      }),
  };
}

/** Reads a key that no other transaction changes before this one ends; else `NOT_FOUND`. */
export async function lockApiKey(
  tx: Transaction,
  { id, accountId }: NamedApiKey,
): Promise<CredentialRow> {
  // `for update` is a syntax error on SQLite; an update that changes nothing locks on both.
  const row = await tx.db
    .updateTable("credential")
    .set((eb) => ({ id: eb.ref("id") }))
    .where("api", "=", tx.context.api)
    .where("id", "=", id)
    .returningAll()
    .executeTakeFirst();
  if (row !== undefined && isNamed(row, accountId)) return row;
  throw new ApiError("NOT_FOUND", "There is no such API key.");
}

/**
 * Whether the row is an API key and, with `accountId`, that account's. Not part of the queries by
 * id: without statistics PostgreSQL would take the index that has the scheme or the account.
 */
function isNamed(row: CredentialRow, accountId: string | undefined): boolean {
  return row.scheme === API_KEY && (accountId === undefined || row.account_id === accountId);
}

type NewApiKey = Omit<
  CredentialRow,
  | "api"
  | "scheme"
  | "material"
  | "successor_id"
  | "rotated_at"
  | "overlap_ends_at"
  | "created_at"
  | "revoked_at"
  | "last_used_at"
>;

/** A taken id or digest rejects: both are random, so that is a bug, not a condition to handle. */
export function insertApiKey(tx: Transaction, key: NewApiKey): Promise<CredentialRow> {
  return tx.db
    .insertInto("credential")
    .values({
      ...key,
      api: tx.context.api,
      scheme: API_KEY,
      material: null,
      successor_id: null,
      rotated_at: null,
      overlap_ends_at: null,
      created_at: tx.context.at,
      revoked_at: null,
      last_used_at: null,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
}

/** Writes the key's new state to the feed, and the deed to the audit trail. */
export function recordChanged(
  tx: Transaction,
  row: CredentialRow,
  type: string,
  detail: Readonly<Record<string, unknown>>,
): ApiKeyRecord {
  tx.event(type, { accountId: row.account_id, credentialId: row.id, detail });
  tx.change("credential", row.id, toCredentialState(row));
  return toApiKey(row);
}

/** The row as everyone may see it. */
export function toApiKey(row: CredentialRow): ApiKeyRecord {
  return {
    id: row.id,
    accountId: row.account_id,
    userId: row.user_id,
    name: row.name,
    prefix: row.prefix,
    lastFour: row.last_four,
    scopes: parseStrings(row.scopes),
    mode: row.mode as Mode,
    allowedIps: parseStrings(row.allowed_ips),
    limits: parseLimits(row.limits),
    signing: row.signing as Signing,
    createdAt: row.created_at,
    expiresAt: endOf(row),
    revokedAt: row.revoked_at,
    rotatedAt: row.rotated_at,
    successorId: row.successor_id,
    lineageId: row.lineage_id,
    lastUsedAt: row.last_used_at,
  };
}

async function checkOwner(
  tx: Transaction,
  { accountId, userId, maxLive }: IssueApiKey,
): Promise<void> {
  const { api, at } = tx.context;
  if ((await selectAccount(tx.db, api, accountId)) === undefined) {
    const details = { field: "accountId" };
    throw new ApiError("INVALID_REQUEST", "There is no such account.", { details });
  }
  if (userId !== null && !(await membershipRole(tx.db, { api, userId, accountId }))) {
    const details = { field: "userId" };
    throw new ApiError("INVALID_REQUEST", "The account has no such user.", { details });
  }
  if (maxLive !== undefined && (await countLive(tx, accountId, at)) >= maxLive) {
    const details = { field: "accountId", max: maxLive };
    throw new ApiError("CONFLICT", `The account has ${maxLive} live keys already.`, { details });
  }
}

async function countLive(tx: Transaction, accountId: string, at: number): Promise<number> {
  // Or two transactions could both count one short of the maximum.
  await lockAccount(tx, accountId);
  const row = await tx.db
    .selectFrom("credential")
    .select((eb) => eb.fn.countAll<number>().as("live"))
    .where("api", "=", tx.context.api)
    .where("account_id", "=", accountId)
    .where("scheme", "=", API_KEY)
    .where("revoked_at", "is", null)
    .where((eb) => eb.or([eb("expires_at", "is", null), eb("expires_at", ">", at)]))
    .where((eb) => eb.or([eb("overlap_ends_at", "is", null), eb("overlap_ends_at", ">", at)]))
    .executeTakeFirstOrThrow();
  return row.live;
}
