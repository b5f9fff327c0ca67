import type { FastifyReply, FastifyRequest } from "fastify";

/** What a browser's script may read of an answer besides the safelisted headers. */
const EXPOSED = [
  "RateLimit",
  "RateLimit-Policy",
  "Retry-After",
  "WWW-Authenticate",
  "X-API-Version",
  "X-Credential-Expires-At",
  "X-RateLimit-Limit",
  "X-RateLimit-Remaining",
  "X-RateLimit-Reset",
  "X-Request-ID",
].join(", ");

const HEADER_NAMES = /^[A-Za-z0-9-]+( ?, ?[A-Za-z0-9-]+)*$/;
const PREFLIGHT_SECONDS = "7200";

/** Any origin may call with a credential in a header; cookies are never part of it. */
export const CORS_HEADERS: readonly string[] = [
  "Access-Control-Allow-Origin",
  "*",
  "Access-Control-Expose-Headers",
  EXPOSED,
];

/** 204, whatever is asked for: what is allowed is decided when the real request comes. */
export function answerPreflight(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const asked = request.headers["access-control-request-headers"];
  return reply
    .code(204)
    .header("Access-Control-Allow-Origin", "*")
    .header("Access-Control-Allow-Methods", "GET, HEAD, POST, PUT, PATCH, DELETE")
    .header(
      "Access-Control-Allow-Headers",
      asked !== undefined && HEADER_NAMES.test(asked) ? asked : "Authorization, Content-Type",
    )
    .header("Access-Control-Max-Age", PREFLIGHT_SECONDS)
    .header("Vary", "Access-Control-Request-Headers")
    .send();
}
