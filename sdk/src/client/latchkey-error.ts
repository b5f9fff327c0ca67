/** What went wrong, as `LatchkeyError` carries it. */
export interface LatchkeyErrorParts {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  readonly requestId: string | undefined;
  readonly details: Readonly<Record<string, unknown>> | undefined;
  readonly cause?: unknown;
}

/**
 * A call that did not succeed. `code` is the management API's, or one of the client's own:
 * `UNREACHABLE` and `TIMED_OUT`, both with the status 0 and with the last attempt's fault as
 * `cause`, or `UNEXPECTED_ANSWER` when something other than Latchkey answered.
 */
export class LatchkeyError extends Error {
  override readonly name = "LatchkeyError";
  /** The HTTP status; 0 when there was no answer. */
  readonly status: number;
  readonly code: string;
  /** Finds the call in the service's logs and events. */
  readonly requestId: string | undefined;
  /** `field` names the wrong parameter or member of the body. */
  readonly details: Readonly<Record<string, unknown>> | undefined;

  constructor({ status, code, message, requestId, details, cause }: LatchkeyErrorParts) {
    super(message, cause === undefined ? undefined : { cause });
    this.status = status;
    this.code = code;
    this.requestId = requestId;
    this.details = details;
  }
}

/** The error of an answer that is no success; `body` is what could be read of it. */
export function errorOf(status: number, body: unknown): LatchkeyError {
  const error = isRecord(body) && isRecord(body.error) ? body.error : {};
  const isOurs = typeof error.code === "string" && typeof error.message === "string";
  return new LatchkeyError({
    status,
    code: isOurs ? String(error.code) : "UNEXPECTED_ANSWER",
    // Of a redirect that is not followed browsers do not say the status.
    message: isOurs ? String(error.message) : `The service answered ${status || "a redirect"}.`,
    requestId: typeof error.requestId === "string" ? error.requestId : undefined,
    details: isRecord(error.details) ? error.details : undefined,
  });
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
