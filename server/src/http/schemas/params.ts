import { Type } from "typebox";
import { Id } from "./base.ts";

/** The path parameter of everything below an API. */
export const ApiParams = Type.Object({
  api: Type.String({ maxLength: 32, description: "The API's slug." }),
});

/** The path parameters of one thing of an API. */
export function ApiAndId(prefix: string) {
  return Type.Object({ ...ApiParams.properties, id: Id(prefix) });
}

/** Makes a POST safe to repeat for 24 hours. */
export const IdempotencyHeaders = Type.Object({
  "idempotency-key": Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 128,
      description: "Makes a repeat within 24 hours answer what the first call answered.",
    }),
  ),
});
