import { API_ERRORS, type ApiErrorCode } from "@latchkey/engine";
import { Type } from "typebox";
import { OneOf, Ref } from "./base.ts";

/** What every refusal of this API looks like. */
export const ErrorAnswer = Type.Object(
  {
    error: Type.Object({
      code: OneOf(Object.keys(API_ERRORS) as ApiErrorCode[], "Stable; meant for programs."),
      message: Type.String({ description: "For people; may change." }),
      requestId: Type.String({ description: "Finds the call in logs and events." }),
      details: Type.Optional(
        Type.Object(
          { field: Type.Optional(Type.String({ description: "The wrong member or parameter." })) },
          { additionalProperties: true },
        ),
      ),
    }),
  },
  { $id: "Error" },
);

const DESCRIPTIONS: Readonly<Record<number, string>> = Object.fromEntries(
  [...new Set(Object.values(API_ERRORS).map(({ status }) => status))].map((status) => [
    status,
    Object.entries(API_ERRORS)
      .filter(([, entry]) => entry.status === status)
      .map(([code, { meaning }]) => `\`${code}\`: ${meaning}`)
      .join("\n\n"),
  ]),
);

/** The refusals that any call with a token may get. */
const ALWAYS = [400, 401, 403, 404, 500, 503] as const;
/** Those that come with a body. */
const WITH_BODY = [413, 415] as const;

type Refusals = Record<number, ReturnType<typeof refusal>>;

function refusal(status: number) {
  return Ref(ErrorAnswer, DESCRIPTIONS[status] ?? "Refused.");
}

/** Schemas of a reading call's refusals, by status. */
export function readRefusals(...more: readonly number[]): Refusals {
  return Object.fromEntries([...ALWAYS, ...more].map((status) => [status, refusal(status)]));
}

/** Schemas of a writing call's refusals, by status. */
export function writeRefusals(...more: readonly number[]): Refusals {
  return readRefusals(...WITH_BODY, ...more);
}
