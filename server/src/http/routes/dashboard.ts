import staticFiles from "@fastify/static";
import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { ApiError } from "@latchkey/engine";
import type { FastifyReply } from "fastify";
import { readDashboardBuild } from "../dashboard-build.ts";
import {
  DASHBOARD_HEADERS,
  type DashboardFacts,
  dashboardPage,
  FAVICON,
} from "../dashboard-page.ts";

/** What the built page is made of. */
interface DashboardBuildParts {
  readonly folder: string;
  /** Addresses of the logos that policies name. */
  readonly logos: readonly string[];
}

const config = {
  public: "The dashboard's program, nothing of any account; it signs in by itself.",
};

/** What the page makes of an address: slugs, words and ids, and nothing that leads elsewhere. */
const PAGE_PATH = /^\/dashboard(?:\/[\w-]+)*\/?(?:\?|$)/;

const PRECONDITIONS = ["if-match", "if-unmodified-since"] as const;

/**
 * `/dashboard/`, and the way there from `/`. Every address below it is the same page, which reads
 * from it what to show; without a build in `folder` it is a page of facts.
 */
export const dashboardRoutes =
  (facts: DashboardFacts, { folder, logos }: DashboardBuildParts): FastifyPluginAsyncTypebox =>
  async (app) => {
    const build = readDashboardBuild(folder, logos);
    const factsPage = dashboardPage(facts);
    const answerPage = (reply: FastifyReply) => {
      const { html, headers } = build?.page() ?? { html: factsPage, headers: DASHBOARD_HEADERS };
      return reply.headers(headers).send(html);
    };

    app.get("/dashboard/", { config }, async (_request, reply) => answerPage(reply));
    app.get("/dashboard/icon.svg", { config }, async (_request, reply) =>
      reply
        .headers({ "content-type": "image/svg+xml", "cache-control": "public, max-age=86400" })
        .send(FAVICON),
    );
    if (build !== undefined) {
      await app.register(staticFiles, { root: build.assets, serve: false, preCompressed: true });
      app.get("/dashboard/assets/*", { config }, (request, reply) => {
        const { "*": file } = request.params as { readonly "*": string };
        // What else is asked for is not the library's to answer: some of it, such as `..`, is a fault.
        if (!build.files.has(file)) {
          throw new ApiError("NOT_FOUND", "There is no such file of the dashboard.");
        }
        // There is one version of each file, and it is sent whole.
        for (const name of PRECONDITIONS) delete request.headers[name];
        reply.header("x-content-type-options", "nosniff");
        return reply.sendFile(file, { maxAge: "365d", immutable: true, acceptRanges: false });
      });
      app.get("/dashboard/*", { config }, (request, reply) => {
        if (!PAGE_PATH.test(request.url)) {
          throw new ApiError("NOT_FOUND", "There is no such page of the dashboard.");
        }
        return answerPage(reply);
      });
    }
    for (const path of ["/", "/dashboard"]) {
      app.get(path, { config }, async (_request, reply) => reply.redirect("/dashboard/", 302));
    }
  };
