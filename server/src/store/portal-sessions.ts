import { invalidField } from "@latchkey/engine";
import type { Kysely, Selectable } from "kysely";
import { requireAccount } from "./accounts.ts";
import type { Ask } from "./ask.ts";
import type { Capability } from "./capabilities.ts";
import type { Millis, Role } from "./records.ts";
import type { Tables } from "./schema.ts";
import type { SessionRecord } from "./session-rows.ts";
import type { PortalLinkTable } from "./session-schema.ts";
import { insertSession, type NewSession } from "./sessions.ts";
import type { Transaction } from "./transaction.ts";
import { lockMembership } from "./users.ts";

/** A link with which somebody opens an account's dashboard once; its secret is in no record. */
export interface PortalSessionRecord {
  readonly id: string;
  readonly accountId: string;
  /** `null`: for whoever the API's own product lets have it. */
  readonly userId: string | null;
  readonly capabilities: readonly Capability[];
  readonly returnUrl: string | null;
  readonly createdAt: Millis;
  readonly expiresAt: Millis;
}

interface CreatePortalSession {
  readonly id: string;
  /** SHA-256 of the link's secret. */
  readonly digest: Uint8Array;
  readonly accountId: string;
  readonly userId: string | null;
  /** What the session allows, or what it does by the role that the user has in the account. */
  readonly capabilities: readonly Capability[] | Readonly<Record<Role, readonly Capability[]>>;
  readonly returnUrl: string | null;
  readonly expiresAt: Millis;
}

/** The session that a link opens, as far as the link does not say. */
interface OpenPortalSession extends NewSession {
  /** SHA-256 of the link's secret. */
  readonly linkDigest: Uint8Array;
  /** The session that this browser had: it ends with this. */
  readonly replaces: string | null;
}

/** How many expired links each new one clears away: the table cannot grow without end. */
const CLEARED = 100;

export const portalSessionCommands = {
  /** @throws {ApiError} `INVALID_REQUEST` names the account, or a user who is none of its. */
  async createPortalSession(
    tx: Transaction,
    input: CreatePortalSession,
  ): Promise<PortalSessionRecord> {
    const { api, at } = tx.context;
    const { id, accountId, userId } = input;
    await requireAccount(tx, accountId);
    const capabilities = await settledCapabilities(tx, input);
    await clearExpired(tx);
    const row = await tx.db
      .insertInto("portal_link")
      .values({
        api,
        id,
        digest: input.digest,
        account_id: accountId,
        user_id: userId,
        capabilities: JSON.stringify(capabilities),
        return_url: input.returnUrl,
        created_at: at,
        expires_at: input.expiresAt,
        opened_at: null,
      })
      .returningAll()
      .executeTakeFirstOrThrow();
    const detail = { portalSessionId: id, userId, capabilities };
    tx.event("portal_session.created", { accountId, detail });
    return toPortalSession(row);
  },

  /**
   * Opens the session that a link stands for, in the API the link is of. Of any number of calls at
   * once one gets it; `undefined`: it was opened before, has expired, or never was.
   */
  async openPortalSession(
    tx: Transaction,
    { linkDigest, replaces, ...session }: OpenPortalSession,
  ): Promise<SessionRecord | undefined> {
    const { at } = tx.context;
    const link = await tx.db
      .updateTable("portal_link")
      .set({ opened_at: at })
      .where("digest", "=", linkDigest)
      .where("api", "=", tx.context.api)
      .where("opened_at", "is", null)
      .where("expires_at", ">", at)
      .returningAll()
      .executeTakeFirst();
    if (link === undefined) return undefined;
    if (replaces !== null) {
      await tx.db.deleteFrom("browser_session").where("id", "=", replaces).execute();
    }
    const { accountId, userId, capabilities, returnUrl } = toPortalSession(link);
    const detail = { portalSessionId: link.id, sessionId: session.id, userId };
    tx.event("portal_session.opened", { accountId, detail });
    return insertSession(tx, {
      ...session,
      ...{ kind: "portal", personId: userId, accountId, capabilities, returnUrl, half: false },
    });
  },
} as const;

/** Where a link leads that nobody has opened yet. */
export interface PortalLink {
  readonly api: string;
}

/** Reading side of portal links. */
export function portalLinkReads(db: Kysely<Tables>, ask: Ask) {
  return {
    find: (digest: Uint8Array, at: number) =>
      ask(
        (): Promise<PortalLink | undefined> =>
          db
            .selectFrom("portal_link")
            .select("api")
            .where("digest", "=", digest)
            .where("opened_at", "is", null)
            .where("expires_at", ">", at)
            .executeTakeFirst(),
      ),
  };
}

async function settledCapabilities(
  tx: Transaction,
  { accountId, userId, capabilities }: CreatePortalSession,
): Promise<readonly Capability[]> {
  const role = userId && (await lockMembership(tx, { userId, accountId }));
  if (userId !== null && !role) {
    throw invalidField("userId", "There is no such user in the account.");
  }
  if (Array.isArray(capabilities)) return capabilities;
  // Written from a Role by the membership.
  return (capabilities as Readonly<Record<string, readonly Capability[]>>)[role ?? ""] ?? [];
}

async function clearExpired({ db, context: { api, at } }: Transaction): Promise<void> {
  const expired = db
    .selectFrom("portal_link")
    .select("id")
    .where("api", "=", api)
    .where("expires_at", "<=", at)
    .orderBy("expires_at")
    .limit(CLEARED);
  await db.deleteFrom("portal_link").where("api", "=", api).where("id", "in", expired).execute();
}

function toPortalSession(row: Selectable<PortalLinkTable>): PortalSessionRecord {
  return {
    id: row.id,
    accountId: row.account_id,
    userId: row.user_id,
    // Written above.
    capabilities: JSON.parse(row.capabilities) as Capability[],
    returnUrl: row.return_url,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
  };
}
