import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { Type } from "typebox";
import type { Requests } from "../../accounts/requests.ts";
import type { CallOf } from "../call.ts";
import type { Cursors } from "../cursor.ts";
import { Id, Ref } from "../schemas/base.ts";
import { readRefusals, writeRefusals } from "../schemas/error.ts";
import { answerPage, pageQuery } from "../schemas/list.ts";
import { ApiAndId, ApiParams, IdempotencyHeaders } from "../schemas/params.ts";
import {
  CreateRequest,
  CustomerRequest,
  CustomerRequestList,
  DecideRequest,
  requestStatus,
  toCustomerRequest,
} from "../schemas/request.ts";

const tags = ["requests"];
const area = "usage";
const RequestParams = ApiAndId("req");

/** `/v1/apis/{api}/requests`: what customers ask for, and what the operator says to it. */
export const requestRoutes =
  (parts: { requests: Requests; cursors: Cursors; callOf: CallOf }): FastifyPluginAsyncTypebox =>
  async (app) => {
    const { requests, cursors, callOf } = parts;

    app.post("/v1/apis/:api/requests", {
      config: { requires: "manage", area },
      schema: {
        tags,
        operationId: "createRequest",
        summary: "Ask for a higher limit, or for an application to be verified",
        params: ApiParams,
        headers: IdempotencyHeaders,
        body: CreateRequest,
        response: {
          201: Ref(CustomerRequest, "The request, which is open."),
          ...writeRefusals(409, 422),
        },
      },
      handler: async (request, reply) => {
        const made = await requests.create(callOf(request), request.body);
        return reply.code(201).send(toCustomerRequest(made));
      },
    });

    app.get("/v1/apis/:api/requests", {
      config: { requires: "read", area },
      schema: {
        tags,
        operationId: "listRequests",
        summary: "List what customers asked for, newest first",
        params: ApiParams,
        querystring: Type.Object(
          {
            ...pageQuery,
            accountId: Type.Optional(Id("acct")),
            status: Type.Optional(requestStatus),
          },
          { additionalProperties: false },
        ),
        response: { 200: Ref(CustomerRequestList, "A page of requests."), ...readRefusals() },
      },
      handler: ({ params: { api }, query, ceiling }) => {
        const filter = { accountId: query.accountId, status: query.status, ceiling };
        return answerPage({
          cursors,
          name: { list: `${api}/requests`, filter },
          query,
          read: (page) => requests.list(api, filter, page),
          toWire: toCustomerRequest,
        });
      },
    });

    app.get("/v1/apis/:api/requests/:id", {
      config: { requires: "read", area },
      schema: {
        tags,
        operationId: "getRequest",
        summary: "Read what a customer asked for",
        params: RequestParams,
        response: { 200: Ref(CustomerRequest, "The request."), ...readRefusals() },
      },
      handler: async ({ params: { api, id }, ceiling }) =>
        toCustomerRequest(await requests.find(api, id, ceiling)),
    });

    for (const [verb, verdict, summary] of VERDICTS) {
      app.post(`/v1/apis/:api/requests/:id/${verb}`, {
        config: { requires: "manage" },
        schema: {
          tags,
          operationId: `${verb}Request`,
          summary,
          params: RequestParams,
          headers: IdempotencyHeaders,
          body: Type.Optional(DecideRequest),
          response: {
            200: Ref(CustomerRequest, "The request as it was decided."),
            ...writeRefusals(409, 422),
          },
        },
        handler: async (request) => {
          const decision = { ...request.body, id: request.params.id, verdict };
          return toCustomerRequest(await requests.decide(callOf(request), decision));
        },
      });
    }
  };

const VERDICTS = [
  ["approve", "approved", "Agree to a request, and do what it asks for"],
  ["decline", "declined", "Refuse a request"],
] as const;
