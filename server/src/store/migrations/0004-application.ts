import type { Migration } from "./migration.ts";

/**
 * Registered OAuth client software. What decisions need of one is in `credential` under the same
 * id: its secrets' digests, what it may do, whether it is revoked; the rest is here. deleted_at
 * repeats that row's revoked_at, so that lists read one table. The previous release leaves the
 * table alone and knows no scheme that accepts such a credential.
 */
export const application: Migration = {
  number: 4,
  name: "application",
  statements: ({ id, millis, end }) => [
    // redirect_uris, scopes, permissions and settings are JSON.
    `create table application (
      api ${id} not null,
      id ${id} not null,
      account_id ${id} not null,
      name text not null,
      kind text not null check (kind in ('oauth', 'platform')),
      type text not null check (type in ('confidential', 'public')),
      redirect_uris text not null,
      scopes text not null,
      permissions text not null,
      access_token_format text not null,
      status text not null,
      logo text,
      home_page text,
      settings text not null,
      created_at ${millis} not null,
      deleted_at ${millis},
      primary key (api, id),
      foreign key (api, account_id) references account (api, id)
    ) ${end}`,
    "create index application_listed on application (api, created_at, id)",
    "create index application_of_account on application (api, account_id, created_at, id)",
  ],
};
