import { ApiError } from "@latchkey/engine";
import { type Kysely, sql } from "kysely";
import { isLive } from "./credentials.ts";
import type { Tables } from "./schema.ts";
import type { WriteContext } from "./write-context.ts";

/**
 * A write on a credential's behalf happens only while the credential lives and its account is not
 * suspended: a request that was allowed, then held back by its sender, must not outlive a
 * revocation. The row stays locked, so one that comes meanwhile waits for this write or precedes it.
 *
 * @throws {ApiError} `UNAUTHORIZED`.
 */
export async function requireLiveActor(
  db: Kysely<Tables>,
  { api, at, actor }: WriteContext,
): Promise<void> {
  if (actor.kind !== "credential" || actor.id === null) return;
  const row = await db
    .updateTable("credential")
    .set({ id: sql.ref("id") })
    .where("api", "=", api)
    .where("id", "=", actor.id)
    .returningAll()
    .executeTakeFirst();
  const account =
    row &&
    (await db
      .selectFrom("account")
      .select("suspended_at")
      .where("api", "=", api)
      .where("id", "=", row.account_id)
      .executeTakeFirst());
  if (row !== undefined && isLive(row, at) && account?.suspended_at === null) return;
  throw new ApiError("UNAUTHORIZED", "Invalid or missing authentication credentials");
}
