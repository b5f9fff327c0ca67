import type { IncomingMessage } from "node:http";
import type { Context, MiddlewareHandler } from "hono";
import type { Verifier } from "../verifier/verifier.ts";
import { type Allowed, createDoor, type DoorOptions, type Peer, type Received } from "./door.ts";
import { peerOf } from "./node-http.ts";
import { receivedRequest, responseOf } from "./web-http.ts";

export type { Allowed, DoorOptions, Peer } from "./door.ts";

/** How the middleware reads requests. */
export interface LatchkeyMiddlewareOptions extends DoorOptions {
  /**
   * Who is connected, where the server is not `@hono/node-server`; when absent there, the address is
   * unknown and the URL's scheme says whether TLS was used.
   */
  readonly peerOf?: (context: Context) => Peer;
}

/** For `new Hono<LatchkeyEnv>()`: then `c.get("latchkey")` is typed. */
export interface LatchkeyEnv {
  Variables: {
    /** Whom the request is from. */
    latchkey: Allowed;
  };
}

/** Middleware for Hono 4: passes on what the policy allows and answers the rest itself. */
export function latchkey(
  verifier: Verifier,
  options: LatchkeyMiddlewareOptions = {},
): MiddlewareHandler<LatchkeyEnv> {
  const door = createDoor(verifier, options);
  return async (context, next) => {
    const outcome = await door(receivedBy(context, options));
    if (outcome.allowed === undefined) return responseOf(outcome.answer);
    context.set("latchkey", outcome.allowed);
    const { headers } = outcome;
    for (let i = 0; i < headers.length; i += 2)
      context.header(headers[i] as string, headers[i + 1]);
    await next();
    // A handler's own `Response` was made without them.
    for (let i = 0; i < headers.length; i += 2) {
      const name = headers[i] as string;
      if (!context.res.headers.has(name)) context.header(name, headers[i + 1]);
    }
    return undefined;
  };
}

function receivedBy(context: Context, { peerOf: askPeer }: LatchkeyMiddlewareOptions): Received {
  // Node's own request tells repeated headers apart, and has the path as it was sent.
  const { incoming }: { incoming?: IncomingMessage } = context.env ?? {};
  if (incoming === undefined) return receivedRequest(context.req.raw, askPeer?.(context));
  const { method = "GET", url = "", rawHeaders: headers } = incoming;
  return { method, url, headers, peer: askPeer?.(context) ?? peerOf(incoming) };
}
