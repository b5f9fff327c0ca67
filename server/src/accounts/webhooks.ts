import { createWebhookDeliveries, type WebhookDeliveries } from "./webhook-deliveries.ts";
import {
  createWebhookEndpoints,
  type WebhookEndpointParts,
  type WebhookEndpoints,
} from "./webhook-endpoints.ts";

/** The use cases of webhooks. */
export interface WebhookUseCases {
  readonly webhookEndpoints: WebhookEndpoints;
  readonly webhookDeliveries: WebhookDeliveries;
}

/** Endpoints and deliveries of all APIs, kept in one store. */
export function createWebhooks(parts: WebhookEndpointParts): WebhookUseCases {
  return {
    webhookEndpoints: createWebhookEndpoints(parts),
    webhookDeliveries: createWebhookDeliveries(parts),
  };
}
