import { type Static, Type } from "typebox";
import { type OperatorPersonRecord, PERSON_ROLES } from "../../store/operator-persons.ts";
import { instant } from "../instant.ts";
import { Body, Instant, Nullable, OneOf, Text } from "./base.ts";
import { ListOf } from "./list.ts";
import { emailForm } from "./user.ts";

const name = Text({ minLength: 1, maxLength: 200 });
const role = OneOf(PERSON_ROLES);
const apis = Nullable(
  Type.Array(Type.String({ maxLength: 32 }), {
    minItems: 1,
    maxItems: 100,
    uniqueItems: true,
    description: "Slugs; null: every API.",
  }),
);

const wire = {
  id: Type.String(),
  email: Type.String(),
  name: Type.String(),
  role,
  apis: Nullable(Type.Array(Type.String())),
  active: Type.Boolean({ description: "The invitation was taken up." }),
  createdAt: Instant("When they were invited."),
};

/** A person who runs the installation. */
export const OperatorPerson = Type.Object(wire, { $id: "Operator" });

const link = Type.Optional(
  Type.String({ description: "The invitation, where no mail server is set to send it." }),
);

/** One just invited. */
export const InvitedOperator = Type.Object({ ...wire, link }, { $id: "InvitedOperator" });

/** What becomes of an invitation. */
export const Invitation = Type.Object({ link }, { $id: "Invitation" });

/** A page of operators. */
export const OperatorList = ListOf(OperatorPerson, "OperatorList");

/** `POST /v1/operators`. */
export const CreateOperator = Body({ email: emailForm, name, role, apis: Type.Optional(apis) });

/** `PATCH /v1/operators/{id}`. */
export const UpdateOperator = Body(
  { name: Type.Optional(name), role: Type.Optional(role), apis: Type.Optional(apis) },
  { minProperties: 1 },
);

/** The record as it goes over the wire. */
export function toOperator(record: OperatorPersonRecord): Static<typeof OperatorPerson> {
  const { id, email, name, role, apis, active, createdAt } = record;
  return {
    ...{ id, email, name, role, active, createdAt: instant(createdAt) },
    apis: apis === null ? null : [...apis],
  };
}
