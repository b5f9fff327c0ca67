import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import type { CompiledPolicy } from "@latchkey/engine";
import { seenApis } from "../access.ts";
import { ApiList, toApi } from "../schemas/api.ts";
import { Ref } from "../schemas/base.ts";
import { readRefusals } from "../schemas/error.ts";

/** `/v1/apis`: what this deployment protects, as far as the token may see it. */
export const apisRoutes =
  (parts: {
    policies: ReadonlyMap<string, CompiledPolicy>;
    publicUrl: string;
  }): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get("/v1/apis", {
      config: { requires: "read", area: "any" },
      schema: {
        tags: ["apis"],
        operationId: "listApis",
        summary: "List the APIs, their profile and mount",
        response: { 200: Ref(ApiList, "The APIs."), ...readRefusals() },
      },
      handler: async (request) => {
        const apis = seenApis(request);
        const visible = [...parts.policies.values()].filter(
          ({ policy }) => apis === null || apis.has(policy.slug),
        );
        return {
          data: visible.map((policy) => toApi(policy, parts.publicUrl)),
          nextCursor: null,
        };
      },
    });
  };
