import { ApiError } from "@latchkey/engine";
import type { FastifyInstance } from "fastify";

/**
 * Answers what no route answers: 405 with `Allow` where the path has other methods (RFC 9110
 * §15.5.6), else 404. Must run before the first route is added.
 */
export function answerUnknownPaths(app: FastifyInstance): void {
  const methodsByPath = new Map<string, { readonly path: RegExp; readonly methods: Set<string> }>();

  app.addHook("onRoute", ({ url, method }) => {
    // A catch-all has every path, so it says nothing about one.
    if (url.includes("*")) return;
    const known = methodsByPath.get(url) ?? { path: pathPattern(url), methods: new Set() };
    for (const name of [method].flat()) known.methods.add(name);
    methodsByPath.set(url, known);
  });

  // In a hook, not a not-found handler: before the body is read, so a bad one cannot hide a 404.
  app.addHook("onRequest", async (request, reply) => {
    if (!request.is404) return;
    const [path = ""] = request.url.split("?", 1);
    const allowed = new Set<string>();
    for (const known of methodsByPath.values()) {
      if (!known.path.test(path)) continue;
      for (const method of known.methods) allowed.add(method);
    }
    if (allowed.size === 0 || allowed.has(request.method)) {
      throw new ApiError("NOT_FOUND", "There is nothing at this path.");
    }
    const allow = [...allowed].sort().join(", ");
    reply.header("allow", allow);
    throw new ApiError("METHOD_NOT_ALLOWED", `This path takes ${allow}.`);
  });
}

function pathPattern(url: string): RegExp {
  const steps = url
    .split("/")
    .map((step) => (step.startsWith(":") ? "[^/]+" : step.replace(/[^\w-]/g, "\\$&")));
  return new RegExp(`^${steps.join("/")}$`);
}
