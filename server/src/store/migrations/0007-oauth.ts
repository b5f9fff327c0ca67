import type { Migration } from "./migration.ts";

/**
 * What the authorization servers keep. No column holds anything that could be presented: ids are
 * hashed, secrets sealed or hashed. The previous release leaves these tables alone.
 */
export const oauth: Migration = {
  number: 7,
  name: "oauth",
  statements: ({ id, millis, bytes, end, clustered }) => [
    // A revoked grant stays: while its row says so, nothing can be issued under it any more.
    // scopes is JSON, and payload what the library wants to know again.
    `create table oauth_grant (
      api ${id} not null,
      id ${id} not null,
      user_id ${id} not null,
      account_id ${id} not null,
      application_id ${id} not null,
      scopes text not null,
      payload text not null,
      created_at ${millis} not null,
      last_used_at ${millis},
      revoked_at ${millis},
      expires_at ${millis} not null,
      primary key (api, id),
      foreign key (api, user_id) references person (api, id),
      foreign key (api, account_id) references account (api, id)
    ) ${end}`,
    "create index oauth_grant_listed on oauth_grant (api, created_at, id)",
    "create index oauth_grant_of_user on oauth_grant (api, user_id, created_at, id)",
    "create index oauth_grant_of_account on oauth_grant (api, account_id, created_at, id)",

    // Codes, refresh tokens, sessions and the like. digest is SHA-256 of the model's name and the
    // raw id; uid_digest and user_code_digest are other names it has.
    `create table oauth_artifact (
      api ${id} not null,
      model ${id} not null,
      digest ${bytes} not null,
      grant_id ${id},
      uid_digest ${bytes},
      user_code_digest ${bytes},
      payload text not null,
      consumed_at ${millis},
      created_at ${millis} not null,
      expires_at ${millis} not null,
      primary key (api, model, digest)
    ) ${clustered}`,
    "create index oauth_artifact_of_grant on oauth_artifact (api, grant_id)",
    "create index oauth_artifact_uid on oauth_artifact (api, uid_digest)",
    "create index oauth_artifact_user_code on oauth_artifact (api, user_code_digest)",
    "create index oauth_artifact_expiry on oauth_artifact (expires_at)",

    // Clients that registered themselves; those with an account are in application.
    `create table oauth_client (
      api ${id} not null,
      id ${id} not null,
      metadata text not null,
      created_at ${millis} not null,
      primary key (api, id)
    ) ${end}`,

    // An API's own key pairs, one current for each algorithm.
    `create table issuer_key (
      api ${id} not null,
      id ${id} not null,
      algorithm ${id} not null,
      status text not null check (status in ('next', 'current', 'retired')),
      public_key text not null,
      sealed ${bytes} not null,
      created_at ${millis} not null,
      primary key (api, id)
    ) ${end}`,
    `create unique index issuer_key_current on issuer_key (api, algorithm)
      where status = 'current'`,
    "create unique index issuer_key_next on issuer_key (api, algorithm) where status = 'next'",
  ],
};
