import { type Kysely, sql } from "kysely";
import type { Ask } from "./ask.ts";
import { parseMaterial, type StoredMaterial } from "./material.ts";
import type { Tables } from "./schema.ts";
import type { Transaction } from "./transaction.ts";

/** A credential with secrets that may be sealed. */
export interface SealedRow {
  readonly api: string;
  readonly id: string;
  readonly material: StoredMaterial | undefined;
}

interface Reseal {
  /** The credential. */
  readonly id: string;
  /** The sealed texts that are replaced, and by what; base64. */
  readonly replacements: readonly { readonly from: string; readonly to: string }[];
}

export const resealingCommands = {
  /**
   * Replaces sealed texts by others of the same secrets; one that has gone meanwhile is skipped.
   * Nobody sees a difference, so nothing is on the feed or the trail.
   */
  async resealSecrets(tx: Transaction, { id, replacements }: Reseal): Promise<void> {
    const row = await tx.db
      .updateTable("credential")
      .set((eb) => ({ id: eb.ref("id") }))
      .where("api", "=", tx.context.api)
      .where("id", "=", id)
      .returning("material")
      .executeTakeFirst();
    const material = parseMaterial(row?.material ?? null);
    if (material?.kind !== "shared-secrets") return;
    const bySealed = new Map(replacements.map(({ from, to }) => [from, to]));
    const secrets = material.secrets.map((secret) => ({
      ...secret,
      sealed: bySealed.get(secret.sealed) ?? secret.sealed,
    }));
    await tx.db
      .updateTable("credential")
      .set({ material: JSON.stringify({ ...material, secrets }) })
      .where("api", "=", tx.context.api)
      .where("id", "=", id)
      .execute();
  },
} as const;

/** Reading side of what may be sealed. */
export function sealedReads(db: Kysely<Tables>, ask: Ask) {
  return {
    list: (after: SealedRow | undefined, limit: number) =>
      ask(async (): Promise<readonly SealedRow[]> => {
        const { api, id } = after ?? { api: "", id: "" };
        const rows = await db
          .selectFrom("credential")
          .select(["api", "id", "material"])
          // The index is of these rows alone.
          .where("material", "is not", null)
          .where(sql<boolean>`(api, id) > (${api}, ${id})`)
          .orderBy("api")
          .orderBy("id")
          .limit(limit)
          .execute();
        return rows.map((row) => ({ ...row, material: parseMaterial(row.material) }));
      }),
  };
}
