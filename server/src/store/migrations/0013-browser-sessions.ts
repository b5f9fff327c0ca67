import type { Migration } from "./migration.ts";

/**
 * Sessions of browsers, and links into an account for nobody by name. The previous release knows no
 * sessions and goes on as before; links of it are lost, which live for five minutes.
 */
export const browserSessions: Migration = {
  number: 13,
  name: "browser-sessions",
  statements: ({ id, millis, bytes, end }) => [
    // api is '*' for operators; digest is SHA-256 of the cookie. half: a factor is missing yet.
    // proved_at: when the person last proved who they are. ends_at moves with last_seen_at, and is
    // never later than expires_at.
    `create table browser_session (
      id ${id} not null,
      digest ${bytes} not null,
      kind text not null,
      api ${id} not null,
      person_id ${id},
      account_id ${id},
      capabilities text,
      return_url text,
      half text not null,
      user_agent text not null,
      address text,
      created_at ${millis} not null,
      last_seen_at ${millis} not null,
      proved_at ${millis},
      ends_at ${millis} not null,
      expires_at ${millis} not null,
      primary key (id),
      unique (digest)
    ) ${end}`,
    "create index browser_session_person on browser_session (api, kind, person_id, created_at)",
    "create index browser_session_end on browser_session (ends_at)",
    "drop table portal_session",
    // As portal_session was, but that user_id may be null.
    `create table portal_link (
      api ${id} not null,
      id ${id} not null,
      digest ${bytes} not null,
      account_id ${id} not null,
      user_id ${id},
      capabilities text not null,
      return_url text,
      created_at ${millis} not null,
      expires_at ${millis} not null,
      opened_at ${millis},
      primary key (api, id),
      unique (digest),
      foreign key (api, account_id) references account (api, id),
      foreign key (api, user_id) references person (api, id)
    ) ${end}`,
    "create index portal_link_expiry on portal_link (api, expires_at)",
  ],
};
