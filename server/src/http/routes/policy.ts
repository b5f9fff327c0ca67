import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { REASONS } from "@latchkey/engine";
import type { Store } from "../../store/store.ts";
import { instant } from "../instant.ts";
import { Ref } from "../schemas/base.ts";
import { readRefusals } from "../schemas/error.ts";
import { ApiParams } from "../schemas/params.ts";
import { PolicyVersionList, ReasonList } from "../schemas/policy.ts";

const REASON_LIST = Object.entries(REASONS).map(([reason, entry]) => ({
  reason,
  class: entry.class,
  meaning: entry.meaning,
  remedy: entry.remedy,
}));

/** `/v1/apis/{api}/policy-versions` and `/v1/reasons`: what decides, in words and data. */
export const policyRoutes =
  (store: Pick<Store, "policies">): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get("/v1/apis/:api/policy-versions", {
      config: { requires: "read" },
      schema: {
        tags: ["apis"],
        operationId: "listPolicyVersions",
        summary: "The policy in force and up to 19 before it, newest first",
        params: ApiParams,
        response: { 200: Ref(PolicyVersionList, "The versions."), ...readRefusals() },
      },
      handler: async ({ params: { api } }) => {
        const versions = await store.policies.list(api);
        return {
          data: versions.map(({ version, digest, recordedAt, policy }) => ({
            version,
            digest,
            recordedAt: instant(recordedAt),
            policy: policy as object,
          })),
        };
      },
    });

    app.get("/v1/reasons", {
      config: { requires: "read", area: "any" },
      schema: {
        tags: ["decisions"],
        operationId: "listReasons",
        summary: "Every reason for a refusal, what it means and what helps",
        response: { 200: Ref(ReasonList, "The reasons."), ...readRefusals() },
      },
      handler: async () => ({ data: REASON_LIST }),
    });
  };
