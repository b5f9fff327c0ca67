import type { Migration } from "./migration.ts";

/**
 * Keys are told of before they expire by when their notice is due, which for those that were made
 * for less than seven days is when a seventh of their life is left. The counter of the previous
 * release goes by the end instead: what it has told of within seven days is told of once more.
 */
export const expiryNotices: Migration = {
  number: 17,
  name: "expiry-notices",
  statements: () => [
    "drop index credential_expiring",
    `create index credential_expiring on credential (api,
      (expires_at - case when expires_at - created_at > 604800000
        then 604800000 else (expires_at - created_at) / 7 end), id)
      where scheme = 'api-key' and expires_at is not null`,
  ],
};
