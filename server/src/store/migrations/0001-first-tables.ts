import type { Migration } from "./migration.ts";

/**
 * The first tables. Every table but the deployment's own is keyed by API first, so a query that
 * forgets its API finds no index and stands out. There is no previous release.
 */
export const firstTables: Migration = {
  number: 1,
  name: "first-tables",
  statements: ({ id, number, millis, bytes, end, clustered }) => [
    `create table account (
      api ${id} not null,
      id ${id} not null,
      name text not null,
      kind text not null check (kind in ('account', 'platform', 'organization', 'team')),
      parent_id ${id},
      plan text,
      external_id text,
      created_at ${millis} not null,
      suspended_at ${millis},
      primary key (api, id),
      foreign key (api, parent_id) references account (api, id)
    ) ${end}`,
    "create index account_listed on account (api, created_at, id)",

    // email_key is the address in lower case: two spellings of one mailbox are one user.
    `create table person (
      api ${id} not null,
      id ${id} not null,
      number ${number} not null,
      name text,
      email text,
      email_key ${id},
      password_hash text,
      created_at ${millis} not null,
      primary key (api, id),
      unique (api, number),
      unique (api, email_key)
    ) ${end}`,
    "create index person_listed on person (api, created_at, id)",

    // user_created_at repeats the person's, which never changes, so that one account's users are
    // listed from one index.
    `create table membership (
      api ${id} not null,
      user_id ${id} not null,
      account_id ${id} not null,
      role text not null,
      user_created_at ${millis} not null,
      primary key (api, user_id, account_id),
      foreign key (api, user_id) references person (api, id),
      foreign key (api, account_id) references account (api, id)
    ) ${clustered}`,
    "create index membership_listed on membership (api, account_id, user_created_at, user_id)",

    // One table for every kind of credential: digest finds an opaque one (SHA-256 of the whole
    // secret), material is JSON that only its scheme reads. expires_at is what the owner asked
    // for, overlap_ends_at what a rotation set: the earlier of the two ends it. last_used_at is in
    // no index, for it is written more often than all others.
    `create table credential (
      api ${id} not null,
      id ${id} not null,
      scheme text not null,
      account_id ${id} not null,
      user_id ${id},
      name text not null,
      digest ${bytes},
      material text,
      prefix text not null,
      last_four text not null,
      scopes text not null,
      mode text not null,
      allowed_ips text not null,
      limits text,
      signing text not null,
      lineage_id ${id} not null,
      successor_id ${id},
      rotated_at ${millis},
      overlap_ends_at ${millis},
      created_at ${millis} not null,
      expires_at ${millis},
      revoked_at ${millis},
      last_used_at ${millis},
      primary key (api, id),
      unique (api, digest),
      foreign key (api, account_id) references account (api, id),
      foreign key (api, user_id) references person (api, id)
    ) ${end}`,
    "create index credential_listed on credential (api, scheme, created_at, id)",
    "create index credential_of_account on credential (api, account_id, scheme, created_at, id)",
    "create index credential_lineage on credential (api, lineage_id)",

    `create table operator_token (
      id ${id} not null primary key,
      name text not null,
      role text not null,
      apis text,
      digest ${bytes} not null unique,
      created_at ${millis} not null,
      revoked_at ${millis}
    ) ${end}`,
    "create index operator_token_listed on operator_token (created_at, id)",

    // The change feed: seq has no gap within its API, because the row of change_head is taken last
    // in each transaction and held until its commit.
    `create table change (
      api ${id} not null,
      seq ${number} not null,
      at ${millis} not null,
      kind text not null,
      subject_id ${id} not null,
      state text not null,
      primary key (api, seq)
    ) ${clustered}`,
    `create table change_head (
      api ${id} not null primary key,
      seq ${number} not null
    ) ${clustered}`,

    `create table event (
      api ${id} not null,
      at ${millis} not null,
      id ${id} not null,
      type text not null,
      actor_kind text not null,
      actor_id text,
      account_id ${id},
      credential_id ${id},
      request_id text,
      address text,
      detail text not null,
      count ${number} not null,
      primary key (api, at, id)
    ) ${clustered}`,
    "create index event_of_account on event (api, account_id, at, id)",
    "create index event_of_credential on event (api, credential_id, at, id)",
    "create index event_of_type on event (api, type, at, id)",

    `create table usage (
      api ${id} not null,
      hour ${millis} not null,
      credential_id ${id} not null,
      outcome ${id} not null,
      account_id ${id} not null,
      count ${number} not null,
      client_version text,
      primary key (api, hour, credential_id, outcome)
    ) ${clustered}`,
    "create index usage_of_account on usage (api, account_id, hour, credential_id, outcome)",
    "create index usage_of_credential on usage (api, credential_id, hour, outcome)",

    // sealed is null while the command that claimed the key is still in its transaction.
    `create table idempotency (
      api ${id} not null,
      key_digest ${bytes} not null,
      body_digest ${bytes} not null,
      sealed ${bytes},
      claimed_at ${millis} not null,
      expires_at ${millis} not null,
      primary key (api, key_digest)
    ) ${clustered}`,
    "create index idempotency_expiry on idempotency (expires_at)",

    `create table policy_version (
      api ${id} not null,
      version ${number} not null,
      digest text not null,
      document text not null,
      recorded_at ${millis} not null,
      primary key (api, version)
    ) ${end}`,

    // The last number given out for each name; the row is also the lock for giving out the next.
    `create table counter (
      api ${id} not null,
      name ${id} not null,
      value ${number} not null,
      primary key (api, name)
    ) ${clustered}`,
  ],
};
