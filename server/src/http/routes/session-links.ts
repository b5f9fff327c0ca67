import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { ApiError } from "@latchkey/engine";
import { Type } from "typebox";
import { Ref } from "../schemas/base.ts";
import { writeRefusals } from "../schemas/error.ts";
import { LinkBody, LinkView, LookBody, ResetBody, SignInStep } from "../schemas/session.ts";
import { createSignInSteps, type SessionRouteParts, whenceOf } from "../session/sign-in-steps.ts";

const tags = ["session"];
const config = { public: "Whoever has the link may use it, once.", beforeSignIn: true } as const;

/** `/v1/session/links` and `/v1/session/reset`: getting in by a link, and asking for one. */
export const sessionLinkRoutes =
  (parts: SessionRouteParts): FastifyPluginAsyncTypebox =>
  async (app) => {
    const { sessions, links } = parts;
    const steps = createSignInSteps(parts);

    app.post("/v1/session/links", {
      config,
      schema: {
        tags,
        operationId: "useLink",
        summary: "Use up the secret of a link, and be signed in",
        body: LinkBody,
        response: { 200: Ref(SignInStep, "What comes next."), ...writeRefusals(409, 429) },
      },
      handler: async (request, reply) => {
        const { kind, token, ...use } = request.body;
        const browser = await steps.browserOf(request);
        if (kind === "portal") {
          const opened = await sessions.openPortal(token, browser);
          if (opened === undefined) throw invalidLink();
          return steps.welcome(opened, reply);
        }
        const person = await links.consume(kind, token, use, whenceOf(parts, request));
        if (person === undefined) throw invalidLink();
        return steps.afterPassword({ person, browser, reply });
      },
    });

    app.post("/v1/session/links/look", {
      config,
      schema: {
        tags,
        operationId: "lookAtLink",
        summary: "Ask what a link is for, without using it",
        body: LookBody,
        response: { 200: Ref(LinkView, "What it is for."), ...writeRefusals() },
      },
      handler: async ({ body: { kind, token } }) => {
        if (kind === "portal") {
          const api = await sessions.portalApi(token);
          if (api === undefined) throw invalidLink();
          return { kind, api };
        }
        const found = await links.look(kind, token);
        if (found === undefined) throw invalidLink();
        const { email, name, api } = found;
        return {
          kind,
          ...(email !== null && { email }),
          ...(name !== null && { name }),
          ...(api !== null && { api }),
        };
      },
    });

    app.post("/v1/session/reset", {
      config: { ...config, public: "Who forgot the password cannot sign in." },
      schema: {
        tags,
        operationId: "requestReset",
        summary: "Have a link mailed with which a password is set anew",
        body: ResetBody,
        response: {
          202: Type.Object({}, { description: "Whether there is such a person is not said." }),
          ...writeRefusals(429),
        },
      },
      handler: async (request, reply) => {
        const { email, api = null } = request.body;
        await links.requestReset(api, email, whenceOf(parts, request));
        return reply.code(202).send({});
      },
    });
  };

function invalidLink(): ApiError {
  return new ApiError("LINK_INVALID", "This link was used, has expired, or never was.");
}
