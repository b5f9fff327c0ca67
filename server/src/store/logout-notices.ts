import type { Kysely } from "kysely";
import type { Ask } from "./ask.ts";
import type { Millis } from "./records.ts";
import type { Tables } from "./schema.ts";
import type { Transaction } from "./transaction.ts";

/** A client that is to learn that a user is signed out. */
export interface LogoutNotice {
  readonly clientId: string;
  readonly userId: string;
  /** What ID tokens call the sign-in that ended; `null`: every one of the user's. */
  readonly sid: string | null;
}

/** A notice that nobody else tells of before `heldUntil`. */
export interface ClaimedNotice extends LogoutNotice {
  /** How often it was tried before. */
  readonly tries: number;
  readonly heldUntil: Millis;
}

/** A client of which something is due. */
export interface ClientToTell {
  readonly api: string;
  readonly clientId: string;
}

interface ClaimNotices {
  readonly clientId: string;
  readonly limit: number;
  readonly heldUntil: Millis;
}

interface PostponeNotices {
  readonly notice: ClaimedNotice;
  /** When it is tried again. */
  readonly nextAt: Millis;
  /** What was queued by then is given up. */
  readonly queuedBy: Millis;
}

export const logoutNoticeCommands = {
  /** Has a client told, soon. */
  async queueLogoutNotice(tx: Transaction, notice: LogoutNotice): Promise<void> {
    await queueLogoutNotices(tx, [notice]);
  },

  /**
   * Takes what is due to one client, the oldest first, at most `limit`; of the same age what was
   * tried least: what a client never takes must not hold up the rest.
   */
  async claimLogoutNotices(
    tx: Transaction,
    { clientId, limit, heldUntil }: ClaimNotices,
  ): Promise<readonly ClaimedNotice[]> {
    const { api, at } = tx.context;
    const due = tx.db
      .selectFrom("logout_notice")
      .select(["user_id", "sid"])
      .where("api", "=", api)
      .where("client_id", "=", clientId)
      .where("run_at", "<=", at)
      .orderBy("run_at")
      .orderBy("tries")
      .limit(limit);
    const rows = await tx.db
      .updateTable("logout_notice")
      .set({ run_at: heldUntil })
      .where("api", "=", api)
      .where("client_id", "=", clientId)
      // Of two that look at once, the second finds the row held by the first.
      .where("run_at", "<=", at)
      .where((eb) => eb(eb.refTuple("user_id", "sid"), "in", due.$asTuple("user_id", "sid")))
      .returning(["user_id", "sid", "tries"])
      .execute();
    return rows
      .map(({ user_id: userId, sid, tries }) => ({
        ...{ clientId, userId, tries, heldUntil },
        sid: sid === "" ? null : sid,
      }))
      .sort((a, b) => a.tries - b.tries);
  },

  /** The client was told, or is none any more. What was queued anew meanwhile stays. */
  async endLogoutNotice(tx: Transaction, notice: ClaimedNotice): Promise<void> {
    await tx.db
      .deleteFrom("logout_notice")
      .where("api", "=", tx.context.api)
      .where("client_id", "=", notice.clientId)
      .where("user_id", "=", notice.userId)
      .where("sid", "=", notice.sid ?? "")
      .where("run_at", "=", notice.heldUntil)
      .execute();
  },

  /**
   * The client could not be told: whatever it is to be told waits, and this counts as tried. What is
   * too old is given up, so that a client which is gone is not tried for ever, and nobody is signed
   * out of what they have long since signed in to again.
   */
  async postponeLogoutNotices(
    tx: Transaction,
    { notice, nextAt, queuedBy }: PostponeNotices,
  ): Promise<void> {
    const { api } = tx.context;
    const { clientId, userId, sid, heldUntil } = notice;
    const ended = await tx.db
      .deleteFrom("logout_notice")
      .where("api", "=", api)
      .where("client_id", "=", clientId)
      .where("run_at", "<=", heldUntil)
      .where("created_at", "<=", queuedBy)
      .returning("user_id")
      .execute();
    for (const { user_id } of ended) {
      tx.event("logout_notice.given_up", { detail: { applicationId: clientId, userId: user_id } });
    }
    const held = tx.db
      .updateTable("logout_notice")
      .where("api", "=", api)
      .where("client_id", "=", clientId)
      .where("run_at", "<=", heldUntil);
    await held
      .set((eb) => ({ tries: eb("tries", "+", 1) }))
      .where("user_id", "=", userId)
      .where("sid", "=", sid ?? "")
      .execute();
    await held.set({ run_at: nextAt }).execute();
  },
} as const;

/** Has clients told, soon: once for each, however often it is asked for before that. */
export async function queueLogoutNotices(
  tx: Transaction,
  notices: readonly LogoutNotice[],
): Promise<void> {
  const { api, at } = tx.context;
  for (const { clientId, userId, sid } of notices) {
    const columns = { created_at: at, run_at: at, tries: 0 };
    await tx.db
      .insertInto("logout_notice")
      .values({ api, client_id: clientId, user_id: userId, sid: sid ?? "", ...columns })
      .onConflict((conflict) =>
        conflict.columns(["api", "client_id", "user_id", "sid"]).doUpdateSet(columns),
      )
      .execute();
  }
}

/** Reading side of logout notices. */
export function logoutNoticeReads(db: Kysely<Tables>, ask: Ask) {
  return {
    /** Clients of any API to whom something is due at this instant, who waits longest first. */
    due: (at: Millis, limit: number) =>
      ask(async (): Promise<readonly ClientToTell[]> => {
        const rows = await db
          .selectFrom("logout_notice")
          .select(["api", "client_id"])
          .where("run_at", "<=", at)
          .groupBy(["api", "client_id"])
          .orderBy((eb) => eb.fn.min("run_at"))
          .limit(limit)
          .execute();
        return rows.map(({ api, client_id: clientId }) => ({ api, clientId }));
      }),
  };
}

/** What reading notices takes. */
export type LogoutNoticeReads = ReturnType<typeof logoutNoticeReads>;
