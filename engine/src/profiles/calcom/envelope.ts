import { hideSecrets } from "../../domain/hidden-secrets.ts";

/** What a refusal of this API says, before it is put in the envelope. */
export interface Fault {
  readonly status: FaultStatus;
  readonly message: string;
  /** The class of the exception, where it is not the one that its status has. */
  readonly code?: string;
  /**
   * `text`: the message again; `bare`: an object without the status's name, where there is nothing
   * to say but that; or what else there is to say. Default: an object.
   */
  readonly details?: "text" | "bare" | Readonly<Record<string, unknown>>;
}

/** Named after the class of the exception, which is no stable code. */
const EXCEPTIONS = {
  400: { code: "BadRequestException", error: "Bad Request" },
  401: { code: "UnauthorizedException", error: "Unauthorized" },
  403: { code: "ForbiddenException", error: "Forbidden" },
  404: { code: "NotFoundException", error: "Not Found" },
  405: { code: "MethodNotAllowedException", error: "Method Not Allowed" },
  408: { code: "RequestTimeoutException", error: "Request Timeout" },
  409: { code: "ConflictException", error: "Conflict" },
  413: { code: "PayloadTooLargeException", error: "Payload Too Large" },
  415: { code: "UnsupportedMediaTypeException", error: "Unsupported Media Type" },
  422: { code: "UnprocessableEntityException", error: "Unprocessable Entity" },
  429: { code: "ThrottlerException", error: "Too Many Requests" },
  431: { code: "HttpException", error: "Request Header Fields Too Large" },
  498: { code: "TokenExpiredException", error: "Token Expired" },
  500: { code: "InternalServerErrorException", error: "Internal Server Error" },
  503: { code: "ServiceUnavailableException", error: "Service Unavailable" },
} as const;

/** Statuses that errors of this API have. */
export type FaultStatus = keyof typeof EXCEPTIONS;

/** A fault about which there is nothing to say but its status. */
export function bareFault(status: FaultStatus): Fault {
  return { status, message: EXCEPTIONS[status].error, details: "bare" };
}

/** The envelope of every error: `at` in Unix milliseconds, `target` as the client sent it. */
export function envelopeOf(fault: Fault, at: number, target: string): string {
  const { status, message, code = EXCEPTIONS[status].code } = fault;
  return JSON.stringify({
    status: "error",
    timestamp: new Date(at).toISOString(),
    path: hideSecrets(target),
    error: { code, message, details: detailsOf(fault) },
  });
}

function detailsOf({ status, message, details }: Fault): unknown {
  if (details === "text") return message;
  if (details === "bare") return { message, statusCode: status };
  if (details !== undefined) return details;
  return { message, error: EXCEPTIONS[status].error, statusCode: status };
}
