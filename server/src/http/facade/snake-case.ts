import type { ApiError } from "@latchkey/engine";

/** What an error says and names, with the member's name in the snake case of a document. */
export function inSnakeCase({ message, details }: ApiError): {
  readonly message: string;
  readonly details: Readonly<Record<string, unknown>> | undefined;
} {
  const field = details?.field;
  if (typeof field !== "string" || field === "") return { message, details };
  const theirs = field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return { message: message.replaceAll(field, theirs), details: { ...details, field: theirs } };
}
