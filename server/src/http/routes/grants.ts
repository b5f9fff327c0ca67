import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import type { Clock } from "@latchkey/engine";
import { Type } from "typebox";
import type { Grants } from "../../accounts/grants.ts";
import type { CallOf } from "../call.ts";
import type { Cursors } from "../cursor.ts";
import { Body, Id, Ref, Text } from "../schemas/base.ts";
import { readRefusals, writeRefusals } from "../schemas/error.ts";
import { Grant, GrantList, toGrant } from "../schemas/grant.ts";
import { answerPage, pageQuery } from "../schemas/list.ts";
import { ApiParams, IdempotencyHeaders } from "../schemas/params.ts";
import { RevocationReceipt, toReceipt, WaitQuery } from "../schemas/receipt.ts";

const tags = ["grants"];
const area = "applications";
/** Grants are named by the authorization server. */
const GrantParams = Type.Object({
  ...ApiParams.properties,
  id: Type.String({ pattern: "^[A-Za-z0-9_-]{1,128}$" }),
});

/** `/v1/apis/{api}/grants`: who approved what, and the end of it. */
export const grantRoutes =
  (parts: {
    grants: Grants;
    clock: Clock;
    cursors: Cursors;
    callOf: CallOf;
  }): FastifyPluginAsyncTypebox =>
  async (app) => {
    const { grants, clock, cursors, callOf } = parts;

    app.get("/v1/apis/:api/grants", {
      config: { requires: "read", area },
      schema: {
        tags,
        operationId: "listGrants",
        summary: "List which users approved which applications, newest first",
        params: ApiParams,
        querystring: Type.Object(
          {
            ...pageQuery,
            accountId: Type.Optional(Id("acct")),
            userId: Type.Optional(Id("user")),
            // Those that registered themselves have ids of another form.
            applicationId: Type.Optional(Text({ minLength: 1, maxLength: 2048 })),
          },
          { additionalProperties: false },
        ),
        response: { 200: Ref(GrantList, "A page of grants."), ...readRefusals() },
      },
      handler: ({ params: { api }, query, ceiling }) => {
        const { accountId, userId, applicationId } = query;
        const filter = { accountId, userId, applicationId, ceiling };
        const now = clock();
        return answerPage({
          cursors,
          name: { list: `${api}/grants`, filter },
          query,
          read: (page) => grants.list(api, filter, page),
          toWire: (grant) => toGrant(grant, now),
        });
      },
    });

    app.get("/v1/apis/:api/grants/:id", {
      config: { requires: "read", area },
      schema: {
        tags,
        operationId: "getGrant",
        summary: "Read that a user approved an application",
        params: GrantParams,
        response: { 200: Ref(Grant, "The grant."), ...readRefusals() },
      },
      handler: async ({ params: { api, id }, ceiling }) =>
        toGrant(await grants.find(api, id, ceiling), clock()),
    });

    app.post("/v1/apis/:api/grants/:id/revoke", {
      config: { requires: "manage", area },
      schema: {
        tags,
        operationId: "revokeGrant",
        summary: "End a grant and every token of it for good, now",
        params: GrantParams,
        headers: IdempotencyHeaders,
        querystring: WaitQuery,
        body: Type.Optional(Body({})),
        response: { 200: Ref(RevocationReceipt, "The receipt."), ...writeRefusals(409, 422) },
      },
      handler: async (request) => {
        const { params, query } = request;
        return toReceipt(await grants.revoke(callOf(request), params.id, query.wait));
      },
    });
  };
