import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { Type } from "typebox";
import type { OperatorPersons } from "../../sign-in/operator-persons.ts";
import { requireWholeReach } from "../access.ts";
import type { CallOf } from "../call.ts";
import type { Cursors } from "../cursor.ts";
import { Body, Id, Ref } from "../schemas/base.ts";
import { readRefusals, writeRefusals } from "../schemas/error.ts";
import { answerPage, pageQuery } from "../schemas/list.ts";
import {
  CreateOperator,
  Invitation,
  InvitedOperator,
  OperatorList,
  OperatorPerson,
  toOperator,
  UpdateOperator,
} from "../schemas/operator.ts";
import { IdempotencyHeaders } from "../schemas/params.ts";

const tags = ["operators"];
const params = Type.Object({ id: Id("opr") });

/** `/v1/operators`: the people who run this installation. */
export const operatorRoutes =
  (parts: {
    operatorPersons: OperatorPersons;
    cursors: Cursors;
    callOf: CallOf;
  }): FastifyPluginAsyncTypebox =>
  async (app) => {
    const { operatorPersons, cursors, callOf } = parts;

    app.get("/v1/operators", {
      config: { requires: "appoint" },
      schema: {
        tags,
        operationId: "listOperators",
        summary: "List the people who run this installation, newest first",
        querystring: Type.Object(pageQuery, { additionalProperties: false }),
        response: { 200: Ref(OperatorList, "A page of operators."), ...readRefusals() },
      },
      handler: (request) => {
        requireWholeReach(request);
        return answerPage({
          cursors,
          name: { list: "operators" },
          query: request.query,
          read: operatorPersons.list,
          toWire: toOperator,
        });
      },
    });

    app.post("/v1/operators", {
      config: { requires: "appoint", fresh: "secret" },
      schema: {
        tags,
        operationId: "createOperator",
        summary: "Invite somebody to run this installation",
        headers: IdempotencyHeaders,
        body: CreateOperator,
        response: { 201: Ref(InvitedOperator, "The new operator."), ...writeRefusals(409, 422) },
      },
      handler: async (request, reply) => {
        requireWholeReach(request);
        const { person, link } = await operatorPersons.create(callOf(request), request.body);
        return reply.code(201).send({ ...toOperator(person), ...(link !== undefined && { link }) });
      },
    });

    app.post("/v1/operators/:id/invite", {
      config: { requires: "appoint", fresh: "secret" },
      schema: {
        tags,
        operationId: "inviteOperator",
        summary: "Invite an operator again who has not come yet; the invitation before ends",
        params,
        headers: IdempotencyHeaders,
        body: Type.Optional(Body({})),
        response: { 202: Ref(Invitation, "It is sent."), ...writeRefusals(409, 422) },
      },
      handler: async (request, reply) => {
        requireWholeReach(request);
        const { link } = await operatorPersons.invite(callOf(request), request.params.id);
        return reply.code(202).send(link === undefined ? {} : { link });
      },
    });

    app.patch("/v1/operators/:id", {
      config: { requires: "appoint", fresh: "factors" },
      schema: {
        tags,
        operationId: "updateOperator",
        summary: "Change an operator's name, role or APIs; it holds from the next call on",
        params,
        body: UpdateOperator,
        response: { 200: Ref(OperatorPerson, "The changed operator."), ...writeRefusals(409) },
      },
      handler: async (request) => {
        requireWholeReach(request);
        const { id } = request.params;
        return toOperator(await operatorPersons.update(callOf(request), id, request.body));
      },
    });

    app.post("/v1/operators/:id/remove", {
      config: { requires: "appoint", fresh: "factors" },
      schema: {
        tags,
        operationId: "removeOperator",
        summary: "Remove an operator; their sessions end",
        params,
        headers: IdempotencyHeaders,
        body: Type.Optional(Body({})),
        response: { 204: Type.Null({ description: "Removed." }), ...writeRefusals(409, 422) },
      },
      handler: async (request, reply) => {
        requireWholeReach(request);
        await operatorPersons.remove(callOf(request), request.params.id);
        return reply.code(204).send(null);
      },
    });
  };
