import { type Static, Type } from "typebox";
import { OPERATOR_ROLES, type OperatorTokenRecord } from "../../store/records.ts";
import { instant, instantOrNull } from "../instant.ts";
import { Body, Instant, Nullable, OneOf, Text } from "./base.ts";
import { ListOf } from "./list.ts";

const ROLE = "viewer: reads; verifier: decides; admin: all but operator tokens; owner: everything.";

const wire = {
  id: Type.String(),
  name: Type.String(),
  role: OneOf(OPERATOR_ROLES, ROLE),
  apis: Nullable(Type.Array(Type.String(), { description: "Slugs; null: every API." })),
  createdAt: Instant("When it was made."),
  revokedAt: Nullable(Instant("When it was revoked.")),
};

/** An operator token on the wire; never the secret. */
export const OperatorToken = Type.Object(wire, { $id: "OperatorToken" });

/** An operator token just made. */
export const IssuedOperatorToken = Type.Object(
  { ...wire, token: Type.String({ description: "The secret: shown here and never again." }) },
  { $id: "IssuedOperatorToken" },
);

/** A page of operator tokens. */
export const OperatorTokenList = ListOf(OperatorToken, "OperatorTokenList");

/** `POST /v1/operator-tokens`. */
export const CreateOperatorToken = Body({
  name: Text({ minLength: 1, maxLength: 200 }),
  role: OneOf(OPERATOR_ROLES, ROLE),
  apis: Type.Optional(
    Nullable(
      Type.Array(Text({ minLength: 1, maxLength: 32 }), {
        minItems: 1,
        maxItems: 100,
        uniqueItems: true,
        description: "The only APIs it may see; every one when absent.",
      }),
    ),
  ),
});

/** The record as it goes over the wire. */
export function toOperatorToken(record: OperatorTokenRecord): Static<typeof OperatorToken> {
  return {
    id: record.id,
    name: record.name,
    role: record.role,
    apis: record.apis === null ? null : [...record.apis],
    createdAt: instant(record.createdAt),
    revokedAt: instantOrNull(record.revokedAt),
  };
}
