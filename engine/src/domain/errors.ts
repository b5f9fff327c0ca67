interface ErrorEntry {
  readonly status: number;
  /** When it happens, for the reference page. */
  readonly meaning: string;
}

/** Every error code of the management API, once; `docs/reference/errors.md` is tested against it. */
export const API_ERRORS = {
  INVALID_REQUEST: {
    status: 400,
    meaning: "A parameter, header or body member is missing or wrong; `details` names it.",
  },
  INVALID_JSON: {
    status: 400,
    meaning: "The body is not JSON, or is nested deeper than 32 levels.",
  },
  INVALID_CURSOR: { status: 400, meaning: "The cursor is not one that this list gave out." },
  UNAUTHORIZED: {
    status: 401,
    meaning: "No operator token and no session, or one that is unknown or has ended.",
  },
  SIGN_IN_REFUSED: {
    status: 401,
    meaning: "The e-mail, the password, the code or the passkey is wrong; which one is not said.",
  },
  PROXY_NOT_TRUSTED: {
    status: 401,
    meaning:
      "Forward-auth was asked by a peer that proved neither by token nor by address that it is a proxy of ours.",
  },
  FORBIDDEN: {
    status: 403,
    meaning: "The caller's role, APIs or capabilities, or the API's policy, do not allow this.",
  },
  CSRF_TOKEN_INVALID: {
    status: 403,
    meaning: "A session writes without its own `X-CSRF-Token`, or from a page of another site.",
  },
  FRESH_PROOF_REQUIRED: {
    status: 403,
    meaning: "The session must prove who it is again first: `POST /v1/session/proof`.",
  },
  NOT_FOUND: { status: 404, meaning: "There is no such thing, or it is not yours to see." },
  LINK_INVALID: { status: 404, meaning: "The link was used, has expired, or never was." },
  METHOD_NOT_ALLOWED: { status: 405, meaning: "The path exists, but not with this method." },
  REQUEST_TIMEOUT: {
    status: 408,
    meaning: "The request did not arrive completely in time; the connection is closed.",
  },
  CONFLICT: {
    status: 409,
    meaning: "The request contradicts what is stored, such as an id that is taken.",
  },
  ROTATION_IN_PROGRESS: {
    status: 409,
    meaning: "The key was rotated and its overlap has not ended; `force` rotates again.",
  },
  PAYLOAD_TOO_LARGE: { status: 413, meaning: "The body is larger than 1 MiB." },
  UNSUPPORTED_MEDIA_TYPE: {
    status: 415,
    meaning: "The body is not `application/json`, or is in a content coding that is not taken.",
  },
  IDEMPOTENCY_KEY_REUSED: {
    status: 422,
    meaning: "The same Idempotency-Key was sent with another body.",
  },
  TRY_LATER: {
    status: 429,
    meaning: "Too many tries failed; `Retry-After` says when the next one is looked at.",
  },
  HEADERS_TOO_LARGE: { status: 431, meaning: "The header block is larger than 16 KiB." },
  INTERNAL: { status: 500, meaning: "A fault of ours; the request id finds it in the log." },
  MAIL_NOT_SENT: {
    status: 503,
    meaning: "The mail server did not take the mail. What it was to tell of is done.",
  },
  STORE_UNAVAILABLE: {
    status: 503,
    meaning: "The database could not be asked or could not commit; nothing was acknowledged.",
  },
} as const satisfies Record<string, ErrorEntry>;

export type ApiErrorCode = keyof typeof API_ERRORS;

/**
 * A caller's mistake. `message` and `details` are public; what only operators may see is `cause`.
 * Sent as `{ error: { code, message, requestId, details } }` with the status from `API_ERRORS`.
 */
export class ApiError extends Error {
  readonly code: ApiErrorCode;
  readonly details: Readonly<Record<string, unknown>> | undefined;

  constructor(
    code: ApiErrorCode,
    message: string,
    options: { cause?: unknown; details?: Readonly<Record<string, unknown>> } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "ApiError";
    this.code = code;
    this.details = options.details;
  }
}

/** A caller's mistake in one parameter, header or body member, whose name `details` carries. */
export function invalidField(field: string, message: string): ApiError {
  return new ApiError("INVALID_REQUEST", message, { details: { field } });
}
