import type { IncomingMessage, ServerResponse } from "node:http";
import type { Rendered } from "@latchkey/engine";
import type { Peer } from "./door.ts";

/** Who is connected to Node. */
export function peerOf({ socket }: Pick<IncomingMessage, "socket">): Peer {
  return { address: socket.remoteAddress, encrypted: "encrypted" in socket };
}

/** Sends a whole answer. */
export function sendAnswer(response: ServerResponse, { status, headers, body }: Rendered): void {
  if (body === null) {
    response.writeHead(status, [...headers]).end();
    return;
  }
  const length = String(Buffer.byteLength(body));
  response.writeHead(status, [...headers, "Content-Length", length]).end(body);
}

/** Sets headers, given as names and values in turn, on an answer that the API will write. */
export function setHeaders(response: ServerResponse, flat: readonly string[]): void {
  for (let i = 0; i < flat.length; i += 2) {
    response.setHeader(flat[i] as string, flat[i + 1] as string);
  }
}
