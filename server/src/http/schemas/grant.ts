import { type Static, Type } from "typebox";
import type { GrantRecord } from "../../store/grants.ts";
import { instant, instantOrNull } from "../instant.ts";
import { Instant, Nullable, OneOf } from "./base.ts";
import { ListOf } from "./list.ts";

/** That a user approved an application. */
export const Grant = Type.Object(
  {
    id: Type.String(),
    userId: Type.String({ description: "Who approved." }),
    accountId: Type.String({ description: "The account that the application reaches by it." }),
    applicationId: Type.String(),
    scopes: Type.Array(Type.String({ description: "What was approved." })),
    status: OneOf(["active", "expired", "revoked"]),
    createdAt: Instant("When it was approved."),
    lastUsedAt: Nullable(Instant("When a token was last issued by it.")),
    expiresAt: Instant("When it ends by itself."),
    revokedAt: Nullable(Instant("When it was revoked.")),
  },
  { $id: "Grant" },
);

/** A page of grants. */
export const GrantList = ListOf(Grant, "GrantList");

/** The record as it goes over the wire; `now` decides whether it has expired. */
export function toGrant(record: GrantRecord, now: number): Static<typeof Grant> {
  return {
    id: record.id,
    userId: record.userId,
    accountId: record.accountId,
    applicationId: record.applicationId,
    scopes: [...record.scopes],
    status: statusOf(record, now),
    createdAt: instant(record.createdAt),
    lastUsedAt: instantOrNull(record.lastUsedAt),
    expiresAt: instant(record.expiresAt),
    revokedAt: instantOrNull(record.revokedAt),
  };
}

function statusOf({ revokedAt, expiresAt }: GrantRecord, now: number) {
  if (revokedAt !== null) return "revoked";
  return expiresAt <= now ? "expired" : "active";
}
