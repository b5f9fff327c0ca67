import type { Kysely } from "kysely";
import type { Ask } from "./ask.ts";
import type { Ceiling } from "./ceiling.ts";
import { expiringKeyReads } from "./expiring-keys.ts";
import type { Page, PageRequest } from "./records.ts";
import type { Tables } from "./schema.ts";
import { webhookDeliveryReads } from "./webhook-deliveries.ts";
import type { DeliveryFilter } from "./webhook-delivery-lists.ts";
import { type DueEndpoint, type DueFilter, webhookDueReads } from "./webhook-due.ts";
import {
  type ClaimedDelivery,
  type DueDeliveriesFilter,
  webhookDueDeliveryReads,
} from "./webhook-due-deliveries.ts";
import type { NamedEndpoint } from "./webhook-endpoint-rows.ts";
import { type EndpointFilter, webhookEndpointReads } from "./webhook-endpoints.ts";
import type { DeliveryRecord, WebhookEndpointRecord } from "./webhook-record.ts";
import { type SealedEndpoint, sealedEndpointReads } from "./webhook-resealing.ts";

/** What can be read of webhooks. */
export interface WebhookReads {
  readonly endpoints: {
    find(
      api: string,
      named: NamedEndpoint,
      ceiling?: Ceiling,
    ): Promise<WebhookEndpointRecord | undefined>;
    list(
      api: string,
      filter: EndpointFilter,
      page: PageRequest,
    ): Promise<Page<WebhookEndpointRecord>>;
  };
  readonly deliveries: {
    find(api: string, id: string, ceiling?: Ceiling): Promise<DeliveryRecord | undefined>;
    list(api: string, filter: DeliveryFilter, page: PageRequest): Promise<Page<DeliveryRecord>>;
  };
  /** Whether a sender holds the lease of an endpoint. */
  isServed(api: string, id: string, at: number): Promise<boolean>;
  /** Endpoints of all APIs with something to send that nobody is sending; longest unserved first. */
  dueEndpoints(at: number, filter: DueFilter): Promise<readonly DueEndpoint[]>;
  /** What is due to an endpoint, in the order in which it goes out; for who holds its lease. */
  dueDeliveries(at: number, filter: DueDeliveriesFilter): Promise<readonly ClaimedDelivery[]>;
  /** Of all APIs, in one order, after `after`. */
  sealedEndpoints(
    after: SealedEndpoint | undefined,
    limit: number,
  ): Promise<readonly SealedEndpoint[]>;
  /** Whether there is a key for `tellOfExpiringKeys` to tell of. */
  areExpiring(api: string, at: number): Promise<boolean>;
}

/** Reading side of webhooks. */
export function webhookReads(db: Kysely<Tables>, ask: Ask): WebhookReads {
  return {
    endpoints: webhookEndpointReads(db, ask),
    deliveries: webhookDeliveryReads(db, ask),
    ...webhookDueReads(db, ask),
    ...webhookDueDeliveryReads(db, ask),
    ...expiringKeyReads(db, ask),
    ...sealedEndpointReads(db, ask),
  };
}
