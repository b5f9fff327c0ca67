import { ApiError, type Mode, type Signing } from "@latchkey/engine";
import type { Kysely } from "kysely";
import { isUnder } from "./ceiling.ts";
import {
  CREDENTIAL_KINDS,
  type KeyringScheme,
  type NamedCredential,
  type WantedCredential,
} from "./credential-kinds.ts";
import {
  type CredentialRow,
  endOf,
  parseIntervals,
  parseLimits,
  parseStrings,
  toCredentialState,
} from "./credentials.ts";
import { parseMaterial, type SecretLife, secretsOf } from "./material.ts";
import type { CredentialRecord, SecretRecord } from "./records.ts";
import type { Tables } from "./schema.ts";
import type { Transaction } from "./transaction.ts";

/**
 * Locks the first key of the lineage that the credential is of. Whoever locks more than one key of a
 * lineage comes here before it locks any, so that two of them cannot wait for each other.
 */
export async function lockLineage(db: Kysely<Tables>, api: string, id: string): Promise<void> {
  await db
    .updateTable("credential")
    .set((eb) => ({ id: eb.ref("id") }))
    .where("api", "=", api)
    .where("id", "=", (eb) =>
      eb
        .selectFrom("credential as named")
        .select("named.lineage_id")
        .where("named.api", "=", api)
        .where("named.id", "=", id),
    )
    .execute();
}

/** Reads a key that no other transaction changes before this one ends; else `NOT_FOUND`. */
export async function lockCredential(
  tx: Transaction,
  named: NamedCredential,
): Promise<CredentialRow> {
  // `for update` is a syntax error on SQLite; an update that changes nothing locks on both.
  const row = await tx.db
    .updateTable("credential")
    .set((eb) => ({ id: eb.ref("id") }))
    .where("api", "=", tx.context.api)
    .where("id", "=", named.id)
    .returningAll()
    .executeTakeFirst();
  const { ceiling } = tx.context;
  if (row !== undefined && isNamed(row, { ...named, ceiling })) return row;
  throw new ApiError("NOT_FOUND", `There is no such ${CREDENTIAL_KINDS[named.scheme].noun}.`);
}

/**
 * Whether the row is of the kind, under the ceiling and, with `accountId`, that account's. Not part
 * of the queries by id: without statistics PostgreSQL would take the index that has the scheme or
 * the account.
 */
export function isNamed(
  row: CredentialRow,
  { scheme, accountId, ceiling }: Omit<WantedCredential, "id">,
): boolean {
  const isOwn = accountId === undefined || row.account_id === accountId;
  return row.scheme === scheme && isOwn && isUnder(ceiling, row.account_id);
}

/** What the writer of a new row decides; the rest begins as it does for every credential. */
export type NewCredential = Omit<
  CredentialRow,
  | "api"
  | "successor_id"
  | "rotated_at"
  | "overlap_ends_at"
  | "brown_outs"
  | "generation"
  | "created_at"
  | "revoked_at"
  | "last_used_at"
  | "grant_id"
  | "token_kind"
  | "bound_key"
  | "origins"
>;

const NO_TOKEN = { grant_id: null, token_kind: null, bound_key: null, origins: null } as const;

/**
 * Writes a new row. `undefined` when its handle or an id that was brought is taken; what is random
 * and taken rejects: that is a bug, not a condition to handle.
 */
export function insertCredential(
  tx: Transaction,
  credential: NewCredential,
): Promise<CredentialRow | undefined> {
  const insert = tx.db.insertInto("credential").values({
    ...credential,
    api: tx.context.api,
    successor_id: null,
    rotated_at: null,
    overlap_ends_at: null,
    brown_outs: "[]",
    generation: 1,
    created_at: tx.context.at,
    revoked_at: null,
    last_used_at: null,
    ...NO_TOKEN,
  });
  const isOpen = credential.handle !== null;
  return (isOpen ? insert.onConflict((conflict) => conflict.doNothing()) : insert)
    .returningAll()
    .executeTakeFirst();
}

type ChangedColumns = Partial<
  Pick<
    CredentialRow,
    | "name"
    | "scopes"
    | "allowed_ips"
    | "limits"
    | "expires_at"
    | "revoked_at"
    | "successor_id"
    | "rotated_at"
    | "overlap_ends_at"
    | "brown_outs"
    | "material"
    | "generation"
    | "digest"
  >
>;

/** Changes columns of a row that is locked, and answers the row as it is then. */
export async function changeColumns(
  tx: Transaction,
  row: CredentialRow,
  columns: ChangedColumns,
): Promise<CredentialRow> {
  await tx.db
    .updateTable("credential")
    .set(columns)
    .where("api", "=", row.api)
    .where("id", "=", row.id)
    .execute();
  return { ...row, ...columns };
}

/** Writes the key's new state to the feed, and the deed to the audit trail under its kind. */
export function recordChanged(
  tx: Transaction,
  row: CredentialRow,
  deed: string,
  detail: Readonly<Record<string, unknown>>,
): CredentialRecord {
  const { event } = CREDENTIAL_KINDS[row.scheme as KeyringScheme];
  tx.event(`${event}.${deed}`, { accountId: row.account_id, credentialId: row.id, detail });
  tx.change("credential", row.id, toCredentialState(row));
  return toCredential(row);
}

/** The row as everyone may see it. */
export function toCredential(row: CredentialRow): CredentialRecord {
  const material = parseMaterial(row.material);
  return {
    id: row.id,
    accountId: row.account_id,
    userId: row.user_id,
    name: row.name,
    handle: row.handle,
    prefix: row.prefix,
    lastFour: row.last_four,
    scopes: parseStrings(row.scopes),
    mode: row.mode as Mode,
    allowedIps: parseStrings(row.allowed_ips),
    limits: parseLimits(row.limits),
    signing: row.signing as Signing,
    publicKey: material?.kind === "public-key" ? withoutKind(material) : null,
    secrets: secretsOf(material).map(toSecret),
    createdAt: row.created_at,
    expiresAt: endOf(row),
    revokedAt: row.revoked_at,
    rotatedAt: row.rotated_at,
    successorId: row.successor_id,
    lineageId: row.lineage_id,
    brownOuts: parseIntervals(row.brown_outs),
    lastUsedAt: row.last_used_at,
  };
}

function withoutKind<Material extends { readonly kind: string }>({ kind: _, ...rest }: Material) {
  return rest;
}

function toSecret({ id, createdAt, endsAt, brownOuts = [] }: SecretLife): SecretRecord {
  return { id, createdAt, endsAt, brownOuts };
}
