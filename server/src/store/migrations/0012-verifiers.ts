import type { Migration } from "./migration.ts";

/**
 * Which processes hold a lease on an API's changes, and how far each has come: what a receipt is
 * made of. A row outlives its lease for as long as what was known under it may be used. The
 * previous release leaves the table alone, and its receipts know of nobody here.
 */
export const verifiers: Migration = {
  number: 12,
  name: "verifiers",
  statements: ({ id, number, millis, clustered }) => [
    // applied_seq: every change up to it is applied there.
    `create table verifier (
      api ${id} not null,
      id ${id} not null,
      applied_seq ${number} not null,
      started_at ${millis} not null,
      renewed_at ${millis} not null,
      lease_ends_at ${millis} not null,
      primary key (api, id)
    ) ${clustered}`,
  ],
};
