import type { Migration } from "./migration.ts";

/**
 * Who is to be told of sign-outs (OpenID Connect Back-Channel Logout), which grants began in which
 * sign-in, and whose sign-ins there are. Expand only: the previous release tells fewer clients, and
 * sign-ins that it writes are known by their user from their next use on.
 */
export const logoutNotices: Migration = {
  number: 19,
  name: "logout-notices",
  statements: ({ id, number, millis, end }) => [
    // What ID tokens call the sign-in in which the grant was made.
    `alter table oauth_grant add column sid ${id}`,
    // Of sign-ins, and of those under way.
    `alter table oauth_artifact add column user_id ${id}`,
    `create index oauth_artifact_of_user
      on oauth_artifact (api, user_id) where user_id is not null`,
    // sid is empty when every sign-in of the user is meant. A sender holds what it tells of by a
    // run_at in the near future.
    `create table logout_notice (
      api ${id} not null,
      client_id ${id} not null,
      user_id ${id} not null,
      sid ${id} not null,
      created_at ${millis} not null,
      run_at ${millis} not null,
      tries ${number} not null,
      primary key (api, client_id, user_id, sid)
    ) ${end}`,
    "create index logout_notice_due on logout_notice (run_at)",
  ],
};
