import { PostgresAdapter } from "kysely";
import { parseStrings } from "./credentials.ts";
import type { Transaction } from "./transaction.ts";

/** An application as far as its tokens are concerned. */
export interface HeldApplication {
  readonly accountId: string;
  readonly mayHaveTokens: boolean;
  /** What its tokens may do at most. */
  readonly scopes: readonly string[];
}

/**
 * An application of which a token is about to be written: until this transaction ends nothing is
 * taken from it. `undefined`: a client that registered itself, or none.
 */
export async function holdApplication(
  tx: Transaction,
  id: string,
): Promise<HeldApplication | undefined> {
  const query = tx.db
    .selectFrom("application")
    .select(["account_id", "scopes", "status", "deleted_at"])
    .where("api", "=", tx.context.api)
    .where("id", "=", id);
  // Shared: its tokens do not wait for each other. On SQLite there is one who writes.
  const isPostgres = tx.db.getExecutor().adapter instanceof PostgresAdapter;
  const row = await (isPostgres ? query.forShare() : query).executeTakeFirst();
  if (row === undefined) return undefined;
  return {
    accountId: row.account_id,
    mayHaveTokens: row.deleted_at === null && row.status !== "rejected",
    scopes: parseStrings(row.scopes),
  };
}
