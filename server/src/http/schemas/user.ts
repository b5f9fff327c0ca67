import { type Static, Type } from "typebox";
import { ROLES, type UserRecord } from "../../store/records.ts";
import { instant } from "../instant.ts";
import { Body, Id, Instant, Nullable, OneOf, Text } from "./base.ts";
import { ListOf } from "./list.ts";

/** A user on the wire. */
export const User = Type.Object(
  {
    id: Type.String(),
    number: Type.Integer({ description: "Unique in its API, counting from 1." }),
    name: Nullable(Type.String()),
    email: Nullable(Type.String()),
    memberships: Type.Array(Type.Object({ accountId: Type.String(), role: OneOf(ROLES) })),
    createdAt: Instant("When it was made."),
  },
  { $id: "User" },
);

/** A page of users. */
export const UserList = ListOf(User, "UserList");

/**
 * An e-mail address. Whether mail reaches it is for mail to say; the form only keeps mistakes and
 * controls out.
 */
export const emailForm = Type.String({
  maxLength: 254,
  pattern:
    "^[^\\s@\\u0000-\\u001f\\u007f\\ud800-\\udfff]{1,64}@[^\\s@\\u0000-\\u001f\\u007f\\ud800-\\udfff]+$",
});

/** `POST users`. */
export const CreateUser = Body({
  id: Type.Optional(Id("user", "An id of your own choice.")),
  accountId: Id("acct", "The first account it belongs to."),
  name: Type.Optional(Nullable(Text({ minLength: 1, maxLength: 200 }))),
  email: Type.Optional(Nullable({ ...emailForm, description: "Unique in its API." })),
  role: Type.Optional(OneOf(ROLES, "`member` when absent.")),
  password: Type.Optional(
    Text({ minLength: 12, maxLength: 1024, description: "Only its argon2id hash is kept." }),
  ),
});

/** `POST users/{id}/memberships`. */
export const AddMembership = Body({
  accountId: Id("acct"),
  role: Type.Optional(OneOf(ROLES, "`member` when absent.")),
});

/** `POST users/{id}/memberships/revoke`. */
export const RemoveMembership = Body({ accountId: Id("acct") });

/** The record as it goes over the wire. */
export function toUser(record: UserRecord): Static<typeof User> {
  return {
    id: record.id,
    number: record.number,
    name: record.name,
    email: record.email,
    memberships: record.memberships.map(({ accountId, role }) => ({ accountId, role })),
    createdAt: instant(record.createdAt),
  };
}
