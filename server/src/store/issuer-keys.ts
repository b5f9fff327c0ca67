import type { Kysely } from "kysely";
import type { Ask } from "./ask.ts";
import type { Tables } from "./schema.ts";
import type { Transaction } from "./transaction.ts";

/** An API's own key pair; `sealed` is the private key in PKCS#8, for `issuerKeyPlace`. */
export interface IssuerKeyRecord {
  readonly id: string;
  /** As in a JWT's header. */
  readonly algorithm: string;
  /** `next` is published before it signs, `retired` until what it signed has expired. */
  readonly status: "next" | "current" | "retired";
  /** JWK as JSON. */
  readonly publicKey: string;
  readonly sealed: Uint8Array;
}

/** Where a private key is sealed. */
export function issuerKeyPlace(api: string, id: string) {
  return { table: "issuer_key", column: "sealed", api, row: id } as const;
}

export const issuerKeyCommands = {
  /** Adds the key unless there is one of its algorithm and status: another node was faster then. */
  async addIssuerKey(tx: Transaction, key: IssuerKeyRecord): Promise<void> {
    const { api, at } = tx.context;
    const { id, algorithm, status, publicKey, sealed } = key;
    const added = await tx.db
      .insertInto("issuer_key")
      .values({ api, id, algorithm, status, public_key: publicKey, sealed, created_at: at })
      .onConflict((conflict) => conflict.doNothing())
      .returning("id")
      .executeTakeFirst();
    if (added !== undefined) tx.event("issuer_key.added", { detail: { id, algorithm, status } });
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

/** Reading side of issuer keys. */
export function issuerKeyReads(db: Kysely<Tables>, ask: Ask) {
  return {
    list: (api: string) =>
      ask(async (): Promise<readonly IssuerKeyRecord[]> => {
        const rows = await db
          .selectFrom("issuer_key")
          .selectAll()
          .where("api", "=", api)
          .orderBy("id")
          .execute();
        return rows.map((row) => ({
          id: row.id,
          algorithm: row.algorithm,
          status: row.status as IssuerKeyRecord["status"],
          publicKey: row.public_key,
          sealed: row.sealed,
        }));
      }),
  };
}
