import type { Migration } from "./migration.ts";

/**
 * What a user has approved of an application, so that the same is not asked twice. The application's
 * account and redirect URIs are copied: where they differ now, it is not what was approved. The
 * previous release leaves the table alone, and asks each time.
 */
export const rememberedConsent: Migration = {
  number: 9,
  name: "remembered-consent",
  statements: ({ id, millis, end }) => [
    // scopes and redirect_uris are JSON.
    `create table oauth_consent (
      api ${id} not null,
      user_id ${id} not null,
      application_id ${id} not null,
      account_id ${id} not null,
      redirect_uris text not null,
      scopes text not null,
      created_at ${millis} not null,
      primary key (api, user_id, application_id),
      foreign key (api, user_id) references person (api, id)
    ) ${end}`,
  ],
};
