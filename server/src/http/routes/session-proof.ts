import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { ApiError } from "@latchkey/engine";
import type { FastifyRequest } from "fastify";
import { type Static, Type } from "typebox";
import type { Person } from "../../sign-in/people.ts";
import { instant } from "../instant.ts";
import { Ref } from "../schemas/base.ts";
import { writeRefusals } from "../schemas/error.ts";
import { PasswordBody, Proof, ProofBody } from "../schemas/session.ts";
import {
  refused,
  requirePerson,
  requireRight,
  type SessionRouteParts,
  visitorOf,
  whenceOf,
} from "../session/sign-in-steps.ts";

const tags = ["session"];

/** `/v1/session/proof` and `/v1/session/password`: proving anew who one is, and a new password. */
export const sessionProofRoutes =
  (parts: SessionRouteParts): FastifyPluginAsyncTypebox =>
  async (app) => {
    const { sessions, secondFactors, passkeys, passwords } = parts;

    app.post("/v1/session/proof", {
      config: { session: "whole" },
      schema: {
        tags,
        operationId: "proveSession",
        summary: "Prove who you are; for five minutes secrets are issued without a new proof",
        body: ProofBody,
        response: { 200: Ref(Proof, "Until when it counts."), ...writeRefusals(429) },
      },
      handler: async (request) => {
        const person = requirePerson(request);
        await check(request, person, request.body);
        const { session } = visitorOf(request);
        const until = await sessions.markFresh(session, whenceOf(parts, request));
        return { freshUntil: instant(until) };
      },
    });

    app.post("/v1/session/password", {
      config: { session: "whole", area: "security", fresh: "factors" },
      schema: {
        tags,
        operationId: "setPassword",
        summary: "Set your password; your other sessions end",
        body: PasswordBody,
        response: { 204: Type.Null({ description: "It is set." }), ...writeRefusals() },
      },
      handler: async (request, reply) => {
        const person = requirePerson(request);
        const whence = whenceOf(parts, request);
        const { session } = visitorOf(request);
        await passwords.set(person, request.body.password, whence, session.id);
        return reply.code(204).send(null);
      },
    });

    async function check(
      request: FastifyRequest,
      person: Person,
      { password, code, passkey }: Static<typeof ProofBody>,
    ): Promise<void> {
      const whence = whenceOf(parts, request);
      if (password !== undefined) {
        if ((await secondFactors.of(person)).totp) {
          const message = "Your password alone is no proof: send a code or use a passkey.";
          throw new ApiError("FRESH_PROOF_REQUIRED", message);
        }
        requireRight(await passwords.check(person, password, whence));
      } else if (code !== undefined) {
        requireRight(await secondFactors.checkCode(person, code, whence));
      } else {
        const { id } = visitorOf(request).session;
        const tried = await passkeys.authenticate(person.api, passkey, whence, id);
        if (requireRight(tried).person.id !== person.id) throw refused();
      }
    }
  };
