import type { Migration } from "./migration.ts";

/**
 * Operators who are persons, second factors, passkeys, and links that let someone in once. `api` is
 * `*` for operators. The previous release leaves the tables alone, and asks for no second factor.
 */
export const signIn: Migration = {
  number: 11,
  name: "sign-in",
  statements: ({ id, number, millis, bytes, end }) => [
    // apis is JSON; null: every API. What was begun before signed_out_at has ended.
    `create table operator_person (
      id ${id} not null primary key,
      email text not null,
      email_key ${id} not null unique,
      name text not null,
      role text not null check (role in ('viewer', 'admin', 'owner')),
      apis text,
      password_hash text,
      created_at ${millis} not null,
      signed_out_at ${millis}
    ) ${end}`,
    "create index operator_person_listed on operator_person (created_at, id)",
    `alter table person add column signed_out_at ${millis}`,

    // sealed is the seed. last_step is the newest 30 seconds, counted from 1970, whose code was used.
    `create table totp (
      api ${id} not null,
      person_id ${id} not null,
      sealed ${bytes} not null,
      created_at ${millis} not null,
      confirmed_at ${millis},
      last_step ${number},
      primary key (api, person_id)
    ) ${end}`,
    // digest is SHA-256 of the person and the code, which has 80 random bits.
    `create table recovery_code (
      api ${id} not null,
      person_id ${id} not null,
      digest ${bytes} not null,
      used_at ${millis},
      primary key (api, person_id, digest)
    ) ${end}`,
    // id is the credential's, base64url; public_key a COSE key; transports JSON.
    `create table passkey (
      api ${id} not null,
      id ${id} not null,
      person_id ${id} not null,
      name text not null,
      public_key ${bytes} not null,
      counter ${number} not null,
      transports text not null,
      created_at ${millis} not null,
      last_used_at ${millis},
      primary key (api, id)
    ) ${end}`,
    "create index passkey_of_person on passkey (api, person_id, created_at, id)",
    // digest is SHA-256 of the link's secret; person_id is null while a set-up makes the person.
    `create table sign_in_link (
      api ${id} not null,
      digest ${bytes} not null,
      kind text not null check (kind in ('setup', 'invitation', 'reset')),
      person_id ${id},
      created_at ${millis} not null,
      expires_at ${millis} not null,
      used_at ${millis},
      primary key (api, digest)
    ) ${end}`,
    "create unique index sign_in_link_digest on sign_in_link (digest)",
    "create index sign_in_link_of_person on sign_in_link (api, person_id, kind)",
    "create index sign_in_link_expiry on sign_in_link (expires_at)",
  ],
};
