import type { LimitSpec } from "@latchkey/engine";
import { type Static, Type } from "typebox";
import type { Receipt } from "../../accounts/receipt.ts";
import type { ApiKeyRecord } from "../../store/records.ts";
import { instant, instantOrNull } from "../instant.ts";
import { Body, Id, Instant, Nullable, OneOf, Text } from "./base.ts";
import { ListOf } from "./list.ts";

const LIMITS = "Replace all windows that the policy has for keys; null: the policy's.";

const Limits = Type.Unsafe<LimitSpec[]>({
  type: "array",
  minItems: 1,
  maxItems: 8,
  description: LIMITS,
  examples: [["200/minute", { name: "day", max: 10000, windowSeconds: 86400 }]],
  items: {
    type: ["string", "object"],
    pattern: "^[0-9]{1,10}/[a-z]{1,16}$",
    required: ["name", "max", "windowSeconds"],
    additionalProperties: false,
    properties: {
      name: { type: "string", pattern: "^[A-Za-z][A-Za-z0-9_-]{0,31}$" },
      max: { type: "integer", minimum: 1, maximum: 1_000_000_000 },
      windowSeconds: { type: "integer", minimum: 1, maximum: 2_678_400 },
      blockSeconds: { type: "integer", minimum: 0, maximum: 86_400 },
    },
  },
});

const name = Text({ minLength: 1, maxLength: 200 });
const scopes = Type.Array(Text({ minLength: 1, maxLength: 128 }), {
  maxItems: 100,
  description: "Names of scopes of this API; none when absent.",
});
const allowedIps = Type.Array(Type.String({ maxLength: 64 }), {
  maxItems: 100,
  description: "CIDR blocks it may be used from; empty: from anywhere.",
  examples: [["192.0.2.0/24", "2001:db8::/32"]],
});
const expiresAt = Nullable(Instant("Refused from this instant on; null: never expires."));

const wire = {
  id: Type.String(),
  accountId: Type.String(),
  userId: Nullable(Type.String()),
  name: Type.String(),
  prefix: Type.String({ description: "The key's first characters." }),
  lastFour: Type.String({ description: "The key's last characters." }),
  scopes: Type.Array(Type.String()),
  mode: OneOf(["live", "test"]),
  allowedIps: Type.Array(Type.String()),
  limits: Nullable(Type.Unsafe<LimitSpec[]>({ type: "array", items: {}, description: LIMITS })),
  signing: OneOf(["off", "optional", "required"]),
  status: OneOf(
    ["active", "rotated", "expired", "revoked"],
    "`rotated`: it has a successor, and works until `expiresAt`.",
  ),
  createdAt: Instant("When it was issued."),
  expiresAt: Nullable(Instant("When it ends; for a rotated key, when its overlap does.")),
  revokedAt: Nullable(Instant("When it was revoked.")),
  rotatedAt: Nullable(Instant("When its successor was issued.")),
  successorId: Nullable(Type.String()),
  lastUsedAt: Nullable(Instant("Last allowed request, to the minute.")),
};

/** A key on the wire; never the secret. */
export const ApiKey = Type.Object(wire, { $id: "ApiKey" });

/** A key just made. */
export const IssuedApiKey = Type.Object(
  { ...wire, key: Type.String({ description: "The secret: shown here and never again." }) },
  { $id: "IssuedApiKey" },
);

/** A page of keys. */
export const ApiKeyList = ListOf(ApiKey, "ApiKeyList");

/** `POST api-keys`. */
export const CreateApiKey = Body({
  name,
  accountId: Id("acct"),
  userId: Type.Optional(Nullable(Id("user", "A user of the account, for whom the key acts."))),
  scopes: Type.Optional(scopes),
  mode: Type.Optional(OneOf(["live", "test"], "`live` when absent.")),
  expiresAt: Type.Optional(expiresAt),
  allowedIps: Type.Optional(allowedIps),
  limits: Type.Optional(Nullable(Limits)),
  signing: Type.Optional(
    OneOf(["off", "optional", "required"], "Only `off` is available in this release."),
  ),
});

/** `PATCH api-keys/{id}`. */
export const UpdateApiKey = Body(
  {
    name: Type.Optional(name),
    scopes: Type.Optional(scopes),
    expiresAt: Type.Optional(expiresAt),
    allowedIps: Type.Optional(allowedIps),
    limits: Type.Optional(Nullable(Limits)),
  },
  { minProperties: 1 },
);

/** `POST api-keys/{id}/rotate`. */
export const RotateApiKey = Body({
  overlapSeconds: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: 604_800,
      default: 86_400,
      description: "How long the old key goes on working; 0 ends it at once.",
    }),
  ),
  force: Type.Optional(
    Type.Boolean({ default: false, description: "Rotate although an overlap is under way." }),
  ),
});

/** What is known of a revocation. */
export const RevocationReceipt = Type.Object(
  {
    revokedAt: Instant("When it was first revoked."),
    confirmedAt: Nullable(Instant("When the last verifier had applied it; null: not yet.")),
    boundAt: Instant("After this instant nobody accepts the credential."),
    verifiers: Type.Object({ confirmed: Type.Integer(), pending: Type.Integer() }),
  },
  { $id: "RevocationReceipt" },
);

/** The receipt as it goes over the wire. */
export function toReceipt(receipt: Receipt): Static<typeof RevocationReceipt> {
  return {
    revokedAt: instant(receipt.revokedAt),
    confirmedAt: instantOrNull(receipt.confirmedAt),
    boundAt: instant(receipt.boundAt),
    verifiers: receipt.verifiers,
  };
}

/** The record as it goes over the wire; `now` decides whether it has expired. */
export function toApiKey(record: ApiKeyRecord, now: number): Static<typeof ApiKey> {
  return {
    id: record.id,
    accountId: record.accountId,
    userId: record.userId,
    name: record.name,
    prefix: record.prefix,
    lastFour: record.lastFour,
    scopes: [...record.scopes],
    mode: record.mode,
    allowedIps: [...record.allowedIps],
    limits: record.limits === null ? null : [...record.limits],
    signing: record.signing,
    status: statusOf(record, now),
    createdAt: instant(record.createdAt),
    expiresAt: instantOrNull(record.expiresAt),
    revokedAt: instantOrNull(record.revokedAt),
    rotatedAt: instantOrNull(record.rotatedAt),
    successorId: record.successorId,
    lastUsedAt: instantOrNull(record.lastUsedAt),
  };
}

function statusOf(record: ApiKeyRecord, now: number): Static<typeof ApiKey>["status"] {
  if (record.revokedAt !== null) return "revoked";
  if (record.expiresAt !== null && record.expiresAt <= now) return "expired";
  return record.rotatedAt === null ? "active" : "rotated";
}
