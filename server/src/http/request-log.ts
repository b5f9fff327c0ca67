import { loggedPath } from "@latchkey/engine";
import type { FastifyInstance } from "fastify";
import type { Metrics } from "./metrics.ts";

/**
 * One line for each answered call, with its path but never its query, headers or bodies: a
 * credential may stand in any of them.
 */
export function logRequests(app: FastifyInstance, metrics: Pick<Metrics, "countCall">): void {
  app.addHook("onResponse", (request, reply, done) => {
    const { config, url: route } = request.routeOptions;
    const status = reply.statusCode;
    if (config.quiet !== true || status >= 500) {
      metrics.countCall(request.method, route ?? "unknown", status);
      const line = {
        requestId: request.id,
        method: request.method,
        path: loggedPath(request.url),
        status,
        milliseconds: Math.round(reply.elapsedTime * 1000) / 1000,
        operator: request.operator?.id,
      };
      request.log.info(line, "answered");
    }
    done();
  });
}
