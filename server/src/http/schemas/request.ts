import { type Static, Type } from "typebox";
import {
  REQUEST_KINDS,
  REQUEST_STATUSES,
  type RequestDetail,
  type RequestRecord,
} from "../../store/request-record.ts";
import { instant, instantOrNull } from "../instant.ts";
import { Limits } from "./api-key.ts";
import { Body, Id, Instant, Nullable, OneOf, Text } from "./base.ts";
import { ListOf } from "./list.ts";

const kind = OneOf(REQUEST_KINDS, "A higher limit, or that an application is verified.");

/** Whether it was decided, and how. */
export const requestStatus = OneOf(REQUEST_STATUSES, "`open` until it is decided, once.");

const DETAIL =
  "In words, or with members. Approving a `verification` verifies `applicationId`; approving a " +
  "`limit` gives the API key `credentialId` the `limits`. Other members are for people. " +
  "Words that could be secrets are masked.";

/** What a customer asked for. */
export const CustomerRequest = Type.Object(
  {
    id: Type.String(),
    accountId: Type.String(),
    kind,
    detail: Type.Unsafe<RequestDetail>({ description: DETAIL }),
    status: requestStatus,
    note: Nullable(Type.String({ description: "What the operator said to it." })),
    createdAt: Instant("When it was asked."),
    decidedAt: Nullable(Instant("When it was decided; null: not yet.")),
  },
  { $id: "CustomerRequest" },
);

/** A page of requests. */
export const CustomerRequestList = ListOf(CustomerRequest, "CustomerRequestList");

/** `POST requests`. */
export const CreateRequest = Body({
  accountId: Id("acct"),
  kind,
  detail: Type.Unsafe<RequestDetail>({
    type: ["string", "object"],
    description: DETAIL,
    minLength: 1,
    maxLength: 4000,
    properties: { applicationId: Id("app"), credentialId: Id("key"), limits: Limits },
    additionalProperties: true,
    examples: [{ applicationId: "app_4f1c0a9be27d4f1c0a9be27d" }],
  }),
});

/** `POST requests/{id}/approve` and `/decline`. */
export const DecideRequest = Body({
  note: Type.Optional(
    Nullable(Text({ minLength: 1, maxLength: 1000, description: "What the customer is told." })),
  ),
});

/** The record as it goes over the wire. */
export function toCustomerRequest(record: RequestRecord): Static<typeof CustomerRequest> {
  return {
    id: record.id,
    accountId: record.accountId,
    kind: record.kind,
    detail: record.detail,
    status: record.status,
    note: record.note,
    createdAt: instant(record.createdAt),
    decidedAt: instantOrNull(record.decidedAt),
  };
}
