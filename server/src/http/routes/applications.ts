import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { Type } from "typebox";
import type { Applications } from "../../accounts/applications.ts";
import type { CallOf } from "../call.ts";
import type { Cursors } from "../cursor.ts";
import {
  Application,
  ApplicationList,
  CreateApplication,
  IssuedApplication,
  toApplication,
  toIssuedApplication,
  UpdateApplication,
} from "../schemas/application.ts";
import { Body, Id, Ref } from "../schemas/base.ts";
import { readRefusals, writeRefusals } from "../schemas/error.ts";
import { PlanBrownOuts, Rotate } from "../schemas/keyring.ts";
import { answerPage, pageQuery } from "../schemas/list.ts";
import { ApiAndId, ApiParams, IdempotencyHeaders } from "../schemas/params.ts";
import { RevocationReceipt, toReceipt, WaitQuery } from "../schemas/receipt.ts";
import { instants } from "./keyring.ts";

const tags = ["applications"];
const area = "applications";
const ApplicationParams = ApiAndId("app");
const DEFAULT_OVERLAP_SECONDS = 86_400;

/** `/v1/apis/{api}/applications`: register, list, read, change, judge, rotate, revoke. */
export const applicationRoutes =
  (parts: {
    applications: Applications;
    cursors: Cursors;
    callOf: CallOf;
  }): FastifyPluginAsyncTypebox =>
  async (app) => {
    const { applications, cursors, callOf } = parts;

    app.post("/v1/apis/:api/applications", {
      config: { requires: "manage", area, fresh: "secret", operatorsOnly: ["status"] },
      schema: {
        tags,
        operationId: "createApplication",
        summary: "Register an application and show the only copy of its secret",
        params: ApiParams,
        headers: IdempotencyHeaders,
        body: CreateApplication,
        response: {
          201: Ref(IssuedApplication, "The application with its secret."),
          ...writeRefusals(409, 422),
        },
      },
      handler: async (request, reply) => {
        const issued = await applications.create(callOf(request), request.body);
        return reply.code(201).send(toIssuedApplication(issued));
      },
    });

    app.get("/v1/apis/:api/applications", {
      config: { requires: "read", area },
      schema: {
        tags,
        operationId: "listApplications",
        summary: "List applications, newest first; never their secrets",
        params: ApiParams,
        querystring: Type.Object(
          { ...pageQuery, accountId: Type.Optional(Id("acct")) },
          { additionalProperties: false },
        ),
        response: { 200: Ref(ApplicationList, "A page of applications."), ...readRefusals() },
      },
      handler: ({ params: { api }, query, ceiling }) => {
        const filter = { accountId: query.accountId, ceiling };
        return answerPage({
          cursors,
          name: { list: `${api}/applications`, filter },
          query,
          read: (page) => applications.list(api, filter, page),
          toWire: toApplication,
        });
      },
    });

    app.get("/v1/apis/:api/applications/:id", {
      config: { requires: "read", area },
      schema: {
        tags,
        operationId: "getApplication",
        summary: "Read an application; never its secret",
        params: ApplicationParams,
        response: { 200: Ref(Application, "The application."), ...readRefusals() },
      },
      handler: async ({ params: { api, id }, ceiling }) =>
        toApplication(await applications.find(api, { id, ceiling })),
    });

    app.patch("/v1/apis/:api/applications/:id", {
      config: { requires: "manage", area },
      schema: {
        tags,
        operationId: "updateApplication",
        summary: "Change an application's name, redirect URIs, scopes, permissions or settings",
        params: ApplicationParams,
        body: UpdateApplication,
        response: { 200: Ref(Application, "The changed application."), ...writeRefusals(409) },
      },
      handler: async (request) => {
        const name = { id: request.params.id };
        return toApplication(await applications.update(callOf(request), name, request.body));
      },
    });

    for (const [verb, status, summary] of VERDICTS) {
      app.post(`/v1/apis/:api/applications/:id/${verb}`, {
        config: { requires: "manage" },
        schema: {
          tags,
          operationId: `${verb}Application`,
          summary,
          params: ApplicationParams,
          headers: IdempotencyHeaders,
          body: Type.Optional(Body({})),
          response: { 200: Ref(Application, "The application."), ...writeRefusals(409, 422) },
        },
        handler: async (request) => {
          const name = { id: request.params.id };
          return toApplication(await applications.setStatus(callOf(request), name, status));
        },
      });
    }

    for (const [verb, operationId, summary] of ROTATIONS) {
      app.post(`/v1/apis/:api/applications/:id/${verb}`, {
        config: { requires: "manage", area, fresh: "secret" },
        schema: {
          tags,
          operationId,
          summary,
          params: ApplicationParams,
          headers: IdempotencyHeaders,
          body: Rotate,
          response: {
            201: Ref(IssuedApplication, "The application with its new secret."),
            ...writeRefusals(409, 422),
          },
        },
        handler: async (request, reply) => {
          const { overlapSeconds = DEFAULT_OVERLAP_SECONDS, force = false } = request.body;
          const rotation = { overlapSeconds, force, brownOuts: instants(request.body.brownOuts) };
          const name = { id: request.params.id };
          const issued = await applications.rotateSecret(callOf(request), name, rotation);
          return reply.code(201).send(toIssuedApplication(issued));
        },
      });
    }

    app.post("/v1/apis/:api/applications/:id/brown-outs", {
      config: { requires: "manage", area },
      schema: {
        tags,
        operationId: "planApplicationBrownOuts",
        summary: "Choose when the old secret is refused for a moment before its overlap ends",
        params: ApplicationParams,
        headers: IdempotencyHeaders,
        body: PlanBrownOuts,
        response: { 200: Ref(Application, "The application."), ...writeRefusals(409, 422) },
      },
      handler: async (request) => {
        const brownOuts = instants(request.body.brownOuts);
        const name = { id: request.params.id };
        return toApplication(await applications.planBrownOuts(callOf(request), name, brownOuts));
      },
    });

    app.post("/v1/apis/:api/applications/:id/revoke", {
      config: { requires: "manage", area },
      schema: {
        tags,
        operationId: "revokeApplication",
        summary: "End an application for good, now",
        params: ApplicationParams,
        headers: IdempotencyHeaders,
        querystring: WaitQuery,
        body: Type.Optional(Body({})),
        response: { 200: Ref(RevocationReceipt, "The receipt."), ...writeRefusals(409, 422) },
      },
      handler: async (request) => {
        const { params, query } = request;
        return toReceipt(await applications.revoke(callOf(request), { id: params.id }, query.wait));
      },
    });
  };

const VERDICTS = [
  ["verify", "verified", "Say that an application is what it claims to be"],
  ["reject", "rejected", "Refuse an application; what it has stops working now"],
] as const;

/** As for every other kind, and under the name that says what is rotated. */
const ROTATIONS = [
  ["rotate", "rotateApplication", "Make another secret; the old one works until the overlap ends"],
  ["rotate-secret", "rotateClientSecret", "The same as `rotate`"],
] as const;
