import { type RawBuilder, sql } from "kysely";
import { CREDENTIAL_KINDS, type KeyringScheme } from "./credential-kinds.ts";
import { holdsText } from "./matching.ts";
import type { Flavor } from "./migrations/migration.ts";

/** How a key stands at an instant. */
export const KEY_STATUSES = ["active", "rotated", "expired", "revoked"] as const;
export type KeyStatus = (typeof KEY_STATUSES)[number];

/** What good practice asks to look at in a live key. */
export const KEY_FINDINGS = ["old", "unused", "expiring", "unrestricted"] as const;
export type KeyFinding = (typeof KEY_FINDINGS)[number];

const DAY = 86_400_000;
const OLD_MILLIS = 90 * DAY;
const UNUSED_MILLIS = 90 * DAY;
const EXPIRING_MILLIS = 14 * DAY;

const REVOKED = sql<boolean>`revoked_at is not null`;
const UNREVOKED = sql<boolean>`revoked_at is null`;

/** Live ones are neither revoked nor past their expiry or their overlap's end. */
function isLiveAt(at: number): RawBuilder<boolean> {
  return sql<boolean>`(${UNREVOKED} and (expires_at is null or expires_at > ${at})
    and (overlap_ends_at is null or overlap_ends_at > ${at}))`;
}

/** The condition that a key has the status at that instant. */
export function hasStatus(status: KeyStatus, at: number): RawBuilder<boolean> {
  switch (status) {
    case "revoked":
      return REVOKED;
    case "expired":
      return sql<boolean>`(${UNREVOKED} and (expires_at <= ${at} or overlap_ends_at <= ${at}))`;
    case "rotated":
      return sql<boolean>`(${isLiveAt(at)} and rotated_at is not null)`;
    case "active":
      return sql<boolean>`(${isLiveAt(at)} and rotated_at is null)`;
  }
}

/** The condition that a live key is one to look at; a rotated one has been looked at. */
export function isFound(
  finding: KeyFinding,
  { at, scheme, flavor }: { at: number; scheme: KeyringScheme; flavor: Flavor },
): RawBuilder<boolean> {
  const madeAt =
    CREDENTIAL_KINDS[scheme].rotation === "secrets"
      ? NEWEST_SECRET_AT[flavor]
      : sql<number>`created_at`;
  return sql<boolean>`(${hasStatus("active", at)} and ${FOUND[finding](at, madeAt)})`;
}

/** When the newest secret was made of a credential that stays the same when it is rotated. */
const NEWEST_SECRET_AT: Readonly<Record<Flavor, RawBuilder<number>>> = {
  sqlite: sql`json_extract(material, '$.secrets[#-1].createdAt')`,
  postgres: sql`cast(cast(material as json) -> 'secrets' -> -1 ->> 'createdAt' as bigint)`,
};

type Found = (at: number, madeAt: RawBuilder<number>) => RawBuilder<boolean>;

const FOUND: Readonly<Record<KeyFinding, Found>> = {
  old: (at, madeAt) => sql<boolean>`${madeAt} <= ${at - OLD_MILLIS}`,
  unused: (at) => sql<boolean>`coalesce(last_used_at, created_at) <= ${at - UNUSED_MILLIS}`,
  expiring: (at) => sql<boolean>`expires_at <= ${at + EXPIRING_MILLIS}`,
  unrestricted: () => sql<boolean>`allowed_ips = '[]' and expires_at is null`,
};

/** The condition that a key is meant: by part of its name, or by its id or last characters. */
export function isMeant(search: string): RawBuilder<boolean> {
  return sql<boolean>`(${holdsText("name", search)} or last_four = ${search} or id = ${search})`;
}
