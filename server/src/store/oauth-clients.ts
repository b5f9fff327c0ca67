import type { Kysely } from "kysely";
import type { Ask } from "./ask.ts";
import { grantCommands } from "./grants.ts";
import { parseMaterial } from "./material.ts";
import type { Tables } from "./schema.ts";
import type { Transaction } from "./transaction.ts";

/** Most clients that register themselves with one API. */
const MOST_CLIENTS = 10_000;

export const oauthClientCommands = {
  /** False: so many have registered that no more are taken. `metadata` is JSON without a secret. */
  async saveOAuthClient(
    tx: Transaction,
    { id, metadata }: { readonly id: string; readonly metadata: string },
  ): Promise<{ readonly saved: boolean }> {
    const { api, at } = tx.context;
    const updated = await tx.db
      .updateTable("oauth_client")
      .set({ metadata })
      .where("api", "=", api)
      .where("id", "=", id)
      .returning("id")
      .executeTakeFirst();
    if (updated !== undefined) return { saved: true };
    const { count } = await tx.db
      .selectFrom("oauth_client")
      .select((eb) => eb.fn.countAll<number>().as("count"))
      .where("api", "=", api)
      .executeTakeFirstOrThrow();
    if (count >= MOST_CLIENTS) return { saved: false };
    const row = { api, id, metadata, created_at: at };
    await tx.db.insertInto("oauth_client").values(row).execute();
    tx.event("oauth_client.registered", { detail: { clientId: id } });
    return { saved: true };
  },

  /** Ends the registration and every grant that users gave it. */
  async removeOAuthClient(
    tx: Transaction,
    { id }: { readonly id: string },
  ): Promise<{ readonly removed: boolean }> {
    const removed = await tx.db
      .deleteFrom("oauth_client")
      .where("api", "=", tx.context.api)
      .where("id", "=", id)
      .returning("id")
      .executeTakeFirst();
    if (removed !== undefined) tx.event("oauth_client.removed", { detail: { clientId: id } });
    const grants = await tx.db
      .selectFrom("oauth_grant")
      .select("id")
      .where("api", "=", tx.context.api)
      .where("application_id", "=", id)
      .where("revoked_at", "is", null)
      .execute();
    for (const grant of grants) await grantCommands.revokeGrant(tx, grant);
    return { removed: removed !== undefined };
  },
} as const;

/** Reading side of clients that registered themselves. */
export function oauthClientReads(db: Kysely<Tables>, ask: Ask) {
  return {
    metadata: (api: string, id: string) =>
      ask(async () => {
        const row = await db
          .selectFrom("oauth_client")
          .select("metadata")
          .where("api", "=", api)
          .where("id", "=", id)
          .executeTakeFirst();
        return row?.metadata;
      }),
    material: (api: string, applicationId: string) =>
      ask(async () => {
        const row = await db
          .selectFrom("credential")
          .select("material")
          .where("api", "=", api)
          .where("id", "=", applicationId)
          .where("scheme", "=", "client-secret")
          .where("revoked_at", "is", null)
          .executeTakeFirst();
        return parseMaterial(row?.material ?? null);
      }),
  };
}
