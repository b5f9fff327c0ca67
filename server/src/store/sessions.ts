import { ApiError } from "@latchkey/engine";
import type { Kysely } from "kysely";
import type { Ask } from "./ask.ts";
import { endAuthorizationSessions } from "./authorization-sessions.ts";
import type { Capability } from "./capabilities.ts";
import { endPortalLinks } from "./portal-endings.ts";
import type { Millis } from "./records.ts";
import { hasSamePassword } from "./same-password.ts";
import type { Tables } from "./schema.ts";
import { type SessionKind, type SessionRecord, selectSession, toSession } from "./session-rows.ts";
import type { Transaction } from "./transaction.ts";
import type { WriteContext } from "./write-context.ts";

/** What is known of a browser that gets a session. */
export interface NewSession {
  readonly id: string;
  /** SHA-256 of the cookie. */
  readonly digest: Uint8Array;
  readonly userAgent: string;
  readonly endsAt: Millis;
  readonly expiresAt: Millis;
}

interface OpenSession extends NewSession {
  readonly kind: "operator" | "user";
  readonly personId: string;
  readonly half: boolean;
  /** The session that this browser had: it ends with this. */
  readonly replaces: string | null;
  /** What the person's was when the password was looked at; absent: none was. */
  readonly signedOutAt?: Millis | null | undefined;
}

/** The sessions of a person, in the context's API. */
interface SessionsOf {
  readonly kind: "operator" | "user";
  readonly personId: string;
  /** All but this one. */
  readonly except?: string | undefined;
}

/** Most of one person, whole and half; the one seen longest ago gives way to a new one. */
const MOST_SESSIONS = 50;

export const sessionCommands = {
  /**
   * Opens one in the place of the one before. Only whole ones are worth a line in the trail.
   * @throws {ApiError} `SIGN_IN_REFUSED`: the person has another password since.
   */
  async openSession(tx: Transaction, input: OpenSession): Promise<SessionRecord> {
    const { kind, personId, half, replaces } = input;
    if (!(await hasSamePassword(tx, input))) {
      throw new ApiError("SIGN_IN_REFUSED", "That was not right. Try again.");
    }
    if (replaces !== null)
      await tx.db.deleteFrom("browser_session").where("id", "=", replaces).execute();
    const session = await insertSession(tx, {
      ...input,
      ...{ kind, personId, half, accountId: null, capabilities: null, returnUrl: null },
    });
    await makeRoom(tx, { kind, personId, half });
    if (!half) tx.event("session.opened", { detail: { sessionId: session.id, kind, personId } });
    return session;
  },

  /** Notes that it was used; one that has ended meanwhile stays ended. */
  async seeSession(tx: Transaction, { id, endsAt }: { id: string; endsAt: Millis }) {
    const { at } = tx.context;
    await tx.db
      .updateTable("browser_session")
      .set({ last_seen_at: at - (at % 60_000), ends_at: endsAt })
      .where("id", "=", id)
      .where("ends_at", ">", at)
      .execute();
  },

  /** Notes a fresh proof. @throws {ApiError} `UNAUTHORIZED` when it has ended. */
  async proveSession(tx: Transaction, { id }: { readonly id: string }): Promise<void> {
    const row = await tx.db
      .updateTable("browser_session")
      .set({ proved_at: tx.context.at })
      .where("id", "=", id)
      .where("ends_at", ">", tx.context.at)
      .returning("id")
      .executeTakeFirst();
    if (row === undefined) throw new ApiError("UNAUTHORIZED", "Sign in again.");
    tx.event("session.proved", { detail: { sessionId: id } });
  },

  /** Ends one. With `personId` that person's only; one that is not there is no fault. */
  async endSession(
    tx: Transaction,
    { id, personId }: { readonly id: string; readonly personId?: string },
  ): Promise<{ readonly ended: boolean }> {
    let query = tx.db
      .deleteFrom("browser_session")
      .where("id", "=", id)
      .where("api", "=", tx.context.api);
    if (personId !== undefined) query = query.where("person_id", "=", personId);
    const row = await query.returning(["kind", "person_id", "account_id"]).executeTakeFirst();
    if (row === undefined) return { ended: false };
    const detail = { sessionId: id, kind: row.kind, personId: row.person_id };
    tx.event("session.ended", { accountId: row.account_id, detail });
    return { ended: true };
  },

  /**
   * Ends all sessions of a person, whole and half, those that began with a portal link too; of a
   * user also those at the authorization server, wherever they are, and portal links yet unopened.
   */
  async endSessions(
    tx: Transaction,
    { kind, personId, except }: SessionsOf,
  ): Promise<{ readonly ended: number }> {
    // First: what a link has opened in this instant is then among the sessions.
    if (kind === "user") await endPortalLinks(tx, personId);
    let query = tx.db
      .deleteFrom("browser_session")
      .where("api", "=", tx.context.api)
      .where("kind", "in", kindsOf(kind))
      .where("person_id", "=", personId);
    if (except !== undefined) query = query.where("id", "!=", except);
    const rows = await query.returning("id").execute();
    for (const { id } of rows) {
      tx.event("session.ended", { detail: { sessionId: id, kind, personId } });
    }
    if (kind === "user") await endAuthorizationSessions(tx, personId);
    return { ended: rows.length };
  },

  /** Deletes at most `limit` that have ended, and says how many it found. */
  async forgetSessions(tx: Transaction, { limit }: { readonly limit: number }) {
    const ended = tx.db
      .selectFrom("browser_session")
      .select("id")
      .where("ends_at", "<=", tx.context.at)
      .orderBy("ends_at")
      .limit(limit);
    const result = await tx.db
      .deleteFrom("browser_session")
      .where("id", "in", ended)
      .executeTakeFirst();
    return { forgotten: Number(result.numDeletedRows) };
  },
} as const;

