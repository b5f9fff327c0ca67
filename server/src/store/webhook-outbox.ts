import { invalidField } from "@latchkey/engine";
import { selectAccount } from "./accounts.ts";
import { isApplication } from "./application-rows.ts";
import type { Transaction } from "./transaction.ts";
import { lockEndpoint, type NamedEndpoint, requireOpenEndpoint } from "./webhook-endpoint-rows.ts";
import { insertDeliveries, queueDeliveries } from "./webhook-queue.ts";
import type { WebhookEvent } from "./webhook-record.ts";

interface TestEndpoint extends NamedEndpoint {
  readonly eventId: string;
}

/** An event of the API's own, which is always an account's. */
type OwnEvent = WebhookEvent & { readonly accountId: string };

/** An event that is on its way. */
export interface Published {
  readonly id: string;
  /** How many endpoints get it. */
  readonly endpoints: number;
}

export const webhookOutboxCommands = {
  /**
   * Puts an event of the API's own on its way to each endpoint that wants it.
   * @throws {ApiError} `INVALID_REQUEST` for an account or an application that is not there.
   */
  async publishEvent(tx: Transaction, event: OwnEvent): Promise<Published> {
    const { api } = tx.context;
    if ((await selectAccount(tx.db, api, event.accountId)) === undefined) {
      throw invalidField("accountId", "There is no such account.");
    }
    // One that is revoked has no endpoints any more, and may be told of all the same.
    if (event.applicationId !== null && !(await isApplication(tx.db, api, event.applicationId))) {
      throw invalidField("applicationId", "There is no such application.");
    }
    const endpoints = await queueDeliveries(tx.db, tx.context, [event]);
    const { id, type, accountId } = event;
    tx.event("event.published", { accountId, detail: { eventId: id, type, endpoints } });
    return { id, endpoints };
  },

  /** The same of a test, to one endpoint, whatever it wants. @throws {ApiError} As `retryDelivery`. */
  async testWebhookEndpoint(tx: Transaction, input: TestEndpoint): Promise<Published> {
    const row = await lockEndpoint(tx, input);
    requireOpenEndpoint(row);
    const { id, account_id: accountId, application_id: applicationId } = row;
    const data = { endpointId: id };
    const event = { id: input.eventId, type: "webhook.test", accountId, applicationId, data };
    await insertDeliveries(tx.db, tx.context, [{ event, id, ownerId: accountId }]);
    tx.event("webhook_endpoint.tested", { accountId, detail: { endpointId: id } });
    return { id: input.eventId, endpoints: 1 };
  },
} as const;
