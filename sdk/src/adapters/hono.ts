import type { IncomingMessage, ServerResponse } from "node:http";
import { isPromised } from "@latchkey/engine";
import type { Context, MiddlewareHandler, Next } from "hono";
import type { Verifier } from "../verifier/verifier.ts";
import {
  type Allowed,
  createDoor,
  type DoorOptions,
  type Outcome,
  type Peer,
  type Received,
} from "./door.ts";
import { peerOf, setHeaders } from "./node-http.ts";
import { receivedRequest, responseOf, targetOf, withHeaders } from "./web-http.ts";

export type { Allow, Allowed, DoorOptions, Peer, Principal } from "./door.ts";

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

/**
 * Middleware for Hono 4: passes on what the policy allows and answers the rest itself.
 *
 * @throws {Error} An option is not what it must be.
 */
export function latchkey(
  verifier: Verifier,
  options: LatchkeyMiddlewareOptions = {},
): MiddlewareHandler<LatchkeyEnv> {
  const door = createDoor(verifier, options);
  return (context, next) => {
    const outcome = door(receivedBy(context, options));
    // Not `async`: a further promise costs Hono as much as the decision.
    return isPromised(outcome)
      ? outcome.then((decided) => settle(decided, context, next))
      : settle(outcome, context, next);
  };
}

function settle(
  outcome: Outcome,
  context: Context<LatchkeyEnv>,
  next: Next,
): ReturnType<MiddlewareHandler<LatchkeyEnv>> {
  if (outcome.allowed === undefined) return Promise.resolve(responseOf(outcome.answer));
  const { allowed, headers } = outcome;
  context.set("latchkey", allowed);
  const { outgoing }: Partial<NodeBindings> = context.env ?? {};
  if (outgoing === undefined) {
    return next().then(() => {
      context.res = withHeaders(context.res, headers);
    });
  }
  // On Node's own answer they cost Hono nothing, and are on whatever it answers with.
  setHeaders(outgoing, headers);
  return next();
}

/** What `@hono/node-server` hands over. */
interface NodeBindings {
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
}

function receivedBy(context: Context, { peerOf: askPeer }: LatchkeyMiddlewareOptions): Received {
  const { raw } = context.req;
  const { incoming }: Partial<NodeBindings> = context.env ?? {};
  if (incoming === undefined) return receivedRequest(raw, askPeer?.(context));
  // Node's own request tells repeated headers apart. Its method and URL may not be what is routed:
  // middleware can send a request on that it has changed.
  const peer = askPeer?.(context) ?? peerOf(incoming);
  const url = asSent(incoming.url ?? "", targetOf(raw.url));
  return { method: raw.method, url, headers: incoming.rawHeaders, peer };
}

/** What came, if that is what is routed once its dot segments are gone: then they are refused. */
function asSent(came: string, routed: string): string {
  if (came === routed) return came;
  const parsed = URL.parse(came, "http://localhost");
  return parsed !== null && targetOf(parsed.href) === routed ? came : routed;
}
