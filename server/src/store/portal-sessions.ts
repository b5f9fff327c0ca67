import { ApiError } from "@latchkey/engine";
import type { Selectable } from "kysely";
import type { Millis, Role } from "./records.ts";
import type { PortalSessionTable } from "./schema.ts";
import type { Transaction } from "./transaction.ts";
import { membershipRole } from "./users.ts";

/** A link with which a user opens the dashboard once; its secret is in no record. */
export interface PortalSessionRecord {
  readonly id: string;
  readonly accountId: string;
  readonly userId: string;
  readonly capabilities: readonly string[];
  readonly returnUrl: string | null;
  readonly createdAt: Millis;
  readonly expiresAt: Millis;
}

interface CreatePortalSession {
  readonly id: string;
  /** SHA-256 of the link's secret. */
  readonly digest: Uint8Array;
  readonly accountId: string;
  readonly userId: string;
  /** What the session allows, by the role that the user has in the account. */
  readonly capabilities: Readonly<Record<Role, readonly string[]>>;
  readonly returnUrl: string | null;
  readonly expiresAt: Millis;
}

/** How many expired sessions each new one clears away: the table cannot grow without end. */
const CLEARED = 100;

export const portalSessionCommands = {
  /** @throws {ApiError} `INVALID_REQUEST` when the user is none of the account's. */
  async createPortalSession(
    tx: Transaction,
    input: CreatePortalSession,
  ): Promise<PortalSessionRecord> {
    const { api, at } = tx.context;
    const { id, accountId, userId } = input;
    const role = await membershipRole(tx.db, { api, userId, accountId });
    if (role === undefined) {
      const details = { field: "userId" };
      throw new ApiError("INVALID_REQUEST", "There is no such user in the account.", { details });
    }
    await clearExpired(tx);
    const row = await tx.db
      .insertInto("portal_session")
      .values({
        api,
        id,
        digest: input.digest,
        account_id: accountId,
        user_id: userId,
        // Written from a Role by the membership.
        capabilities: JSON.stringify(input.capabilities[role as Role]),
        return_url: input.returnUrl,
        created_at: at,
        expires_at: input.expiresAt,
        opened_at: null,
      })
      .returningAll()
      .executeTakeFirstOrThrow();
    tx.event("portal_session.created", { accountId, detail: { portalSessionId: id, userId } });
    return toPortalSession(row);
  },
} as const;

async function clearExpired({ db, context: { api, at } }: Transaction): Promise<void> {
  const expired = db
    .selectFrom("portal_session")
    .select("id")
    .where("api", "=", api)
    .where("expires_at", "<=", at)
    .orderBy("expires_at")
    .limit(CLEARED);
  await db.deleteFrom("portal_session").where("api", "=", api).where("id", "in", expired).execute();
}

function toPortalSession(row: Selectable<PortalSessionTable>): PortalSessionRecord {
  return {
    id: row.id,
    accountId: row.account_id,
    userId: row.user_id,
    capabilities: JSON.parse(row.capabilities),
    returnUrl: row.return_url,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
  };
}
