import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import type { Clock } from "@latchkey/engine";
import { Type } from "typebox";
import type { ApiKeys } from "../../accounts/api-keys.ts";
import type { Store } from "../../store/store.ts";
import { Id, Ref } from "../schemas/base.ts";
import { readRefusals } from "../schemas/error.ts";
import { Findings, Overview, OverviewQuery, toOverview } from "../schemas/overview.ts";
import { ApiParams } from "../schemas/params.ts";

const HOUR = 3_600_000;
const DEFAULT_HOURS = 24;

/** `/v1/apis/{api}/overview` and `/findings`: how it goes, and what to look at. */
export const overviewRoutes =
  (parts: {
    readonly store: Pick<Store, "overview">;
    readonly apiKeys: ApiKeys;
    readonly clock: Clock;
  }): FastifyPluginAsyncTypebox =>
  async (app) => {
    const { store, apiKeys, clock } = parts;

    app.get("/v1/apis/:api/overview", {
      config: { requires: "read", area: "usage" },
      schema: {
        tags: ["audit"],
        operationId: "getOverview",
        summary:
          "Requests by hour, refusals by reason, latency, the busiest and slowest credentials",
        params: ApiParams,
        querystring: OverviewQuery,
        response: { 200: Ref(Overview, "The overview."), ...readRefusals() },
      },
      handler: async ({ params: { api }, query, ceiling }) => {
        const now = clock();
        const to = now - (now % HOUR) + HOUR;
        const range = { from: to - (query.hours ?? DEFAULT_HOURS) * HOUR, to };
        const filter = { accountId: query.accountId, ceiling, ...range };
        return toOverview(await store.overview.read(api, filter), range);
      },
    });

    app.get("/v1/apis/:api/findings", {
      config: { requires: "read", area: "api-keys" },
      schema: {
        tags: ["api-keys"],
        operationId: "getFindings",
        summary: "Count the live API keys that are old, unused, expiring or unrestricted",
        params: ApiParams,
        querystring: Type.Object(
          { accountId: Type.Optional(Id("acct")) },
          { additionalProperties: false },
        ),
        response: { 200: Ref(Findings, "The counts."), ...readRefusals() },
      },
      handler: ({ params: { api }, query, ceiling }) =>
        apiKeys.findings(api, { accountId: query.accountId, ceiling }),
    });
  };
