import type { Migration } from "./migration.ts";

/**
 * Keys are looked for by name and listed by how they stand. The index holds what these conditions
 * ask for, so that a search passes over 100,000 keys without reading their rows; tokens, of which
 * there are far more and no list, are not in it. The previous release lists keys more slowly.
 */
export const keyLists: Migration = {
  number: 14,
  name: "key-lists",
  statements: () => [
    "drop index credential_listed",
    `create index credential_listed on credential (api, scheme, created_at, id, revoked_at,
      expires_at, overlap_ends_at, rotated_at, name, last_four) where token_kind is null`,
  ],
};
