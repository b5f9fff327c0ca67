import { ApiError } from "@latchkey/engine";
import type { Kysely } from "kysely";
import { lockLineage } from "./credential-rows.ts";
import { isLive } from "./credentials.ts";
import type { Tables } from "./schema.ts";
import type { WriteContext } from "./write-context.ts";

/**
 * A write on a credential's behalf happens only while the credential lives and neither its account
 * nor the one it acts for is suspended: a request that was allowed, then held back by its sender,
 * must not outlive a revocation or a suspension. The rows stay locked, so one that comes meanwhile
 * waits for this write or precedes it.
 *
 * @throws {ApiError} `UNAUTHORIZED`.
 */
export async function requireLiveActor(
  db: Kysely<Tables>,
  { api, at, actor, actsFor = null }: WriteContext,
): Promise<void> {
  if (actor.kind !== "credential" || actor.id === null) return;
  const owner = await ownerOf(db, api, actor.id);
  if (owner === undefined) throw unauthorized();
  // Accounts before keys, and in one order: two writes of an account may each act by the key that
  // the other changes.
  for (const id of [...new Set([owner, actsFor ?? owner])].sort()) {
    if (!(await lockActive(db, api, id))) throw unauthorized();
  }
  await lockLineage(db, api, actor.id);
  const row = await lockActor(db, api, actor.id);
  if (row === undefined || !isLive(row, at)) throw unauthorized();
}

/** A credential's account never changes, so this needs no lock. */
async function ownerOf(db: Kysely<Tables>, api: string, id: string): Promise<string | undefined> {
  const query = db.selectFrom("credential").select("account_id");
  const row = await query.where("api", "=", api).where("id", "=", id).executeTakeFirst();
  return row?.account_id;
}

/** Locks an account, and answers whether it is there and not suspended. */
async function lockActive(db: Kysely<Tables>, api: string, id: string): Promise<boolean> {
  const row = await db
    .updateTable("account")
    .set((eb) => ({ id: eb.ref("id") }))
    .where("api", "=", api)
    .where("id", "=", id)
    .returning("suspended_at")
    .executeTakeFirst();
  return row?.suspended_at === null;
}

function lockActor(db: Kysely<Tables>, api: string, id: string) {
  return db
    .updateTable("credential")
    .set((eb) => ({ id: eb.ref("id") }))
    .where("api", "=", api)
    .where("id", "=", id)
    .returningAll()
    .executeTakeFirst();
}

function unauthorized(): ApiError {
  return new ApiError("UNAUTHORIZED", "Invalid or missing authentication credentials");
}
