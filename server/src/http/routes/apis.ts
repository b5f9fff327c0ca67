import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { ApiError, type CompiledPolicy } from "@latchkey/engine";
import { seenApis } from "../access.ts";
import { ApiDetail, ApiList, toApi, toApiDetail } from "../schemas/api.ts";
import { Ref } from "../schemas/base.ts";
import { readRefusals } from "../schemas/error.ts";
import { ApiParams } from "../schemas/params.ts";

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

    app.get("/v1/apis/:api", {
      config: { requires: "read", area: "any" },
      schema: {
        tags: ["apis"],
        operationId: "getApi",
        summary: "Read an API with its scopes, schemes and plans",
        params: ApiParams,
        response: { 200: Ref(ApiDetail, "The API."), ...readRefusals() },
      },
      handler: async ({ params: { api } }) => {
        const policy = parts.policies.get(api);
        if (policy === undefined) throw new ApiError("NOT_FOUND", "There is no such API.");
        return toApiDetail(policy, parts.publicUrl);
      },
    });
  };
