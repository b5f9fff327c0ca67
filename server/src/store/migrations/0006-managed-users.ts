import type { Migration } from "./migration.ts";

/**
 * Users that a platform's application made and owns, and the refresh tokens with which it gets
 * them access tokens. The previous release takes such a user for one like any other.
 */
export const managedUsers: Migration = {
  number: 6,
  name: "managed-users",
  statements: ({ id, millis, bytes, clustered }) => [
    // The application; null: nobody but its account looks after the person.
    `alter table person add column managed_by ${id}`,
    // JSON: what the API's document says of a managed user beside name and email.
    "alter table person add column profile text",
    // What remains of a deleted one is its number, which is not given out again.
    `alter table person add column deleted_at ${millis}`,
    "create index person_managed on person (api, managed_by, number) where managed_by is not null",
    "create index credential_of_user on credential (api, user_id) where user_id is not null",

    // digest is SHA-256 of the token; a used one is gone.
    `create table managed_refresh_token (
      api ${id} not null,
      digest ${bytes} not null,
      application_id ${id} not null,
      user_id ${id} not null,
      created_at ${millis} not null,
      expires_at ${millis} not null,
      primary key (api, digest),
      foreign key (api, application_id) references application (api, id),
      foreign key (api, user_id) references person (api, id)
    ) ${clustered}`,
    "create index managed_refresh_token_of_user on managed_refresh_token (api, user_id)",
    "create index managed_refresh_token_expiry on managed_refresh_token (expires_at)",
  ],
};
