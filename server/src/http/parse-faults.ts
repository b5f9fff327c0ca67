import { randomUUID } from "node:crypto";
import type { Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { API_ERRORS, ApiError } from "@latchkey/engine";
import { errorBody } from "./errors.ts";

/**
 * Answers what the HTTP parser refused, which no route ever sees, in the same JSON shape and in its
 * turn: what came before it on the connection is answered first, and in full.
 */
export function answerParseFaults(server: Server): void {
  /** The answers under way on each connection, in the order of their requests. */
  const underWay = new WeakMap<Socket, Set<ServerResponse>>();
  const faulty = new WeakSet<Socket>();
  server.on("request", ({ socket }, response) => {
    const answers = underWay.get(socket) ?? new Set();
    underWay.set(socket, answers.add(response));
    response.once("close", () => answers.delete(response));
  });
  server.on("clientError", (fault: NodeJS.ErrnoException, socket: Socket) => {
    if (fault.code === "ECONNRESET" || !socket.writable) {
      socket.destroy();
      return;
    }
    // What follows a fault is refused, too, and told of again.
    if (faulty.has(socket)) return;
    faulty.add(socket);
    const late = setTimeout(() => socket.destroy(), server.requestTimeout);
    socket.once("close", () => clearTimeout(late));
    answerInTurn(parseFault(fault.code), socket, underWay.get(socket) ?? new Set());
  });
}

function answerInTurn(error: ApiError, socket: Socket, answers: ReadonlySet<ServerResponse>): void {
  const [first] = answers;
  // Closed meanwhile, or by the answer before.
  if (!socket.writable) return;
  if (first === undefined) {
    socket.end(answerOf(error));
  } else if (first.headersSent && !first.writableEnded) {
    // A stream, which has no end to wait for.
    socket.destroy();
  } else if (first.headersSent || first.req.complete) {
    first.once("close", () => answerInTurn(error, socket, answers));
  } else {
    // The fault is in this request's own body.
    socket.end(answerOf(error, first.req.method));
  }
}

function answerOf(error: ApiError, method?: string): string {
  const { status } = API_ERRORS[error.code];
  const requestId = randomUUID();
  const body = JSON.stringify(errorBody(error, requestId));
  const head = [
    `HTTP/1.1 ${status} ${REASON_PHRASES[status] ?? "Error"}`,
    "Content-Type: application/json; charset=utf-8",
    `Content-Length: ${Buffer.byteLength(body)}`,
    "Cache-Control: no-store",
    `X-Request-ID: ${requestId}`,
    "Connection: close",
  ];
  return `${head.join("\r\n")}\r\n\r\n${method === "HEAD" ? "" : body}`;
}

const REASON_PHRASES: Readonly<Record<number, string>> = {
  400: "Bad Request",
  408: "Request Timeout",
  431: "Request Header Fields Too Large",
};

function parseFault(code: string | undefined): ApiError {
  if (code === "HPE_HEADER_OVERFLOW") {
    return new ApiError("HEADERS_TOO_LARGE", "The header block is larger than 16 KiB.");
  }
  if (code === "ERR_HTTP_REQUEST_TIMEOUT") {
    return new ApiError("REQUEST_TIMEOUT", "The request did not arrive in time.");
  }
  return new ApiError("INVALID_REQUEST", "This is not a well-formed HTTP request.");
}
