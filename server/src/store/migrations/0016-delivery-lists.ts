import type { Migration } from "./migration.ts";

/**
 * Deliveries are listed by how they stand, and those of one event. Each list is read from the end of
 * an index, so that a page costs the same among a million; `type` is in the indexes in order that
 * those of other types are passed over without reading their rows. The previous release lists
 * deliveries more slowly.
 */
export const deliveryLists: Migration = {
  number: 16,
  name: "delivery-lists",
  statements: () => [
    "drop index webhook_delivery_listed",
    "drop index webhook_delivery_of_endpoint",
    "drop index webhook_delivery_of_owner",
    "drop index webhook_delivery_dead",
    `create index webhook_delivery_listed
      on webhook_delivery (api, status, created_at, id, type)`,
    `create index webhook_delivery_of_endpoint
      on webhook_delivery (api, endpoint_id, status, created_at, id, type)`,
    `create index webhook_delivery_of_owner
      on webhook_delivery (api, owner_id, status, created_at, id, type)
      where owner_id is not null`,
    "create index webhook_delivery_of_event on webhook_delivery (event_id, api)",
  ],
};
