import type { Kysely, Selectable } from "kysely";
import type { Capability } from "./capabilities.ts";
import type { Millis } from "./records.ts";
import type { Tables } from "./schema.ts";
import type { BrowserSessionTable } from "./session-schema.ts";

/** Whose a browser session is: an operator's, a user's, or whoever opened a portal link. */
export const SESSION_KINDS = ["operator", "user", "portal"] as const;
export type SessionKind = (typeof SESSION_KINDS)[number];

/** A browser that is signed in, or half so. Its cookie is in no record. */
export interface SessionRecord {
  readonly id: string;
  readonly kind: SessionKind;
  /** `DEPLOYMENT`: an operator's. */
  readonly api: string;
  /** `null`: a portal link that named nobody. */
  readonly personId: string | null;
  /** The one account of a portal link; `null`: the person's. */
  readonly accountId: string | null;
  /** Of a portal link; `null`: what the person may. */
  readonly capabilities: readonly Capability[] | null;
  readonly returnUrl: string | null;
  /** The password was right, and the second factor is missing yet. */
  readonly half: boolean;
  /** As the browser calls itself. */
  readonly userAgent: string;
  readonly address: string | null;
  readonly createdAt: Millis;
  /** To the minute. */
  readonly lastSeenAt: Millis;
  /** When the person last proved who they are; `null`: not within this session. */
  readonly provedAt: Millis | null;
  /** When it ends unless it is seen again. */
  readonly endsAt: Millis;
  /** When it ends in any case. */
  readonly expiresAt: Millis;
}

/** The live session with this digest. */
export function selectSession(db: Kysely<Tables>, digest: Uint8Array, at: number) {
  return db
    .selectFrom("browser_session")
    .selectAll()
    .where("digest", "=", digest)
    .where("ends_at", ">", at)
    .executeTakeFirst();
}

/** The row as everyone may see it. */
export function toSession(row: Selectable<BrowserSessionTable>): SessionRecord {
  return {
    id: row.id,
    // These were written by this table's commands.
    kind: row.kind as SessionKind,
    api: row.api,
    personId: row.person_id,
    accountId: row.account_id,
    capabilities: row.capabilities === null ? null : (JSON.parse(row.capabilities) as Capability[]),
    returnUrl: row.return_url,
    half: row.half === "yes",
    userAgent: row.user_agent,
    address: row.address,
    createdAt: row.created_at,
    lastSeenAt: row.last_seen_at,
    provedAt: row.proved_at,
    endsAt: row.ends_at,
    expiresAt: row.expires_at,
  };
}
