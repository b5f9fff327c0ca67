import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { ApiError } from "@latchkey/engine";
import { Type } from "typebox";
import { Body, Id, Ref } from "../schemas/base.ts";
import { readRefusals, writeRefusals } from "../schemas/error.ts";
import { DeviceList, toDevice } from "../schemas/session.ts";
import {
  requirePerson,
  type SessionRouteParts,
  takeCookie,
  visitorOf,
  whenceOf,
} from "../session/sign-in-steps.ts";

const tags = ["session"];
const config = { session: "whole", area: "security" } as const;
const ended = Type.Null({ description: "Signed out there." });

/** `/v1/session/devices`: the browsers in which a person is signed in. */
export const sessionDeviceRoutes =
  (parts: SessionRouteParts): FastifyPluginAsyncTypebox =>
  async (app) => {
    const { sessions } = parts;

    app.get("/v1/session/devices", {
      config,
      schema: {
        tags,
        operationId: "listDevices",
        summary: "List the browsers in which you are signed in, newest first",
        response: { 200: Ref(DeviceList, "The browsers."), ...readRefusals() },
      },
      handler: async (request) => {
        const { session } = visitorOf(request);
        const data = await sessions.list(requirePerson(request));
        return { data: data.map((one) => toDevice(one, session.id)) };
      },
    });

    app.post("/v1/session/devices/:id/revoke", {
      config,
      schema: {
        tags,
        operationId: "revokeDevice",
        summary: "Sign out in one browser",
        params: Type.Object({ id: Id("ses") }),
        body: Type.Optional(Body({})),
        response: { 204: ended, ...writeRefusals() },
      },
      handler: async (request, reply) => {
        const { id } = request.params;
        const person = requirePerson(request);
        if (!(await sessions.revoke(person, id, whenceOf(parts, request)))) {
          throw new ApiError("NOT_FOUND", "There is no such session.");
        }
        if (id === visitorOf(request).session.id) takeCookie(reply);
        return reply.code(204).send(null);
      },
    });

    app.post("/v1/session/devices/revoke-others", {
      config,
      schema: {
        tags,
        operationId: "revokeOtherDevices",
        summary: "Sign out in every other browser",
        body: Type.Optional(Body({})),
        response: { 204: ended, ...writeRefusals() },
      },
      handler: async (request, reply) => {
        const { session } = visitorOf(request);
        await sessions.revokeOthers(requirePerson(request), session, whenceOf(parts, request));
        return reply.code(204).send(null);
      },
    });
  };
