import { isPromised } from "@latchkey/engine";
import type { FastifyPluginAsync } from "fastify";
import type { Verifier } from "../verifier/verifier.ts";
import { type Allowed, createDoor, type DoorOptions, type Outcome } from "./door.ts";
import { peerOf } from "./node-http.ts";

export type { Allowed, DoorOptions } from "./door.ts";

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
    const { rawHeaders: headers, url = "", method = "GET" } = request.raw;
    const outcome = door({ method, url, headers, peer: peerOf(request.raw) });
    if (isPromised(outcome)) outcome.then(settle, done);
    else settle(outcome);
  });
};

interface RouterSettings {
  readonly caseSensitive?: boolean;
  readonly useSemicolonDelimiter?: boolean;
}

/** Either may be said in `routerOptions` too. */
function routesLoosely(config: RouterSettings & { readonly routerOptions?: RouterSettings }) {
  return [config, config.routerOptions ?? {}].some(
    (settings) => settings.caseSensitive === false || settings.useSemicolonDelimiter === true,
  );
}

const ROUTES_LOOSELY =
  "Latchkey: caseSensitive must stay true and useSemicolonDelimiter false. Otherwise /ADMIN or " +
  "/admin;x reaches the handler of /admin without what the policy asks for /admin.";

/**
 * Plugin for Fastify 5: lets pass what the policy allows, in the same turn when memory knows all
 * that it takes, and answers the rest itself. It protects the whole context it is registered in and
 * those within; not found pages where that context handles them, as the root does. A request behind
 * two registrations has to be allowed by both. Registration fails where the router would tell less
 * apart than the policy.
 */
export const latchkey = Object.assign(plugin, {
  // As fastify-plugin does: the hook belongs to the context that registers it.
  [Symbol.for("skip-override")]: true,
  [Symbol.for("fastify.display-name")]: "@latchkey/sdk",
});
