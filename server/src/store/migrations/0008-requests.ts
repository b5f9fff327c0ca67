import type { Migration } from "./migration.ts";

/**
 * What customers ask of the operator: a higher limit, or that an application is verified. Rows are
 * kept once they are decided. The previous release leaves the table alone.
 */
export const requests: Migration = {
  number: 8,
  name: "requests",
  statements: ({ id, millis, end }) => [
    // detail is JSON; decided_at is null while status is 'open'.
    `create table customer_request (
      api ${id} not null,
      id ${id} not null,
      account_id ${id} not null,
      kind text not null check (kind in ('limit', 'verification')),
      detail text not null,
      status text not null check (status in ('open', 'approved', 'declined')),
      note text,
      created_at ${millis} not null,
      decided_at ${millis},
      primary key (api, id),
      foreign key (api, account_id) references account (api, id)
    ) ${end}`,
    "create index customer_request_listed on customer_request (api, created_at, id)",
    `create index customer_request_of_account
      on customer_request (api, account_id, created_at, id)`,
    `create index customer_request_by_status
      on customer_request (api, status, created_at, id)`,
  ],
};
