import type { Migration } from "./migration.ts";

/**
 * What only access tokens have of all credentials. Expand only: rows of the previous release have
 * none of it, and it inserts none.
 */
export const accessTokens: Migration = {
  number: 5,
  name: "access-tokens",
  statements: ({ id }) => [
    // The grant whose end is the token's too.
    `alter table credential add column grant_id ${id}`,
    // 'user', 'managed-user' or 'application': whom it is from; null on everything else.
    "alter table credential add column token_kind text",
    // RFC 9449 §6.1: the thumbprint of the key to which it is bound.
    "alter table credential add column bound_key text",
    // JSON: the browser origins from which it may be sent; null: from any.
    "alter table credential add column origins text",
    `create index credential_of_application on credential (api, application_id, user_id)
      where token_kind is not null`,
    "create index credential_of_grant on credential (api, grant_id) where grant_id is not null",
    "create index credential_token_expiry on credential (expires_at) where token_kind is not null",
  ],
};
