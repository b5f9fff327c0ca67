import type { Migration } from "./migration.ts";

/**
 * How long decisions took: by account as counts in buckets, of which percentiles are made, and by
 * credential as totals, by which the slowest are found. The previous release leaves both tables
 * alone: what it decides is counted in usage, and not timed.
 */
export const latency: Migration = {
  number: 18,
  name: "latency",
  statements: ({ id, number, millis, clustered }) => [
    // account_id is * for all accounts together, so that an API's own chart reads few rows.
    `create table latency (
      api ${id} not null,
      account_id ${id} not null,
      hour ${millis} not null,
      bucket ${number} not null,
      count ${number} not null,
      primary key (api, account_id, hour, bucket)
    ) ${clustered}`,
    `create table credential_latency (
      api ${id} not null,
      hour ${millis} not null,
      credential_id ${id} not null,
      account_id ${id} not null,
      timed ${number} not null,
      total_micros ${number} not null,
      max_micros ${number} not null,
      primary key (api, hour, credential_id)
    ) ${clustered}`,
    `create index credential_latency_of_account
      on credential_latency (api, account_id, hour, credential_id)`,
  ],
};
