import type { AwayAnswer, Slice } from "@latchkey/engine";
import { type Static, Type } from "typebox";
import { Body, OneOf, Text } from "./base.ts";

const Count = (maximum: number, description: string) =>
  Type.Integer({ minimum: 0, maximum, description });

/** What is asked of one key of one limit. */
const AskedSlice = Type.Object(
  {
    limit: Text({ minLength: 1, maxLength: 4096, description: "The id of the limit." }),
    key: Type.String({
      pattern: "^[A-Za-z0-9_-]{0,512}$",
      description: "Whose requests are counted, in base64url.",
    }),
    need: Count(10_000, "Requests that wait: each is counted by itself. 0: only looks."),
    spare: Count(65_536, "Requests that may come, of which as many are lent as the limit bears."),
  },
  { additionalProperties: false },
);

/** `POST slices`. */
export const SlicesBody = Body({
  slices: Type.Array(AskedSlice, { minItems: 1, maxItems: 64 }),
});

/** In the order of the questions. Changes with the SDK. */
export const Slices = Type.Object(
  {
    slices: Type.Array(
      Type.Object({
        granted: Type.Integer({ description: "Of the requests that waited, those that pass." }),
        lent: Type.Integer({ description: "Requests that may pass until a window ends." }),
        exceeded: Type.Boolean({ description: "Whether one that waited may not pass." }),
        windows: Type.Array(
          Type.Object({ remaining: Type.Integer(), resetMillis: Type.Integer() }),
          { description: "In the order of the limit; milliseconds from now." },
        ),
        decidedBy: OneOf(["local", "server", "redis", "lease"], "Which process counted."),
        away: Type.Optional(
          OneOf(["uncounted", "unavailable"], "The counters are away: all pass, or none does."),
        ),
      }),
    ),
  },
  { $id: "Slices" },
);

/** The slice as it goes over the wire. */
export function toSlice(slice: Slice | AwayAnswer): Static<typeof Slices>["slices"][number] {
  if (typeof slice === "string") {
    const nothing = { granted: 0, lent: 0, exceeded: false, windows: [] };
    return { ...nothing, decidedBy: "server", away: slice };
  }
  const { granted, lent, state } = slice;
  const windows = state.windows.map(({ remaining, resetAt }) => ({
    remaining,
    resetMillis: Math.max(0, resetAt - state.at),
  }));
  return { granted, lent, exceeded: state.exceeded, windows, decidedBy: state.decidedBy };
}
