import type { ApiError } from "@latchkey/engine";
import { SchemaFault } from "../validation.ts";

/** What an error says and names, with the member's name in the snake case of a document. */
export function inSnakeCase(error: ApiError): {
  readonly message: string;
  readonly details: Readonly<Record<string, unknown>> | undefined;
} {
  const { message, details } = error;
  const field = details?.field;
  // Of what was sent the name stays: `expiresAt` is no `expires_at`.
  if (error instanceof SchemaFault || typeof field !== "string" || field === "") {
    return { message, details };
  }
  const theirs = field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return { message: message.replaceAll(field, theirs), details: { ...details, field: theirs } };
}
