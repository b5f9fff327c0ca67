import { ApiError, type Clock } from "@latchkey/engine";
import type { Ceiling } from "../store/ceiling.ts";
import type { Page, PageKey, PageRequest } from "../store/records.ts";
import type { Store } from "../store/store.ts";
import type { DeliveryFilter } from "../store/webhook-delivery-lists.ts";
import type { DeliveryRecord, DeliveryStatus } from "../store/webhook-record.ts";
import type { Call } from "./call.ts";

/** Which of one endpoint's deliveries are sent once more. */
export interface RetrySelection {
  readonly endpointId: string;
  readonly status: Exclude<DeliveryStatus, "pending">;
  /** When their events happened, in Unix milliseconds: inclusive, and exclusive. */
  readonly from?: number;
  readonly to?: number;
}

/** The same, and the `next` of the call before. */
export interface RetryPage extends RetrySelection {
  readonly after: PageKey | undefined;
}

/** How many are sent once more, and after which of them the rest begins. */
export interface Retried {
  readonly retried: number;
  readonly next: PageKey | null;
}

/** The use cases of deliveries. */
export interface WebhookDeliveries {
  /** @throws {ApiError} `NOT_FOUND`. */
  find(api: string, id: string, ceiling?: Ceiling): Promise<DeliveryRecord>;
  list(api: string, filter: DeliveryFilter, page: PageRequest): Promise<Page<DeliveryRecord>>;
  /** Sends it now, whatever became of it. @throws {ApiError} `NOT_FOUND`; `CONFLICT`. */
  retry(call: Call, id: string): Promise<DeliveryRecord>;
  /** At most 500 at once, oldest first. @throws {ApiError} `NOT_FOUND`; `CONFLICT`. */
  retryMany(call: Call, page: RetryPage): Promise<Retried>;
}

const MOST_RETRIED = 500;

/** Deliveries of all APIs, kept in `store`. */
export function createWebhookDeliveries(parts: {
  readonly store: Store;
  readonly clock: Clock;
  /** Told that something is on its way. */
  readonly onQueued?: () => void;
}): WebhookDeliveries {
  const { store, clock, onQueued = () => undefined } = parts;
  return {
    async find(api, id, ceiling) {
      const delivery = await store.webhooks.deliveries.find(api, id, ceiling);
      if (delivery !== undefined) return delivery;
      throw new ApiError("NOT_FOUND", "There is no such delivery.");
    },

    list: (api, filter, page) => store.webhooks.deliveries.list(api, filter, page),

    async retry(call, id) {
      const { output } = await store.write("retryDelivery", { id }, { ...call, at: clock() });
      onQueued();
      return output;
    },

    async retryMany(call, page) {
      const input = { ...page, limit: MOST_RETRIED };
      const { output } = await store.write("retryDeliveries", input, { ...call, at: clock() });
      onQueued();
      return output;
    },
  };
}
