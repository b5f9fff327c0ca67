import { type Kysely, sql } from "kysely";
import type { Ask } from "./ask.ts";
import type { Tables } from "./schema.ts";
import type { Transaction } from "./transaction.ts";
import { parseWebhookSecrets } from "./webhook-endpoint-rows.ts";
import type { StoredWebhookSecret } from "./webhook-record.ts";

/** An endpoint with sealed secrets. */
export interface SealedEndpoint {
  readonly api: string;
  readonly id: string;
  readonly secrets: readonly StoredWebhookSecret[];
}

interface Reseal {
  readonly id: string;
  /** The sealed texts that are replaced, and by what; base64. */
  readonly replacements: readonly { readonly from: string; readonly to: string }[];
}

export const webhookResealingCommands = {
  /**
   * Replaces sealed texts by others of the same secrets; one that has gone meanwhile is skipped.
   * Nobody sees a difference, so nothing is on the trail.
   */
  async resealWebhookSecrets(tx: Transaction, { id, replacements }: Reseal): Promise<void> {
    const row = await tx.db
      .updateTable("webhook_endpoint")
      .set((eb) => ({ id: eb.ref("id") }))
      .where("api", "=", tx.context.api)
      .where("id", "=", id)
      .returning("secrets")
      .executeTakeFirst();
    if (row === undefined) return;
    const bySealed = new Map(replacements.map(({ from, to }) => [from, to]));
    const anew = (sealed: string) => bySealed.get(sealed) ?? sealed;
    const secrets = parseWebhookSecrets(row.secrets).map(({ pair, ...secret }) => ({
      ...secret,
      sealed: anew(secret.sealed),
      ...(pair !== undefined && { pair: { ...pair, sealed: anew(pair.sealed) } }),
    }));
    await tx.db
      .updateTable("webhook_endpoint")
      .set({ secrets: JSON.stringify(secrets) })
      .where("api", "=", tx.context.api)
      .where("id", "=", id)
      .execute();
  },
} as const;

/** Reading side of what may be sealed. */
export function sealedEndpointReads(db: Kysely<Tables>, ask: Ask) {
  return {
    /** Endpoints of all APIs in one order, after `after`. */
    sealedEndpoints: (after: SealedEndpoint | undefined, limit: number) =>
      ask(async (): Promise<readonly SealedEndpoint[]> => {
        const { api, id } = after ?? { api: "", id: "" };
        const rows = await db
          .selectFrom("webhook_endpoint")
          .select(["api", "id", "secrets"])
          .where(sql<boolean>`(api, id) > (${api}, ${id})`)
          .orderBy("api")
          .orderBy("id")
          .limit(limit)
          .execute();
        return rows.map((row) => ({ ...row, secrets: parseWebhookSecrets(row.secrets) }));
      }),
  };
}
