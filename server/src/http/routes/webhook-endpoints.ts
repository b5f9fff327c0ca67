import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { Type } from "typebox";
import type { WebhookEndpoints } from "../../accounts/webhook-endpoints.ts";
import type { CallOf } from "../call.ts";
import type { Cursors } from "../cursor.ts";
import { Body, Ref } from "../schemas/base.ts";
import { readRefusals, writeRefusals } from "../schemas/error.ts";
import { answerPage } from "../schemas/list.ts";
import { ApiAndId, ApiParams, IdempotencyHeaders } from "../schemas/params.ts";
import { RevocationReceipt, toReceipt, WaitQuery } from "../schemas/receipt.ts";
import { PublishEvent, PublishedEvent } from "../schemas/webhook-delivery.ts";
import {
  CreateWebhookEndpoint,
  IssuedWebhookEndpoint,
  RotateWebhookSecret,
  toIssuedWebhookEndpoint,
  toWebhookEndpoint,
  UpdateWebhookEndpoint,
  WebhookEndpoint,
  WebhookEndpointList,
  WebhookEndpointQuery,
} from "../schemas/webhook-endpoint.ts";

const tags = ["webhook-endpoints"];
const area = "webhooks";
const PATH = "/v1/apis/:api/webhook-endpoints";
const params = ApiAndId("wh");

interface Parts {
  readonly webhookEndpoints: WebhookEndpoints;
  readonly cursors: Cursors;
  readonly callOf: CallOf;
}

/** `/v1/apis/{api}/webhook-endpoints` and `events/publish`: where webhooks go, and one's own. */
export const webhookEndpointRoutes =
  ({ webhookEndpoints, cursors, callOf }: Parts): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.post(PATH, {
      config: { requires: "manage", area, fresh: "secret" },
      schema: {
        tags,
        operationId: "createWebhookEndpoint",
        summary: "Say where webhooks go, and see the secret that signs them",
        params: ApiParams,
        headers: IdempotencyHeaders,
        body: CreateWebhookEndpoint,
        response: { 201: Ref(IssuedWebhookEndpoint, "The endpoint."), ...writeRefusals(409, 422) },
      },
      handler: async (request, reply) => {
        const issued = await webhookEndpoints.create(callOf(request), request.body);
        return reply.code(201).send(toIssuedWebhookEndpoint(issued));
      },
    });

    app.get(PATH, {
      config: { requires: "read", area },
      schema: {
        tags,
        operationId: "listWebhookEndpoints",
        summary: "List webhook endpoints, newest first; never their secrets",
        params: ApiParams,
        querystring: WebhookEndpointQuery,
        response: { 200: Ref(WebhookEndpointList, "A page of endpoints."), ...readRefusals() },
      },
      handler: ({ params: { api }, query, ceiling }) => {
        const { accountId, applicationId } = query;
        const filter = { accountId, applicationId, ceiling };
        return answerPage({
          cursors,
          name: { list: `${api}/webhook-endpoints`, filter },
          query,
          read: (page) => webhookEndpoints.list(api, filter, page),
          toWire: toWebhookEndpoint,
        });
      },
    });

    app.get(`${PATH}/:id`, {
      config: { requires: "read", area },
      schema: {
        tags,
        operationId: "getWebhookEndpoint",
        summary: "Read a webhook endpoint; never its secret",
        params,
        response: { 200: Ref(WebhookEndpoint, "The endpoint."), ...readRefusals() },
      },
      handler: async ({ params: { api, id }, ceiling }) =>
        toWebhookEndpoint(await webhookEndpoints.find(api, { id }, ceiling)),
    });

    app.patch(`${PATH}/:id`, {
      config: { requires: "manage", area },
      schema: {
        tags,
        operationId: "updateWebhookEndpoint",
        summary: "Change a webhook endpoint, or switch it off and on",
        params,
        body: UpdateWebhookEndpoint,
        response: { 200: Ref(WebhookEndpoint, "The changed endpoint."), ...writeRefusals(409) },
      },
      handler: async (request) => {
        const { id } = request.params;
        return toWebhookEndpoint(
          await webhookEndpoints.update(callOf(request), { id }, request.body),
        );
      },
    });

    app.post(`${PATH}/:id/rotate`, {
      config: { requires: "manage", area, fresh: "secret" },
      schema: {
        tags,
        operationId: "rotateWebhookSecret",
        summary: "Make a new secret; until the overlap ends deliveries are signed with both",
        params,
        headers: IdempotencyHeaders,
        body: RotateWebhookSecret,
        response: {
          201: Ref(IssuedWebhookEndpoint, "The endpoint with its new secret."),
          ...writeRefusals(409, 422),
        },
      },
      handler: async (request, reply) => {
        const { overlapSeconds = 86_400, force = false, secret } = request.body;
        const rotation = { overlapSeconds, force, ...(secret !== undefined && { secret }) };
        const { id } = request.params;
        const issued = await webhookEndpoints.rotate(callOf(request), { id }, rotation);
        return reply.code(201).send(toIssuedWebhookEndpoint(issued));
      },
    });

    app.post(`${PATH}/:id/revoke`, {
      config: { requires: "manage", area },
      schema: {
        tags,
        operationId: "revokeWebhookEndpoint",
        summary: "End a webhook endpoint for good; what waits for it is given up",
        params,
        headers: IdempotencyHeaders,
        querystring: WaitQuery,
        body: Type.Optional(Body({})),
        response: { 200: Ref(RevocationReceipt, "The receipt."), ...writeRefusals(409, 422) },
      },
      handler: async (request) => {
        const { params, query } = request;
        const receipt = await webhookEndpoints.revoke(
          callOf(request),
          { id: params.id },
          query.wait,
        );
        return toReceipt(receipt);
      },
    });

    app.post(`${PATH}/:id/test`, {
      config: { requires: "manage", area },
      schema: {
        tags,
        operationId: "testWebhookEndpoint",
        summary: "Send a webhook.test event to an endpoint, whatever it wants",
        params,
        headers: IdempotencyHeaders,
        body: Type.Optional(Body({})),
        response: { 202: Ref(PublishedEvent, "It is on its way."), ...writeRefusals(409, 422) },
      },
      handler: async (request, reply) => {
        const sent = await webhookEndpoints.test(callOf(request), { id: request.params.id });
        return reply.code(202).send(sent);
      },
    });

    app.post("/v1/apis/:api/events/publish", {
      config: { requires: "manage" },
      schema: {
        tags,
        operationId: "publishEvent",
        summary: "Send an event of the API's own to every endpoint that wants it",
        params: ApiParams,
        headers: IdempotencyHeaders,
        body: PublishEvent,
        response: { 202: Ref(PublishedEvent, "It is on its way."), ...writeRefusals(409, 422) },
      },
      handler: async (request, reply) =>
        reply.code(202).send(await webhookEndpoints.publish(callOf(request), request.body)),
    });
  };
