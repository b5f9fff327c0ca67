import { ApiError, type IssuerKeysState } from "@latchkey/engine";
import { type Kysely, sql } from "kysely";
import type { Ask } from "./ask.ts";
import type { Millis } from "./records.ts";
import type { Tables } from "./schema.ts";
import type { Transaction } from "./transaction.ts";

/** An API's own key pair; `sealed` is the private key in PKCS#8, for `issuerKeyPlace`. */
export interface IssuerKeyRecord extends NewIssuerKey {
  /** `next` is published before it signs, `retired` until what it signed has expired. */
  readonly status: "next" | "current" | "retired";
  readonly createdAt: Millis;
  readonly retiredAt: Millis | null;
}

/** A key pair that is about to be written. */
export interface NewIssuerKey {
  readonly id: string;
  /** As in a JWT's header. */
  readonly algorithm: string;
  /** JWK as JSON. */
  readonly publicKey: string;
  readonly sealed: Uint8Array;
}

/** A sealed private key of any API, whether a policy has that API at present or not. */
export interface SealedIssuerKey {
  readonly api: string;
  readonly id: string;
  readonly sealed: Uint8Array;
}

interface RotateIssuerKeys {
  /** One for each algorithm: what will be published, and sign after the next rotation. */
  readonly successors: readonly NewIssuerKey[];
  /** For how long the keys that sign next must have been published. */
  readonly publishedMillis: number;
  /** For how long a retired key is still published. */
  readonly retiredMillis: number;
}

/** Where a private key is sealed. */
export function issuerKeyPlace(api: string, id: string) {
  return { table: "issuer_key", column: "sealed", api, row: id } as const;
}

export const issuerKeyCommands = {
  /** Adds the key unless there is one of its algorithm and status: another node was faster then. */
  async addIssuerKey(
    tx: Transaction,
    key: NewIssuerKey & { readonly status: "next" | "current" },
  ): Promise<void> {
    if (await insertKey(tx, key)) await publish(tx);
  },

  /**
   * Has the keys that were published as `next` sign from now on, and publishes others in their
   * place. @throws {ApiError} `CONFLICT`: they have not been published for long enough.
   */
  async rotateIssuerKeys(tx: Transaction, input: RotateIssuerKeys): Promise<void> {
    const { successors, publishedMillis, retiredMillis } = input;
    const { api, at } = tx.context;
    const keys = tx.db.updateTable("issuer_key").where("api", "=", api);
    // Of two who rotate at once the second waits here, and then sees what the first one did.
    await keys.set((eb) => ({ id: eb.ref("id") })).execute();
    await tx.db
      .deleteFrom("issuer_key")
      .where("api", "=", api)
      .where("retired_at", "<=", at - retiredMillis)
      .execute();
    for (const successor of successors) {
      const { algorithm } = successor;
      const ofKind = keys.where("algorithm", "=", algorithm);
      await ofKind
        .set({ status: "retired", retired_at: at })
        .where("status", "=", "current")
        .execute();
      const promoted = await ofKind
        .set({ status: "current" })
        .where("status", "=", "next")
        .where("created_at", "<=", at - publishedMillis)
        .returning("id")
        .executeTakeFirst();
      if (promoted === undefined) {
        const seconds = publishedMillis / 1000;
        throw new ApiError(
          "CONFLICT",
          `The next key has been published for less than ${seconds} seconds. Wait, or send force.`,
        );
      }
      await insertKey(tx, { ...successor, status: "next" });
    }
    tx.event("issuer_key.rotated", { detail: { next: successors.map(({ id }) => id) } });
    await publish(tx);
  },

  /** Replaces the sealed private key: the same one under the newest master key. */
  async resealIssuerKey(
    tx: Transaction,
    { id, sealed }: { readonly id: string; readonly sealed: Uint8Array },
  ): Promise<void> {
    await tx.db
      .updateTable("issuer_key")
      .set({ sealed })
      .where("api", "=", tx.context.api)
      .where("id", "=", id)
      .execute();
  },
} as const;

async function insertKey(
  tx: Transaction,
  { id, algorithm, status, publicKey, sealed }: NewIssuerKey & { status: "next" | "current" },
): Promise<boolean> {
  const { api, at } = tx.context;
  const named = { api, id, algorithm, status };
  const added = await tx.db
    .insertInto("issuer_key")
    .values({ ...named, public_key: publicKey, sealed, created_at: at, retired_at: null })
    .onConflict((conflict) => conflict.doNothing())
    .returning("id")
    .executeTakeFirst();
  if (added === undefined) return false;
  tx.event("issuer_key.added", { detail: { id, algorithm, status } });
  return true;
}

/** Tells everyone who verifies which keys there are now. */
async function publish(tx: Transaction): Promise<void> {
  const { api } = tx.context;
  tx.change("issuer_keys", api, toIssuerKeysState(await selectKeys(tx.db, api)));
}

/** What verifying takes of the keys: their public halves. */
export function toIssuerKeysState(keys: readonly IssuerKeyRecord[]): IssuerKeysState {
  return { keys: keys.map(({ id, publicKey }) => ({ id, publicKey: JSON.parse(publicKey) })) };
}

/** Reading side of issuer keys. */
export function issuerKeyReads(db: Kysely<Tables>, ask: Ask) {
  return {
    list: (api: string) => ask(() => selectKeys(db, api)),

    /** Keys of all APIs in one order, after `after`. */
    sealed: (after: SealedIssuerKey | undefined, limit: number) =>
      ask(async (): Promise<readonly SealedIssuerKey[]> => {
        const { api, id } = after ?? { api: "", id: "" };
        return db
          .selectFrom("issuer_key")
          .select(["api", "id", "sealed"])
          .where(sql<boolean>`(api, id) > (${api}, ${id})`)
          .orderBy("api")
          .orderBy("id")
          .limit(limit)
          .execute();
      }),
  };
}

async function selectKeys(db: Kysely<Tables>, api: string): Promise<readonly IssuerKeyRecord[]> {
  const rows = await db
    .selectFrom("issuer_key")
    .selectAll()
    .where("api", "=", api)
    .orderBy("created_at")
    .orderBy("id")
    .execute();
  return rows.map((row) => ({
    id: row.id,
    algorithm: row.algorithm,
    status: row.status as IssuerKeyRecord["status"],
    publicKey: row.public_key,
    sealed: row.sealed,
    createdAt: row.created_at,
    retiredAt: row.retired_at,
  }));
}
