import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { ApiError, parseNetworks } from "@latchkey/engine";
import { Type } from "typebox";
import type { Store } from "../../store/store.ts";
import type { Metrics } from "../metrics.ts";
import type { Operators } from "../operators.ts";
import { may } from "../permissions.ts";
import { Ref } from "../schemas/base.ts";
import { ErrorAnswer } from "../schemas/error.ts";
import { Health, Readiness } from "../schemas/system.ts";

const tags = ["system"];
const LOOPBACK = parseNetworks(["127.0.0.0/8", "::1/128"]);
/** What proxies add to a request (RFC 7239; RFC 9110 §7.6.3), and no scraper sends by itself. */
const OF_PROXIES = [
  "forwarded",
  "via",
  "x-forwarded-for",
  "x-forwarded-host",
  "x-forwarded-proto",
  "x-real-ip",
] as const;

/** What is asked whether it answers, by name. Each rejects while it does not. */
export type Probes = Readonly<Record<string, () => Promise<unknown>>>;

/** `/healthz`, `/readyz`, `/metrics`, `/openapi.json`. */
export const systemRoutes =
  (parts: {
    store: Pick<Store, "ping">;
    probes: Probes;
    metrics: Metrics;
    operators: Operators;
  }): FastifyPluginAsyncTypebox =>
  async (app) => {
    const probes: Probes = { store: () => parts.store.ping(), ...parts.probes };
    let document: string | undefined;

    app.get("/healthz", {
      config: {
        public: "A supervisor asks; the answer says only that the process lives.",
        quiet: true,
      },
      schema: {
        tags,
        operationId: "getHealth",
        summary: "Whether the process lives",
        response: { 200: Ref(Health, "It lives.") },
      },
      handler: async () => ({ status: "ok" as const }),
    });

    app.get("/readyz", {
      config: { public: "A load balancer asks; the answer names parts, not data.", quiet: true },
      schema: {
        tags,
        operationId: "getReadiness",
        summary: "Whether the store and the counters answer",
        response: {
          200: Ref(Readiness, "All answer."),
          503: Ref(Readiness, "Some do not; `checks` says which."),
        },
      },
      handler: async (request, reply) => {
        const names = Object.keys(probes);
        const settled = await Promise.allSettled(names.map((name) => probes[name]?.()));
        const checks: Record<string, "ok" | "unavailable"> = {};
        for (const [i, name] of names.entries()) {
          const outcome = settled[i];
          checks[name] = outcome?.status === "fulfilled" ? "ok" : "unavailable";
          if (outcome?.status === "rejected") {
            request.log.warn(
              { requestId: request.id, err: outcome.reason },
              `${name} is unavailable`,
            );
          }
        }
        const ready = Object.values(checks).every((check) => check === "ok");
        return reply
          .code(ready ? 200 : 503)
          .header("cache-control", "no-store")
          .send({ status: ready ? "ready" : "unavailable", checks });
      },
    });

    app.get("/metrics", {
      config: {
        public: "Open to loopback, where the scraper of a single host is; else checked here.",
        quiet: true,
      },
      schema: {
        tags,
        operationId: "getMetrics",
        summary: "Prometheus text; an operator token unless the peer is loopback",
        produces: ["text/plain"],
        security: [{ operatorToken: [] }, {}],
        response: {
          200: Type.String({ description: "Prometheus text format 0.0.4." }),
          401: Ref(ErrorAnswer, "No operator token, and the peer is not loopback."),
        },
      },
      handler: async (request, reply) => {
        // The peer, not the client behind a proxy: a proxy on this host speaks for strangers.
        const peer = request.raw.socket.remoteAddress ?? "";
        const forwarded = OF_PROXIES.some((name) => request.headers[name] !== undefined);
        const operator = parts.operators.byHeaders(request.raw.rawHeaders);
        const allowed = operator !== undefined && may(operator.role, "observe");
        if (!allowed && (forwarded || !LOOPBACK.contains(peer))) {
          throw new ApiError(
            "UNAUTHORIZED",
            "Send an operator token: Authorization: Bearer <token>.",
          );
        }
        return reply
          .header("content-type", parts.metrics.contentType)
          .header("cache-control", "no-store")
          .send(await parts.metrics.text(operator?.apis ?? null));
      },
    });

    app.get("/openapi.json", {
      config: { public: "It describes the product, not this deployment." },
      schema: {
        tags,
        operationId: "getOpenApi",
        summary: "This document",
        response: { 200: Type.Unsafe<unknown>({ description: "OpenAPI 3.1." }) },
      },
      handler: async (_request, reply) => {
        document ??= JSON.stringify(app.swagger());
        return reply
          .header("content-type", "application/json; charset=utf-8")
          .header("access-control-allow-origin", "*")
          .serializer((text: string) => text)
          .send(document);
      },
    });
  };
