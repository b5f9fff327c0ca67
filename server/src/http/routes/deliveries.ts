import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { type Static, Type } from "typebox";
import type { RetrySelection, WebhookDeliveries } from "../../accounts/webhook-deliveries.ts";
import type { WebhookEndpoints } from "../../accounts/webhook-endpoints.ts";
import type { Ceiling } from "../../store/ceiling.ts";
import type { CallOf } from "../call.ts";
import type { Cursors } from "../cursor.ts";
import { parseInstant } from "../instant.ts";
import { Body, Ref } from "../schemas/base.ts";
import { readRefusals, writeRefusals } from "../schemas/error.ts";
import { answerPage, nameOf } from "../schemas/list.ts";
import { ApiAndId, ApiParams, IdempotencyHeaders } from "../schemas/params.ts";
import {
  DeliveriesOfEndpointQuery,
  DeliveryQuery,
  RetriedDeliveries,
  RetryDeliveries,
  toWebhookDelivery,
  WebhookDelivery,
  WebhookDeliveryList,
} from "../schemas/webhook-delivery.ts";

const tags = ["deliveries"];
const area = "webhooks";
const params = ApiAndId("dlv");
const ofEndpoint = ApiAndId("wh");

interface Parts {
  readonly webhookDeliveries: WebhookDeliveries;
  readonly webhookEndpoints: WebhookEndpoints;
  readonly cursors: Cursors;
  readonly callOf: CallOf;
}

/** `/v1/apis/{api}/deliveries`: what was sent to webhook endpoints, and sending it once more. */
export const deliveryRoutes =
  (parts: Parts): FastifyPluginAsyncTypebox =>
  async (app) => {
    const { webhookDeliveries, webhookEndpoints, cursors, callOf } = parts;

    const page = (api: string, query: Static<typeof DeliveryQuery>, ceiling: Ceiling) => {
      const { accountId, endpointId, status, type, eventId } = query;
      const filter = { accountId, endpointId, status, type, eventId, ceiling };
      return answerPage({
        cursors,
        name: { list: `${api}/deliveries`, filter },
        query,
        read: (wanted) => webhookDeliveries.list(api, filter, wanted),
        toWire: toWebhookDelivery,
      });
    };

    app.get("/v1/apis/:api/deliveries", {
      config: { requires: "read", area },
      schema: {
        tags,
        operationId: "listDeliveries",
        summary: "List deliveries with requests and answers, newest first; dead ones too",
        params: ApiParams,
        querystring: DeliveryQuery,
        response: { 200: Ref(WebhookDeliveryList, "A page of deliveries."), ...readRefusals() },
      },
      handler: ({ params: { api }, query, ceiling }) => page(api, query, ceiling),
    });

    app.get("/v1/apis/:api/webhook-endpoints/:id/deliveries", {
      config: { requires: "read", area },
      schema: {
        tags,
        operationId: "listDeliveriesOfEndpoint",
        summary: "List the deliveries of one endpoint, newest first",
        params: ofEndpoint,
        querystring: DeliveriesOfEndpointQuery,
        response: { 200: Ref(WebhookDeliveryList, "A page of deliveries."), ...readRefusals() },
      },
      handler: async ({ params: { api, id }, query, ceiling }) => {
        const { id: endpointId } = await webhookEndpoints.find(api, { id }, ceiling);
        return page(api, { ...query, endpointId }, ceiling);
      },
    });

    app.get("/v1/apis/:api/deliveries/:id", {
      config: { requires: "read", area },
      schema: {
        tags,
        operationId: "getDelivery",
        summary: "Read a delivery with its attempts",
        params,
        response: { 200: Ref(WebhookDelivery, "The delivery."), ...readRefusals() },
      },
      handler: async ({ params: { api, id }, ceiling }) =>
        toWebhookDelivery(await webhookDeliveries.find(api, id, ceiling)),
    });

    app.post("/v1/apis/:api/deliveries/:id/retry", {
      config: { requires: "manage", area },
      schema: {
        tags,
        operationId: "retryDelivery",
        summary: "Send a delivery once more, now, whatever became of it",
        params,
        headers: IdempotencyHeaders,
        body: Type.Optional(Body({})),
        response: { 200: Ref(WebhookDelivery, "The delivery."), ...writeRefusals(409, 422) },
      },
      handler: async (request) =>
        toWebhookDelivery(await webhookDeliveries.retry(callOf(request), request.params.id)),
    });

    app.post("/v1/apis/:api/webhook-endpoints/:id/retry", {
      config: { requires: "manage", area },
      schema: {
        tags,
        operationId: "retryDeliveries",
        summary: "Send many deliveries of an endpoint once more",
        params: ofEndpoint,
        headers: IdempotencyHeaders,
        body: RetryDeliveries,
        response: { 200: Ref(RetriedDeliveries, "How many."), ...writeRefusals(409, 422) },
      },
      handler: async (request) => {
        const { status = "dead", from, to, cursor } = request.body;
        const selection: RetrySelection = {
          ...{ endpointId: request.params.id, status },
          ...(from !== undefined && { from: parseInstant(from, "from") }),
          ...(to !== undefined && { to: parseInstant(to, "to") }),
        };
        const list = nameOf({ list: `${request.params.api}/retry`, filter: { ...selection } });
        const page = { ...selection, after: cursors.read(list, cursor) };
        const { retried, next } = await webhookDeliveries.retryMany(callOf(request), page);
        return { retried, more: next !== null, nextCursor: cursors.write(list, next) };
      },
    });
  };
