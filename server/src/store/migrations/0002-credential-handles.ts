import type { Migration } from "./migration.ts";

/**
 * Room for credentials that requests name openly and prove otherwise: by a signature or a second
 * secret. Expand only: the previous release inserts without the new columns and gets their
 * defaults; it neither finds nor accepts the new kinds.
 */
export const credentialHandles: Migration = {
  number: 2,
  name: "credential-handles",
  statements: ({ id, number, millis, bytes, clustered }) => [
    // What requests name the credential by where that is no secret; digest is its SHA-256 then.
    `alter table credential add column handle ${id}`,
    // Counts the changes of its secrets.
    `alter table credential add column generation ${number} not null default 1`,
    // JSON: intervals within the overlap in which the rotated one is refused.
    "alter table credential add column brown_outs text not null default '[]'",
    // The application that it belongs to.
    `alter table credential add column application_id ${id}`,
    // The few that may have sealed secrets, for the replacement of a master key.
    "create index credential_material on credential (api, id) where material is not null",

    // What may be used once, by SHA-256 of its name; kept until it could not be used anyway.
    `create table one_time_use (
      api ${id} not null,
      digest ${bytes} not null,
      expires_at ${millis} not null,
      primary key (api, digest)
    ) ${clustered}`,
    "create index one_time_use_expiry on one_time_use (expires_at)",
  ],
};