/** Reading side of browser sessions. */
export function sessionReads(db: Kysely<Tables>, ask: Ask) {
  return {
    find: (digest: Uint8Array, at: number) =>
      ask(async () => {
        const row = await selectSession(db, digest, at);
        return row && toSession(row);
      }),
    /** Whole and live ones, the newest first. */
    list: (api: string, { kind, personId, at }: SessionsOf & { readonly at: number }) =>
      ask(async () => {
        const rows = await db
          .selectFrom("browser_session")
          .selectAll()
          .where("api", "=", api)
          .where("kind", "in", kindsOf(kind))
          .where("person_id", "=", personId)
          .where("half", "=", "no")
          .where("ends_at", ">", at)
          .orderBy("created_at", "desc")
          .orderBy("id", "desc")
          .limit(MOST_SESSIONS)
          .execute();
        return rows.map(toSession);
      }),
  };
}

/** Writes the row of a new session. */
export async function insertSession(
  tx: Transaction,
  input: NewSession & {
    readonly kind: SessionKind;
    readonly personId: string | null;
    readonly accountId: string | null;
    readonly capabilities: readonly Capability[] | null;
    readonly returnUrl: string | null;
    readonly half: boolean;
  },
): Promise<SessionRecord> {
  const { api, at, address } = tx.context;
  const row = await tx.db
    .insertInto("browser_session")
    .values({
      id: input.id,
      digest: input.digest,
      kind: input.kind,
      api,
      person_id: input.personId,
      account_id: input.accountId,
      capabilities: input.capabilities && JSON.stringify(input.capabilities),
      return_url: input.returnUrl,
      half: input.half ? "yes" : "no",
      user_agent: input.userAgent,
      address,
      created_at: at,
      last_seen_at: at,
      // A whole session of a person begins with a proof.
      proved_at: input.half || input.kind === "portal" ? null : at,
      ends_at: input.endsAt,
      expires_at: input.expiresAt,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
  return toSession(row);
}

/**
 * A write of a session happens only while the session lives: what was allowed and then held back by
 * its sender must not outlive a sign-out. @throws {ApiError} `UNAUTHORIZED`.
 */
export async function requireLiveSession(
  db: Kysely<Tables>,
  { session, at }: WriteContext,
): Promise<void> {
  if (session === undefined) return;
  // An update that changes nothing locks the row on both databases.
  const row = await db
    .updateTable("browser_session")
    .set((eb) => ({ id: eb.ref("id") }))
    .where("id", "=", session)
    .where("ends_at", ">", at)
    .returning("half")
    .executeTakeFirst();
  if (row?.half !== "no") throw new ApiError("UNAUTHORIZED", "Sign in again.");
}

/** Whether there is anything for `forgetSessions` to do; so an idle store writes nothing. */
export async function hasEndedSessions(db: Kysely<Tables>, at: number): Promise<boolean> {
  const query = db.selectFrom("browser_session").select("id").where("ends_at", "<=", at).limit(1);
  return (await query.executeTakeFirst()) !== undefined;
}

/** Half ones give way to half ones alone: who knows no more than a password ends nobody's session. */
async function makeRoom(
  tx: Transaction,
  { kind, personId, half }: Pick<OpenSession, "kind" | "personId" | "half">,
): Promise<void> {
  const surplus = tx.db
    .selectFrom("browser_session")
    .select("id")
    .where("api", "=", tx.context.api)
    .where("kind", "=", kind)
    .where("person_id", "=", personId)
    .where("half", "=", half ? "yes" : "no")
    .orderBy("last_seen_at", "desc")
    .orderBy("created_at", "desc")
    .limit(MOST_SESSIONS)
    .offset(MOST_SESSIONS);
  // SQLite deletes from a table that the subquery reads; PostgreSQL takes its snapshot first.
  await tx.db.deleteFrom("browser_session").where("id", "in", surplus).execute();
}

/** A portal session in a user's name is one of the user's. */
function kindsOf(kind: "operator" | "user"): readonly SessionKind[] {
  return kind === "operator" ? ["operator"] : ["user", "portal"];
}
