import type { Kysely } from "kysely";
import type { Ask } from "./ask.ts";
import { grantCommands } from "./grants.ts";
import { parseMaterial } from "./material.ts";
import type { Tables } from "./schema.ts";
import type { Transaction } from "./transaction.ts";

/** How long a client may take until the first user approves it. */
const UNUSED_MILLIS = 3_600_000;

/** What is kept of a client that registers itself. */
interface SaveOAuthClient {
  readonly id: string;
  /** JSON without a secret. */
  readonly metadata: string;
  readonly maxClients: number;
}

export const oauthClientCommands = {
  /** False: so many have registered that no more are taken. */
  async saveOAuthClient(
    tx: Transaction,
    { id, metadata, maxClients }: SaveOAuthClient,
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
    if (count >= maxClients && !(await makeRoom(tx))) return { saved: false };
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
    for (const { id } of grants) await grantCommands.revokeGrant(tx, { id, untold: true });
    return { removed: removed !== undefined };
  },
} as const;

/**
 * Forgets the oldest clients that registered long ago and that no user ever approved: strangers must
 * not be able to close the way in for all who come after them.
 */
async function makeRoom({ db, context: { api, at } }: Transaction): Promise<boolean> {
  const unused = await db
    .selectFrom("oauth_client as client")
    .select("client.id")
    .where("client.api", "=", api)
    .where("client.created_at", "<", at - UNUSED_MILLIS)
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom("oauth_grant as approved")
            .select("approved.id")
            .where("approved.api", "=", api)
            .whereRef("approved.application_id", "=", "client.id"),
        ),
      ),
    )
    .orderBy("client.created_at")
    .limit(100)
    .execute();
  const ids = unused.map(({ id }) => id);
  if (ids.length === 0) return false;
  await db.deleteFrom("oauth_client").where("api", "=", api).where("id", "in", ids).execute();
  return true;
}

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
