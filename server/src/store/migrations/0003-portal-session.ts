import type { Migration } from "./migration.ts";

/**
 * Links with which a customer's user opens the dashboard, and the way from a platform to its
 * accounts. The previous release knows neither and goes on as before.
 */
export const portalSession: Migration = {
  number: 3,
  name: "portal-session",
  statements: ({ id, millis, bytes, end }) => [
    // digest is SHA-256 of the link's secret; opened_at is set by the one who opens it first.
    `create table portal_session (
      api ${id} not null,
      id ${id} not null,
      digest ${bytes} not null,
      account_id ${id} not null,
      user_id ${id} not null,
      capabilities text not null,
      return_url text,
      created_at ${millis} not null,
      expires_at ${millis} not null,
      opened_at ${millis},
      primary key (api, id),
      unique (api, digest),
      foreign key (api, account_id) references account (api, id),
      foreign key (api, user_id) references person (api, id)
    ) ${end}`,
    "create index portal_session_expiry on portal_session (api, expires_at)",
    "create index account_of_parent on account (api, parent_id, created_at, id)",
  ],
};
