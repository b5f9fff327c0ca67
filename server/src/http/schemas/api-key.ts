import type { LimitSpec } from "@latchkey/engine";
import { type Static, Type } from "typebox";
import type { IssuedApiKey as Issued } from "../../accounts/api-keys.ts";
import type { CredentialRecord } from "../../store/records.ts";
import { Body, Id, Nullable, OneOf, Text } from "./base.ts";
import {
  expiry,
  keyName,
  keyWire,
  ShownOnce,
  successionWire,
  toKeyWire,
  toSuccessionWire,
} from "./keyring.ts";
import { ListOf } from "./list.ts";

const SIGNING = ["off", "optional", "required"] as const;

const LIMITS = "Replace all windows that the policy has for keys; null: the policy's.";

/** Windows that replace those of the policy. */
export const Limits = Type.Unsafe<LimitSpec[]>({
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

const scopes = Type.Array(Text({ minLength: 1, maxLength: 128 }), {
  maxItems: 100,
  description: "Names of scopes of this API; none when absent.",
});
const allowedIps = Type.Array(Type.String({ maxLength: 64 }), {
  maxItems: 100,
  description: "CIDR blocks it may be used from; empty: from anywhere.",
  examples: [["192.0.2.0/24", "2001:db8::/32"]],
});

const wire = {
  ...keyWire,
  userId: Nullable(Type.String()),
  name: Type.String(),
  prefix: Type.String({ description: "The key's first characters." }),
  lastFour: Type.String({ description: "The key's last characters." }),
  scopes: Type.Array(Type.String()),
  mode: OneOf(["live", "test"]),
  allowedIps: Type.Array(Type.String()),
  limits: Nullable(Type.Unsafe<LimitSpec[]>({ type: "array", items: {}, description: LIMITS })),
  signing: OneOf(SIGNING),
  ...successionWire,
};

/** A key on the wire; never the secret. */
export const ApiKey = Type.Object(wire, { $id: "ApiKey" });

/** A key just made. */
export const IssuedApiKey = Type.Object(
  {
    ...wire,
    key: ShownOnce("The key"),
    signingSecret: Type.Optional(ShownOnce("What its requests are signed with")),
  },
  { $id: "IssuedApiKey" },
);

/** A page of keys. */
export const ApiKeyList = ListOf(ApiKey, "ApiKeyList");

/** `POST api-keys`. */
export const CreateApiKey = Body({
  name: keyName,
  accountId: Id("acct"),
  userId: Type.Optional(Nullable(Id("user", "A user of the account, for whom the key acts."))),
  scopes: Type.Optional(scopes),
  mode: Type.Optional(OneOf(["live", "test"], "`live` when absent.")),
  expiresAt: Type.Optional(expiry),
  allowedIps: Type.Optional(allowedIps),
  limits: Type.Optional(Nullable(Limits)),
  signing: Type.Optional(
    OneOf(SIGNING, "Whether requests must be signed too; only for APIs with signed requests."),
  ),
});

/** `PATCH api-keys/{id}`. */
export const UpdateApiKey = Body(
  {
    name: Type.Optional(keyName),
    scopes: Type.Optional(scopes),
    expiresAt: Type.Optional(expiry),
    allowedIps: Type.Optional(allowedIps),
    limits: Type.Optional(Nullable(Limits)),
  },
  { minProperties: 1 },
);

/** The record as it goes over the wire; `now` decides whether it has expired. */
export function toApiKey(record: CredentialRecord, now: number): Static<typeof ApiKey> {
  return {
    ...toKeyWire(record, now),
    userId: record.userId,
    name: record.name,
    prefix: record.prefix,
    lastFour: record.lastFour,
    scopes: [...record.scopes],
    mode: record.mode,
    allowedIps: [...record.allowedIps],
    limits: record.limits === null ? null : [...record.limits],
    signing: record.signing,
    ...toSuccessionWire(record),
  };
}

/** The answer that shows the key's secrets. */
export function toIssuedApiKey(issued: Issued, now: number): Static<typeof IssuedApiKey> {
  const { key, signingSecret } = issued;
  const shown = signingSecret === undefined ? { key } : { key, signingSecret };
  return { ...toApiKey(issued, now), ...shown };
}
