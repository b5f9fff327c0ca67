import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import {
  DASHBOARD_HEADERS,
  type DashboardFacts,
  dashboardPage,
  FAVICON,
} from "../dashboard-page.ts";

const REASON = "It shows what is running and how to go on, nothing of any account.";

/** `/dashboard/`, and the way there from `/`. */
export const dashboardRoutes =
  (facts: DashboardFacts): FastifyPluginAsyncTypebox =>
  async (app) => {
    const page = dashboardPage(facts);

    app.get("/dashboard/", { config: { public: REASON } }, async (_request, reply) =>
      reply.headers(DASHBOARD_HEADERS).send(page),
    );
    app.get("/dashboard/icon.svg", { config: { public: REASON } }, async (_request, reply) =>
      reply
        .headers({ "content-type": "image/svg+xml", "cache-control": "public, max-age=86400" })
        .send(FAVICON),
    );
    for (const path of ["/", "/dashboard"]) {
      app.get(path, { config: { public: REASON } }, async (_request, reply) =>
        reply.redirect("/dashboard/", 302),
      );
    }
  };
