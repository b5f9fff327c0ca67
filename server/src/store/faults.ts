import { ApiError, type ApiErrorCode } from "@latchkey/engine";

/** The store cannot be opened; the message names the database and says what to do about it. */
export class StoreStartError extends Error {
  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = "StoreStartError";
  }
}

/** An `ApiError` as data, for the way between threads: classes do not survive it. */
export interface Fault {
  readonly code: ApiErrorCode;
  readonly message: string;
  readonly details: Readonly<Record<string, unknown>> | undefined;
  /** For the log only. */
  readonly cause: string | undefined;
}

/** What the database did not like about a statement. */
export type FaultKind = "constraint" | "storage" | "other";

/** Keeps an `ApiError`; makes anything else one, with the database's own words in `cause`. */
export function asApiError(error: unknown, kindOf: (error: unknown) => FaultKind): ApiError {
  if (error instanceof ApiError) return error;
  switch (kindOf(error)) {
    case "constraint":
      return new ApiError("CONFLICT", "The request contradicts what is stored.", { cause: error });
    case "storage":
      return storeUnavailable("The database could not answer or commit.", error);
    case "other":
      return new ApiError("INTERNAL", "The store failed.", { cause: error });
  }
}

/** The database is away, full or read-only: nothing was acknowledged. `message` is public. */
export function storeUnavailable(message: string, cause?: unknown): ApiError {
  return new ApiError("STORE_UNAVAILABLE", message, { cause });
}

/** The form in which an error crosses to another thread. */
export function toFault(error: ApiError): Fault {
  const { code, message, details, cause } = error;
  const text = cause instanceof Error ? (cause.stack ?? cause.message) : undefined;
  return { code, message, details, cause: text };
}

/** The error that `toFault` was given, but for the stack. */
export function fromFault({ code, message, details, cause }: Fault): ApiError {
  return new ApiError(code, message, {
    ...(cause === undefined ? {} : { cause }),
    ...(details === undefined ? {} : { details }),
  });
}
