import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { API_ERRORS, ApiError, headerCount, invalidField } from "@latchkey/engine";
import type { FastifyInstance } from "fastify";
import { errorBody } from "./errors.ts";

/** Bytes of a request's header block. */
export const MAX_HEADER_BLOCK = 16 * 1024;

/**
 * What is wrong with a request before anyone looks at what it asks: RFC 9112 §3.2 wants exactly one
 * Host line in HTTP/1.1, and two in any version are an attempt at confusion.
 */
export function requestFault(request: IncomingMessage): ApiError | undefined {
  const hosts = headerCount(request.rawHeaders, "host");
  const required = request.httpVersionMajor === 1 && request.httpVersionMinor === 1 ? 1 : 0;
  if (hosts >= required && hosts <= 1) return undefined;
  return invalidField("host", "Send exactly one Host header.");
}

/** What every answer of ours carries besides its request id: names and values in turn. */
export function hygieneHeaders(publicUrl: string): readonly string[] {
  const headers = ["x-content-type-options", "nosniff", "cache-control", "no-store"];
  if (publicUrl.startsWith("https:")) headers.push("strict-transport-security", "max-age=31536000");
  return headers;
}

/** Refuses such requests, and puts on every answer what every answer carries. */
export function keepHygiene(app: FastifyInstance, publicUrl: string): void {
  const headers = hygieneHeaders(publicUrl);
  app.addHook("onRequest", (request, reply, done) => {
    reply.header("x-request-id", request.id);
    // Doors answer in the name of an API, whose document says which headers there are.
    if (request.routeOptions.config?.door !== true) {
      for (let i = 0; i < headers.length; i += 2) {
        reply.header(headers[i] as string, headers[i + 1]);
      }
    }
    done(requestFault(request.raw));
  });
}

/** Answers what the HTTP parser refused, which no route ever sees, in the same JSON shape. */
export function answerParseFault(fault: NodeJS.ErrnoException, socket: Socket): void {
  if (fault.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const error = parseFault(fault.code);
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
  socket.end(`${head.join("\r\n")}\r\n\r\n${body}`);
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
