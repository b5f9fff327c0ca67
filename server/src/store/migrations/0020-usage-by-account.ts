import type { Migration } from "./migration.ts";

/**
 * Usage and times are kept for each account that a credential acts for: a platform's token acts for
 * many within one hour. What was counted before stays with the account that it was put down to. The
 * previous release cannot count into these tables, and keeps what it counts to itself.
 */
export const usageByAccount: Migration = {
  number: 20,
  name: "usage-by-account",
  statements: ({ id, number, millis, clustered }) => [
    "drop index usage_of_account",
    "drop index usage_of_credential",
    "alter table usage rename to usage_before",
    `create table usage (
      api ${id} not null,
      hour ${millis} not null,
      credential_id ${id} not null,
      account_id ${id} not null,
      outcome ${id} not null,
      count ${number} not null,
      client_version text,
      primary key (api, hour, credential_id, account_id, outcome)
    ) ${clustered}`,
    `insert into usage (api, hour, credential_id, account_id, outcome, count, client_version)
      select api, hour, credential_id, account_id, outcome, count, client_version
      from usage_before`,
    "drop table usage_before",
    "create index usage_of_account on usage (api, account_id, hour, credential_id, outcome)",
    "create index usage_of_credential on usage (api, credential_id, hour, account_id, outcome)",

    "drop index credential_latency_of_account",
    "alter table credential_latency rename to credential_latency_before",
    `create table credential_latency (
      api ${id} not null,
      hour ${millis} not null,
      credential_id ${id} not null,
      account_id ${id} not null,
      timed ${number} not null,
      total_micros ${number} not null,
      max_micros ${number} not null,
      primary key (api, hour, credential_id, account_id)
    ) ${clustered}`,
    `insert into credential_latency
      (api, hour, credential_id, account_id, timed, total_micros, max_micros)
      select api, hour, credential_id, account_id, timed, total_micros, max_micros
      from credential_latency_before`,
    "drop table credential_latency_before",
    `create index credential_latency_of_account
      on credential_latency (api, account_id, hour, credential_id)`,
  ],
};
