import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { Type } from "typebox";
import type { OperatorTokens } from "../../accounts/operator-tokens.ts";
import { operatorOf } from "../access.ts";
import type { CallOf } from "../call.ts";
import type { Cursors } from "../cursor.ts";
import { Body, Id, Ref } from "../schemas/base.ts";
import { readRefusals, writeRefusals } from "../schemas/error.ts";
import { answerPage, pageQuery } from "../schemas/list.ts";
import {
  CreateOperatorToken,
  IssuedOperatorToken,
  OperatorToken,
  OperatorTokenList,
  toOperatorToken,
} from "../schemas/operator-token.ts";
import { IdempotencyHeaders } from "../schemas/params.ts";

const tags = ["operator-tokens"];

/** `/v1/operator-tokens`: who may call this API. The environment's token is in no list. */
export const operatorTokenRoutes =
  (parts: {
    operatorTokens: OperatorTokens;
    cursors: Cursors;
    callOf: CallOf;
  }): FastifyPluginAsyncTypebox =>
  async (app) => {
    const { operatorTokens, cursors, callOf } = parts;

    app.post("/v1/operator-tokens", {
      config: { requires: "appoint", fresh: "secret" },
      schema: {
        tags,
        operationId: "issueOperatorToken",
        summary: "Issue an operator token and show its only copy",
        headers: IdempotencyHeaders,
        body: CreateOperatorToken,
        response: {
          201: Ref(IssuedOperatorToken, "The token with its secret."),
          ...writeRefusals(409, 422),
        },
      },
      handler: async (request, reply) => {
        const { apis } = operatorOf(request);
        const issued = await operatorTokens.issue(callOf(request), request.body, apis);
        return reply.code(201).send({ ...toOperatorToken(issued), token: issued.token });
      },
    });

    app.get("/v1/operator-tokens", {
      config: { requires: "appoint" },
      schema: {
        tags,
        operationId: "listOperatorTokens",
        summary: "List operator tokens, newest first; never their secrets",
        querystring: Type.Object(pageQuery, { additionalProperties: false }),
        response: { 200: Ref(OperatorTokenList, "A page of operator tokens."), ...readRefusals() },
      },
      handler: (request) =>
        answerPage({
          cursors,
          name: { list: "operator-tokens" },
          query: request.query,
          read: (page) => operatorTokens.list(page, operatorOf(request).apis),
          toWire: toOperatorToken,
        }),
    });

    app.post("/v1/operator-tokens/:id/revoke", {
      config: { requires: "appoint" },
      schema: {
        tags,
        operationId: "revokeOperatorToken",
        summary: "End an operator token for good, now",
        params: Type.Object({ id: Id("op") }),
        headers: IdempotencyHeaders,
        body: Type.Optional(Body({})),
        response: { 200: Ref(OperatorToken, "The revoked token."), ...writeRefusals(409, 422) },
      },
      handler: async (request) => {
        const { apis } = operatorOf(request);
        const { id } = request.params;
        return toOperatorToken(await operatorTokens.revoke(callOf(request), id, apis));
      },
    });
  };
