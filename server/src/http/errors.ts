import { API_ERRORS, ApiError, type ApiErrorCode } from "@latchkey/engine";
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Reply } from "./reply.ts";

/** The body of every refusal of the management API. */
export interface ErrorBody {
  readonly error: {
    readonly code: ApiErrorCode;
    readonly message: string;
    readonly requestId: string;
    readonly details?: Readonly<Record<string, unknown>>;
  };
}

/** `details` is absent, not null, when there is nothing to add. */
export function errorBody(error: ApiError, requestId: string): ErrorBody {
  const { code, message, details } = error;
  return { error: { code, message, requestId, ...(details === undefined ? {} : { details }) } };
}

/** Faults of the framework and of body parsing, as what they mean to the caller. */
const KNOWN_FAULTS: Readonly<Record<string, readonly [ApiErrorCode, string]>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: ["PAYLOAD_TOO_LARGE", "The body is larger than 1 MiB."],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: ["UNSUPPORTED_MEDIA_TYPE", "Send the body as application/json."],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: [
    "INVALID_REQUEST",
    "The body's length is not what Content-Length says.",
  ],
  FST_ERR_ROUTE_MISSING_CONTENT_TYPE: ["INVALID_REQUEST", "A QUERY needs a Content-Type."],
  FST_ERR_BAD_URL: ["INVALID_REQUEST", "The path is not a valid percent-encoded path."],
  FST_ERR_MAX_PARAM_LENGTH: ["NOT_FOUND", "There is nothing at this path."],
};

/**
 * Any thrown value as what the caller may see. What is not known becomes `INTERNAL`: its own message
 * stays in `cause`, for the log. That `request` ended before its body did is the caller's doing.
 */
export function toApiError(fault: unknown, request?: Pick<FastifyRequest, "raw">): ApiError {
  if (fault instanceof ApiError) return fault;
  // What destroyed the stream of the body: nobody is there any more to hear of it.
  if (fault instanceof Error && request?.raw.errored === fault) {
    return new ApiError("INVALID_REQUEST", "The body was cut off.", { cause: fault });
  }
  const known = KNOWN_FAULTS[(fault as Partial<FastifyError> | undefined)?.code ?? ""];
  if (known !== undefined) return new ApiError(known[0], known[1], { cause: fault });
  return new ApiError(
    "INTERNAL",
    "Something went wrong on our side; the request id finds it in the log.",
    {
      cause: fault,
    },
  );
}

/** Answers with the error's status and body; a 401 carries the challenge (RFC 9110 §11.6.1). */
function sendError(request: FastifyRequest, reply: FastifyReply, error: ApiError): FastifyReply {
  const { status } = API_ERRORS[error.code];
  if (status === 401) reply.header("www-authenticate", 'Bearer realm="latchkey"');
  const { retryAfterSeconds = 1 } = error.details ?? {};
  if (status === 503 || status === 429) reply.header("retry-after", String(retryAfterSeconds));
  // Stringified here, so that an error is the same whatever the route's response schemas say.
  return reply
    .code(status)
    .header("content-type", "application/json; charset=utf-8")
    .serializer((body: unknown) => JSON.stringify(body))
    .send(errorBody(error, request.id));
}

/**
 * The same where no framework is, with `more` headers besides: names and values in turn. A challenge,
 * where one is needed, is the caller's to give.
 */
export function writeError(
  reply: Reply,
  error: ApiError,
  requestId: string,
  more: readonly string[] = [],
): void {
  const body = JSON.stringify(errorBody(error, requestId));
  const { status } = API_ERRORS[error.code];
  const headers = ["content-type", "application/json; charset=utf-8"];
  headers.push(
    "content-length",
    String(Buffer.byteLength(body)),
    "x-request-id",
    requestId,
    ...more,
  );
  if (status === 503) headers.push("retry-after", "1");
  reply(status, headers, body);
}

/** Makes every fault of every route one JSON error. Must run before the first route is added. */
export function handleErrors(app: FastifyInstance): void {
  app.decorate("mounts", new Map());
  app.setErrorHandler((fault, request, reply) => {
    const error = toApiError(fault, request);
    if (API_ERRORS[error.code].status >= 500) {
      request.log.error({ requestId: request.id, err: error.cause ?? error }, error.message);
    }
    return sendError(request, reply, error);
  });
}

/** Answers a fault that Fastify finds before there is a route: no hook has run. Never rejects. */
export type AnswerRouteless = (
  fault: FastifyError,
  request: FastifyRequest,
  reply: FastifyReply,
) => void;

/** Faults that Fastify finds before there is a route, such as a path that cannot be decoded. */
export const answerFrameworkError: AnswerRouteless = (fault, request, reply) => {
  reply.header("x-request-id", request.id);
  const [, segment = ""] = request.url.split(/[/?]/, 2);
  const mounted = request.server.mounts.get(segment);
  if (mounted !== undefined) return mounted(fault, request, reply);
  sendError(request, reply, toApiError(fault));
};

declare module "fastify" {
  interface FastifyInstance {
    /** Who answers routeless faults below a first segment of its own. */
    mounts: Map<string, AnswerRouteless>;
  }
}
