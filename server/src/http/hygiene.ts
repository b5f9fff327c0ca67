import type { IncomingMessage } from "node:http";
import { type ApiError, headerCount, invalidField } from "@latchkey/engine";
import type { FastifyInstance } from "fastify";

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
