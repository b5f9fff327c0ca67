import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { type Rendered, UNIX_PEER } from "@latchkey/engine";
import type { Peer } from "./door.ts";

/** Who is connected to Node. */
export function peerOf({ socket }: Pick<IncomingMessage, "socket">): Peer {
  // Only a `TLSSocket` has it: asking for its value costs less than asking whether it is there.
  const { encrypted } = socket as { readonly encrypted?: boolean };
  return { address: socket.remoteAddress ?? overSocket(socket), encrypted: encrypted === true };
}

/**
 * A TCP connection that was reset has no address either: only a server that listens on a path says
 * that its connections come over a Unix socket.
 */
function overSocket({ server }: Pick<Socket, "server">): string | undefined {
  return typeof server?.address() === "string" ? UNIX_PEER : undefined;
}

/** Sends a whole answer. */
export function sendAnswer(response: ServerResponse, { status, headers, body }: Rendered): void {
  response.statusCode = status;
  // Not with `writeHead`: who wraps it may not know lists, as on-headers before 1.1 does not.
  setHeaders(response, headers);
  if (body === null) {
    response.end();
    return;
  }
  response.setHeader("Content-Length", Buffer.byteLength(body));
  response.end(body);
}

/** Sets headers, given as names and values in turn, on an answer that the API will write. */
export function setHeaders(response: ServerResponse, flat: readonly string[]): void {
  for (let i = 0; i < flat.length; i += 2) {
    response.setHeader(flat[i] as string, flat[i + 1] as string);
  }
}
