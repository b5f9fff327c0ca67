import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Server as SocketServer } from "node:net";
import type { Clock } from "@latchkey/engine";
import { MAX_HEADER_BLOCK, requestFault } from "./hygiene.ts";
import { answerParseFaults } from "./parse-faults.ts";
import { attendPlainRequests, type PlainDoor } from "./plain-connections.ts";

// An import of `node:http` evaluates every name it exports, and some load an HTTP client that nobody
// here uses: 50 ms and 15 MB of each start.
const { createServer } = process.getBuiltinModule("node:http");

/**
 * A door before the framework: true when it has answered, or will, or hands the request back to the
 * framework later.
 */
export type Front = (
  request: IncomingMessage,
  response: ServerResponse,
  framework: Handler,
) => boolean;

/** Answers a request. */
export type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** What answers before the framework does. */
export interface Fronts {
  /** Asked first, about requests that need no parser. */
  readonly plain: PlainDoor;
  /** Asked about the others that are fit to be looked at. */
  readonly front: Front;
}

/** How often a draining server looks for connections that have fallen idle. */
const DRAIN_MILLIS = 50;

/**
 * An HTTP/1.1 server with bounds on every part of a request. What no front answers goes to the
 * framework.
 */
export function serverFactory(
  { plain, front }: Fronts,
  clock: Clock,
): (handler: Handler) => Server {
  return (handler) => {
    const server = createServer(
      {
        maxHeaderSize: MAX_HEADER_BLOCK,
        // A missing Host is refused by us, with a body that says so.
        requireHostHeader: false,
        headersTimeout: 15_000,
        requestTimeout: 60_000,
        // Longer than the 60 s of most load balancers, so that they close first.
        keepAliveTimeout: 72_000,
      },
      (request, response) => {
        if (!server.listening) response.shouldKeepAlive = false;
        if (requestFault(request) === undefined && front(request, response, handler)) return;
        handler(request, response);
      },
    );
    answerParseFaults(server);
    attendPlainRequests(server, plain, clock);
    return server;
  };
}

/**
 * Closes connections as their last answer leaves, until what accepted them has closed. Those on which
 * a request has not come whole in its time, or an answer is not read, are closed then: a server that
 * is closing looks for them no more.
 */
export function drain(server: Server, listener: SocketServer = server): void {
  // What never listened never closes.
  if (!listener.listening) return;
  const idle = setInterval(() => server.closeIdleConnections(), DRAIN_MILLIS);
  const late = setTimeout(() => server.closeAllConnections(), server.requestTimeout);
  listener.once("close", () => {
    clearInterval(idle);
    clearTimeout(late);
  });
}
