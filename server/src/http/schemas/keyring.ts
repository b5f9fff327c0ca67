import type { Interval } from "@latchkey/engine";
import { type Static, Type } from "typebox";
import { KEY_FINDINGS, KEY_STATUSES } from "../../store/key-conditions.ts";
import type { CredentialRecord } from "../../store/records.ts";
import { instant, instantOrNull } from "../instant.ts";
import { Body, Id, Instant, Nullable, OneOf, Text } from "./base.ts";
import { pageQuery, searchText } from "./list.ts";

/** The query of a list of keys. */
export const KeyQuery = Type.Object(
  {
    ...pageQuery,
    accountId: Type.Optional(Id("acct")),
    search: Type.Optional(searchText("Part of the name, or all of the id or last characters.")),
    status: Type.Optional(OneOf(KEY_STATUSES)),
    finding: Type.Optional(
      OneOf(
        KEY_FINDINGS,
        "Live keys that are 90 days old without rotation, were not used for 90 days, expire " +
          "within 14 days, or have neither addresses nor an expiry.",
      ),
    ),
  },
  { additionalProperties: false },
);

/** What a key is called, for people. */
export const keyName = Text({ minLength: 1, maxLength: 200 });

/** When a key is to end. */
export const expiry = Nullable(Instant("Refused from this instant on; null: never expires."));

const brownOuts = Type.Array(Instant("From then on it is refused for 120 seconds."), {
  description: "When it is refused for a moment, so that who still uses it is noticed.",
});

/** What the keys of every kind have on the wire. */
export const keyWire = {
  id: Type.String(),
  accountId: Type.String(),
  status: OneOf(KEY_STATUSES, "`rotated`: it has a successor, and works until `expiresAt`."),
  createdAt: Instant("When it was issued."),
  expiresAt: Nullable(Instant("When it ends; for a rotated key, when its overlap does.")),
  revokedAt: Nullable(Instant("When it was revoked.")),
  lastUsedAt: Nullable(Instant("Last allowed request, to the minute.")),
};

/** What those have whose rotation issues another key. */
export const successionWire = {
  rotatedAt: Nullable(Instant("When its successor was issued.")),
  successorId: Nullable(Type.String()),
  lineageId: Type.String({ description: "The first key of its chain of rotations." }),
  brownOuts,
};

/** What those have whose rotation adds a secret. */
export const secretsWire = {
  secrets: Type.Array(
    Type.Object({
      id: Type.String(),
      createdAt: Instant("When it was made."),
      endsAt: Nullable(Instant("When its overlap ends; null: it is the newest.")),
      brownOuts,
    }),
    { description: "From old to new; at most two live. Never the secrets themselves." },
  ),
};

/** A member that is shown in this one answer. */
export function ShownOnce(what: string) {
  return Type.String({ description: `${what}: shown here and never again.` });
}

const plan = Type.Array(Instant("From then on the old one is refused for 120 seconds."), {
  maxItems: 10,
  description: "All within the overlap.",
});

/** `POST …/{id}/rotate`. */
export const Rotate = Body({
  overlapSeconds: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: 604_800,
      default: 86_400,
      description: "How long the old one goes on working; 0 ends it at once.",
    }),
  ),
  force: Type.Optional(
    Type.Boolean({ default: false, description: "Rotate although an overlap is under way." }),
  ),
  brownOuts: Type.Optional(plan),
});

/** `POST …/{id}/brown-outs`. */
export const PlanBrownOuts = Body({ brownOuts: plan });

/** The members of `keyWire`; `now` decides whether it has expired. */
export function toKeyWire(record: CredentialRecord, now: number) {
  return {
    id: record.id,
    accountId: record.accountId,
    status: statusOf(record, now),
    createdAt: instant(record.createdAt),
    expiresAt: instantOrNull(record.expiresAt),
    revokedAt: instantOrNull(record.revokedAt),
    lastUsedAt: instantOrNull(record.lastUsedAt),
  };
}

/** The members of `successionWire`. */
export function toSuccessionWire(record: CredentialRecord) {
  return {
    rotatedAt: instantOrNull(record.rotatedAt),
    successorId: record.successorId,
    lineageId: record.lineageId,
    brownOuts: starts(record.brownOuts),
  };
}

/** The members of `secretsWire`. */
export function toSecretsWire({ secrets }: CredentialRecord) {
  return {
    secrets: secrets.map((secret) => ({
      id: secret.id,
      createdAt: instant(secret.createdAt),
      endsAt: instantOrNull(secret.endsAt),
      brownOuts: starts(secret.brownOuts),
    })),
  };
}

function starts(intervals: readonly Interval[]): string[] {
  return intervals.map(({ from }) => instant(from));
}

function statusOf(record: CredentialRecord, now: number): Static<typeof keyWire.status> {
  if (record.revokedAt !== null) return "revoked";
  if (record.expiresAt !== null && record.expiresAt <= now) return "expired";
  return record.rotatedAt === null ? "active" : "rotated";
}
