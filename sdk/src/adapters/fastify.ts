import { isPromised } from "@latchkey/engine";
import type {
  FastifyInstance,
  FastifyPluginAsync,
  FastifyRequest,
  FastifySchema,
  RouteOptions,
} from "fastify";
import type { Verifier } from "../verifier/verifier.ts";
import { type Allowed, createDoor, type DoorOptions, type Outcome } from "./door.ts";
import { peerOf } from "./node-http.ts";

export type { Allow, Allowed, DoorOptions, Principal } from "./door.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** Whom the request is from; set for everything behind the plugin's `onRequest`. */
    latchkey: Allowed;
  }
}

/** What the plugin is registered with. */
export interface LatchkeyPluginOptions extends DoorOptions {
  readonly verifier: Verifier;
}

/** `async`, so that what it throws ends the registration and not the process. */
const plugin: FastifyPluginAsync<LatchkeyPluginOptions> = async (app, options) => {
  if (routesLoosely(app.initialConfig)) throw new Error(ROUTES_LOOSELY);
  const door = createDoor(options.verifier, options);
  // A context around this one may have it: then both hooks run, the outer one first.
  if (!app.hasRequestDecorator("latchkey")) app.decorateRequest("latchkey");
  if (isWithinAnother(app)) app.addHook("onRoute", addPreflight);
  app.addHook("onRequest", (request, reply, done) => {
    const settle = (outcome: Outcome): void => {
      const isAllowed = outcome.allowed !== undefined;
      const headers = isAllowed ? outcome.headers : outcome.answer.headers;
      for (let i = 0; i < headers.length; i += 2)
        reply.header(headers[i] as string, headers[i + 1]);
      if (isAllowed) {
        request.latchkey = outcome.allowed;
        done();
      } else {
        reply.code(outcome.answer.status).send(outcome.answer.body ?? undefined);
      }
    };
    const { rawHeaders: headers, method = "GET" } = request.raw;
    const url = lacksParameter(request) ? NO_PATH : (request.raw.url ?? "");
    const outcome = door({ method, url, headers, peer: peerOf(request.raw) });
    if (isPromised(outcome)) outcome.then(settle, done);
    else settle(outcome);
  });
};

/** What is refused as no path that two servers read alike. */
const NO_PATH = "";
const SLASH = 47;

/**
 * Whether the router takes a slash at the end for a parameter that is empty: `/users/` reaches
 * `/users/:id`, while the policy looks at no such slash and decides about `/users`.
 */
function lacksParameter({ raw: { url = "" }, params, routeOptions }: FastifyRequest): boolean {
  const query = url.indexOf("?");
  if (url.charCodeAt((query === -1 ? url.length : query) - 1) !== SLASH) return false;
  // That of `/users/:id?` may be missing: its handler is that of `/users` too.
  if (routeOptions.url?.endsWith("?") === true) return false;
  return Object.entries(params as object).some(([name, value]) => name !== "*" && value === "");
}

/** Fastify makes a context of the one that it lies in. */
function isWithinAnother(app: FastifyInstance): boolean {
  return "register" in Object.getPrototypeOf(app);
}

/**
 * A method that no route has is an unknown path to Fastify, and belongs to another context: with a
 * route for it, preflights come to the hook of this one. What else comes is not found as before.
 */
function addPreflight(
  this: FastifyInstance,
  { method, url, routePath, constraints = {}, prefixTrailingSlash }: Routed,
): void {
  // Fastify adds HEAD to what has GET.
  if (method === "HEAD" || [method].flat().includes("OPTIONS")) return;
  const kept = asKept(url, this.initialConfig);
  const asked = { method: "OPTIONS", url: kept, constraints } as const;
  if (this.hasRoute(asked)) return;
  this.route({
    ...asked,
    // At a prefix itself `/` is with and without a slash, as it is for the route that is told of.
    url: routePath === "" && !this.hasRoute({ ...asked, url: `${kept}/` }) ? "/" : routePath,
    ...(prefixTrailingSlash !== undefined && { prefixTrailingSlash }),
    schema: NOT_DOCUMENTED,
    handler: (_request, reply) => reply.callNotFound(),
  });
}

/** What Fastify tells of a route. */
type Routed = RouteOptions & { readonly routePath: string };

/** As `@fastify/swagger` reads it. */
const NOT_DOCUMENTED = { hide: true } as FastifySchema;

interface RouterSettings {
  readonly caseSensitive?: boolean;
  readonly useSemicolonDelimiter?: boolean;
  readonly ignoreTrailingSlash?: boolean;
  readonly ignoreDuplicateSlashes?: boolean;
}

/** Each may be said in `routerOptions` too. */
type RouterConfig = RouterSettings & { readonly routerOptions?: RouterSettings };

function says(config: RouterConfig, name: keyof RouterSettings, value: boolean): boolean {
  return config[name] === value || config.routerOptions?.[name] === value;
}

function routesLoosely(config: RouterConfig): boolean {
  return says(config, "caseSensitive", false) || says(config, "useSemicolonDelimiter", true);
}

/** A route's path as the router keeps it; asked for in another spelling, it has none. */
function asKept(url: string, config: RouterConfig): string {
  const single = says(config, "ignoreDuplicateSlashes", true) ? url.replace(/\/+/g, "/") : url;
  const isCut = single.length > 1 && says(config, "ignoreTrailingSlash", true);
  return isCut ? single.replace(/\/$/, "") : single;
}

const ROUTES_LOOSELY =
  "Latchkey: caseSensitive must stay true and useSemicolonDelimiter false. Otherwise /ADMIN or " +
  "/admin;x reaches the handler of /admin without what the policy asks for /admin.";

/**
 * Plugin for Fastify 5: lets pass what the policy allows, in the same turn when memory knows all
 * that it takes, and answers the rest itself. It protects the whole context it is registered in and
 * those within; not found pages where that context handles them, as the root does. A request behind
 * two registrations has to be allowed by both. Registration fails where an option is not what it
 * must be, and where the router would tell less apart than the policy.
 */
export const latchkey = Object.assign(plugin, {
  // As fastify-plugin does: the hook belongs to the context that registers it.
  [Symbol.for("skip-override")]: true,
  [Symbol.for("fastify.display-name")]: "@latchkey/sdk",
});
