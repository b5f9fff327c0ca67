import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import type { PortalSessions } from "../../accounts/portal-sessions.ts";
import type { CallOf } from "../call.ts";
import { instant } from "../instant.ts";
import { Ref } from "../schemas/base.ts";
import { writeRefusals } from "../schemas/error.ts";
import { ApiParams, IdempotencyHeaders } from "../schemas/params.ts";
import { CreatePortalSession, PortalSession } from "../schemas/portal-session.ts";

/** `POST /v1/apis/{api}/portal-sessions`: the way from the API's own product into the dashboard. */
export const portalSessionRoutes =
  (parts: { portalSessions: PortalSessions; callOf: CallOf }): FastifyPluginAsyncTypebox =>
  async (app) => {
    const { portalSessions, callOf } = parts;

    app.post("/v1/apis/:api/portal-sessions", {
      config: { requires: "manage", fresh: "secret" },
      schema: {
        tags: ["portal-sessions"],
        operationId: "createPortalSession",
        summary: "Make a link that opens an account's dashboard once, within five minutes",
        params: ApiParams,
        headers: IdempotencyHeaders,
        body: CreatePortalSession,
        response: { 201: Ref(PortalSession, "The link."), ...writeRefusals(409, 422) },
      },
      handler: async (request, reply) => {
        const draft = { userId: null, ...request.body };
        const { url, expiresAt } = await portalSessions.create(callOf(request), draft);
        return reply.code(201).send({ url, expiresAt: instant(expiresAt) });
      },
    });
  };
