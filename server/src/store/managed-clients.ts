import { ApiError } from "@latchkey/engine";
import { isLive, parseStrings } from "./credentials.ts";
import type { Transaction } from "./transaction.ts";

/** A platform's application as far as the users that it manages are concerned. */
export interface ManagedClient {
  readonly id: string;
  readonly accountId: string;
  /** What it may do, and its users' tokens with it. */
  readonly permissions: readonly string[];
  readonly redirectUris: readonly string[];
}

/**
 * Reads a client that nobody changes before this transaction ends.
 *
 * @throws {ApiError} `NOT_FOUND` unless it is a live application of kind platform.
 */
export async function lockClient(tx: Transaction, id: string): Promise<ManagedClient> {
  const { api, at } = tx.context;
  // Every change of an application takes this row after its own; a caller's own is taken already.
  const credential = await tx.db
    .updateTable("credential")
    .set((eb) => ({ id: eb.ref("id") }))
    .where("api", "=", api)
    .where("id", "=", id)
    .returningAll()
    .executeTakeFirst();
  const application = await tx.db
    .selectFrom("application")
    .select(["account_id", "kind", "redirect_uris"])
    .where("api", "=", api)
    .where("id", "=", id)
    .executeTakeFirst();
  const works = credential !== undefined && isLive(credential, at);
  if (!works || application?.kind !== "platform") {
    throw new ApiError("NOT_FOUND", "There is no such application.");
  }
  return {
    id,
    accountId: application.account_id,
    permissions: parseStrings(credential.scopes),
    redirectUris: parseStrings(application.redirect_uris),
  };
}
