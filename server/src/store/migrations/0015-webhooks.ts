import type { Migration } from "./migration.ts";

/**
 * Where webhooks go, and what waits to be sent there. The previous release leaves both tables alone:
 * what happens while it runs reaches no endpoint.
 */
export const webhooks: Migration = {
  number: 15,
  name: "webhooks",
  statements: ({ id, number, millis, end }) => [
    // events and secrets are JSON; locked_by is the sender that holds the lease until locked_until;
    // served_at is when the last lease began, which makes senders go round.
    `create table webhook_endpoint (
      api ${id} not null,
      id ${id} not null,
      account_id ${id},
      application_id ${id},
      url text not null,
      description text,
      events text not null,
      format text not null,
      payload_template text,
      version text,
      secrets text not null,
      strict_order integer not null,
      parallel integer not null,
      created_at ${millis} not null,
      disabled_at ${millis},
      disabled_reason text,
      failing_since ${millis},
      revoked_at ${millis},
      locked_by ${id},
      locked_until ${millis} not null,
      served_at ${millis} not null,
      primary key (api, id),
      foreign key (api, account_id) references account (api, id),
      foreign key (api, application_id) references application (api, id)
    ) ${end}`,
    "create index webhook_endpoint_listed on webhook_endpoint (api, created_at, id)",
    `create index webhook_endpoint_of_account
      on webhook_endpoint (api, account_id) where revoked_at is null`,
    `create unique index webhook_endpoint_of_application
      on webhook_endpoint (api, application_id, url)
      where application_id is not null and revoked_at is null`,
    // owner_id is the endpoint's account, which account_id need not be: a delivery is its owner's.
    // data and log are JSON; seq counts in the order of commits; run_at is 0 before the first
    // attempt, so that what is new goes out in the order of seq.
    `create table webhook_delivery (
      api ${id} not null,
      id ${id} not null,
      endpoint_id ${id} not null,
      owner_id ${id},
      event_id ${id} not null,
      type text not null,
      account_id ${id},
      application_id ${id},
      data text not null,
      created_at ${millis} not null,
      seq ${number} not null,
      status text not null check (status in ('pending', 'delivered', 'dead')),
      attempts ${number} not null,
      tries ${number} not null,
      run_at ${millis} not null,
      log text not null,
      settled_at ${millis},
      primary key (api, id),
      foreign key (api, endpoint_id) references webhook_endpoint (api, id)
    ) ${end}`,
    `create index webhook_delivery_due
      on webhook_delivery (api, endpoint_id, run_at, seq) where status = 'pending'`,
    "create index webhook_delivery_listed on webhook_delivery (api, created_at, id)",
    `create index webhook_delivery_of_endpoint
      on webhook_delivery (api, endpoint_id, created_at, id)`,
    `create index webhook_delivery_of_owner
      on webhook_delivery (api, owner_id, created_at, id) where owner_id is not null`,
    `create index webhook_delivery_dead
      on webhook_delivery (api, created_at, id) where status = 'dead'`,
    `create index webhook_delivery_settled
      on webhook_delivery (settled_at) where settled_at is not null`,
    // Keys about to expire are looked for by their end.
    `create index credential_expiring
      on credential (api, expires_at, id) where scheme = 'api-key' and expires_at is not null`,
  ],
};
