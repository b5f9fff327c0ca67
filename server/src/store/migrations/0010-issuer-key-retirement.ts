import type { Migration } from "./migration.ts";

/**
 * When a key was retired, which is how long ago it signed last. Expand only: the previous release
 * retires none.
 */
export const issuerKeyRetirement: Migration = {
  number: 10,
  name: "issuer-key-retirement",
  statements: ({ millis }) => [`alter table issuer_key add column retired_at ${millis}`],
};
