import { ACCOUNT_KINDS } from "@latchkey/engine";
import { type Static, Type } from "typebox";
import type { AccountRecord } from "../../store/records.ts";
import { instant, instantOrNull } from "../instant.ts";
import { Body, Id, Instant, Nullable, OneOf, Text } from "./base.ts";
import { ListOf, pageQuery, searchText } from "./list.ts";

const name = Text({ minLength: 1, maxLength: 200 });
const plan = Nullable(Text({ minLength: 1, maxLength: 100, description: "What it has bought." }));
const externalId = Nullable(
  Text({ minLength: 1, maxLength: 200, description: "The account's id in your own system." }),
);

const STATUSES = ["active", "suspended"] as const;

/** An account on the wire. */
export const Account = Type.Object(
  {
    id: Type.String(),
    name: Type.String(),
    kind: OneOf(ACCOUNT_KINDS),
    parentId: Nullable(Type.String({ description: "The platform or organization it belongs to." })),
    plan: Nullable(Type.String()),
    externalId: Nullable(Type.String()),
    status: OneOf(STATUSES, "While suspended, its credentials are refused."),
    createdAt: Instant("When it was made."),
    suspendedAt: Nullable(Instant("Since when it is suspended.")),
  },
  { $id: "Account" },
);

/** A page of accounts. */
export const AccountList = ListOf(Account, "AccountList");

/** The query of `GET accounts`. */
export const AccountQuery = Type.Object(
  {
    ...pageQuery,
    search: Type.Optional(searchText("Part of the name, or all of the id or external id.")),
    status: Type.Optional(OneOf(STATUSES)),
  },
  { additionalProperties: false },
);

/** `POST accounts`. */
export const CreateAccount = Body({
  id: Type.Optional(Id("acct", "An id of your own choice.")),
  name,
  kind: Type.Optional(OneOf(ACCOUNT_KINDS, "`account` when absent.")),
  parentId: Type.Optional(Nullable(Id("acct"))),
  plan: Type.Optional(plan),
  externalId: Type.Optional(externalId),
});

/** `PATCH accounts/{id}`. */
export const UpdateAccount = Body(
  { name: Type.Optional(name), plan: Type.Optional(plan), externalId: Type.Optional(externalId) },
  { minProperties: 1 },
);

/** The record as it goes over the wire. */
export function toAccount(record: AccountRecord): Static<typeof Account> {
  return {
    id: record.id,
    name: record.name,
    kind: record.kind,
    parentId: record.parentId,
    plan: record.plan,
    externalId: record.externalId,
    status: record.suspendedAt === null ? "active" : "suspended",
    createdAt: instant(record.createdAt),
    suspendedAt: instantOrNull(record.suspendedAt),
  };
}
