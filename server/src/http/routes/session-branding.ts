import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import type { CompiledPolicy } from "@latchkey/engine";
import { Type } from "typebox";
import { Ref } from "../schemas/base.ts";
import { BrandingAnswer, toBranding } from "../schemas/branding.ts";
import { readRefusals } from "../schemas/error.ts";

/** `/v1/session/branding`: as whose the door of an API's customers is shown, and nothing more. */
export const sessionBrandingRoutes =
  (policies: ReadonlyMap<string, CompiledPolicy>): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get("/v1/session/branding", {
      config: { public: "Whoever is at the door sees whose it is.", beforeSignIn: true },
      schema: {
        tags: ["session"],
        operationId: "getBranding",
        summary: "Read as whose an API's customers are let in",
        querystring: Type.Object({
          api: Type.String({ minLength: 1, maxLength: 32, description: "The API's slug." }),
        }),
        response: { 200: Ref(BrandingAnswer, "Name, logo and colours."), ...readRefusals() },
      },
      handler: async ({ query: { api } }) => {
        const policy = policies.get(api);
        // Whether there is such an API is not said here.
        return { branding: policy === undefined ? null : toBranding(policy.policy) };
      },
    });
  };
