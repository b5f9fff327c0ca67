import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { Type } from "typebox";
import type { PasskeyRecord } from "../../sign-in/people.ts";
import { instant, instantOrNull } from "../instant.ts";
import { Body, Ref, Text } from "../schemas/base.ts";
import { readRefusals, writeRefusals } from "../schemas/error.ts";
import {
  CodeBody,
  NewPasskey,
  NewTotp,
  Passkey,
  PasskeyList,
  PasskeyOptions,
  RecoveryCodes,
} from "../schemas/session.ts";
import { requirePerson, type SessionRouteParts, whenceOf } from "../session/sign-in-steps.ts";

const tags = ["session"];
const reads = { session: "whole", area: "security" } as const;
const changes = { ...reads, fresh: "factors" } as const;
const empty = Type.Optional(Body({}));

/** `/v1/session/totp`, `/recovery-codes` and `/passkeys`: a person's own factors. */
export const sessionFactorRoutes =
  (parts: SessionRouteParts): FastifyPluginAsyncTypebox =>
  async (app) => {
    const { secondFactors, passkeys } = parts;

    app.post("/v1/session/totp", {
      config: changes,
      schema: {
        tags,
        operationId: "beginTotp",
        summary: "Begin with an authenticator app; it counts once its first code is confirmed",
        body: empty,
        response: { 201: Ref(NewTotp, "For the app."), ...writeRefusals(409) },
      },
      handler: async (request, reply) => {
        const begun = await secondFactors.beginTotp(
          requirePerson(request),
          whenceOf(parts, request),
        );
        return reply.code(201).send(begun);
      },
    });

    app.post("/v1/session/totp/confirm", {
      config: changes,
      schema: {
        tags,
        operationId: "confirmTotp",
        summary: "Confirm the app by a code of it, and get recovery codes",
        body: CodeBody,
        response: { 200: Ref(RecoveryCodes, "The only copy of them."), ...writeRefusals(409) },
      },
      handler: (request) =>
        secondFactors.confirmTotp(
          requirePerson(request),
          request.body.code,
          whenceOf(parts, request),
        ),
    });

    app.post("/v1/session/totp/remove", {
      config: changes,
      schema: {
        tags,
        operationId: "removeTotp",
        summary: "Do without the app, and forget the recovery codes",
        body: empty,
        response: { 204: Type.Null({ description: "Removed." }), ...writeRefusals() },
      },
      handler: async (request, reply) => {
        await secondFactors.removeTotp(requirePerson(request), whenceOf(parts, request));
        return reply.code(204).send(null);
      },
    });

    app.post("/v1/session/recovery-codes", {
      config: changes,
      schema: {
        tags,
        operationId: "renewRecoveryCodes",
        summary: "Replace all recovery codes by new ones",
        body: empty,
        response: { 201: Ref(RecoveryCodes, "The only copy of them."), ...writeRefusals(409) },
      },
      handler: async (request, reply) => {
        const whence = whenceOf(parts, request);
        const recoveryCodes = await secondFactors.newRecoveryCodes(requirePerson(request), whence);
        return reply.code(201).send({ recoveryCodes });
      },
    });

    app.get("/v1/session/passkeys", {
      config: reads,
      schema: {
        tags,
        operationId: "listPasskeys",
        summary: "List your passkeys",
        response: { 200: Ref(PasskeyList, "The passkeys."), ...readRefusals() },
      },
      handler: async (request) => {
        const found = await passkeys.list(requirePerson(request));
        return { data: found.map(toPasskey) };
      },
    });

    app.post("/v1/session/passkeys/options", {
      config: changes,
      schema: {
        tags,
        operationId: "getNewPasskeyOptions",
        summary: "Ask for the options with which a browser makes a passkey",
        body: empty,
        response: { 200: Ref(PasskeyOptions, "For the browser."), ...writeRefusals() },
      },
      handler: async (request) => ({
        options: await passkeys.registrationOptions(requirePerson(request)),
      }),
    });

    app.post("/v1/session/passkeys", {
      config: changes,
      schema: {
        tags,
        operationId: "addPasskey",
        summary: "Add the passkey that the browser made",
        body: NewPasskey,
        response: { 201: Ref(Passkey, "The passkey."), ...writeRefusals(409) },
      },
      handler: async (request, reply) => {
        const whence = whenceOf(parts, request);
        const added = await passkeys.register(requirePerson(request), request.body, whence);
        return reply.code(201).send(toPasskey(added));
      },
    });

    app.post("/v1/session/passkeys/:id/remove", {
      config: changes,
      schema: {
        tags,
        operationId: "removePasskey",
        summary: "Remove a passkey",
        params: Type.Object({ id: Text({ minLength: 1, maxLength: 1400 }) }),
        body: empty,
        response: { 204: Type.Null({ description: "Removed." }), ...writeRefusals() },
      },
      handler: async (request, reply) => {
        const { id } = request.params;
        await passkeys.remove(requirePerson(request), id, whenceOf(parts, request));
        return reply.code(204).send(null);
      },
    });
  };

function toPasskey({ id, name, createdAt, lastUsedAt }: PasskeyRecord) {
  return { id, name, createdAt: instant(createdAt), lastUsedAt: instantOrNull(lastUsedAt) };
}
