import { LATENCY_BUCKETS, MOST_MICROS } from "@latchkey/engine";
import { type Static, Type } from "typebox";
import type { GrantedLease } from "../../changes/lease-renewals.ts";
import type { VerifierRecord } from "../../store/verifiers.ts";
import { instant } from "../instant.ts";
import { Body, Id, Instant, Nullable, Text } from "./base.ts";
import { ListOf } from "./list.ts";

const Seq = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });

/** `GET changes`. */
export const ChangesQuery = Type.Object(
  {
    after: Type.Optional({ ...Seq, description: "The last change that is known already." }),
    mark: Type.Optional(
      Text({ maxLength: 32, description: "Its mark; without it the stream begins afresh." }),
    ),
  },
  { additionalProperties: false },
);

/** `POST leases`. */
export const RenewLease = Body({
  verifier: Id("vrf", "Made at random when the verifier starts."),
  appliedSeq: { ...Seq, description: "Every change up to it is applied there." },
  mark: Type.Optional(
    Text({ maxLength: 32, description: "The mark of that change; without it any will do." }),
  ),
  ends: Type.Optional(Type.Boolean({ description: "It gives its lease back." })),
  tells: Type.Optional(
    Type.Boolean({ description: "It only tells how far it has come: nothing is granted." }),
  ),
});

/** A lease, from the instant at which it was asked for. */
export const Lease = Type.Object(
  {
    head: Type.Integer({ description: "It counts once every change up to here is applied." }),
    leaseSeconds: Type.Integer({ description: "0: nothing was granted." }),
    tellAfterMillis: Type.Integer({
      description: "When the verifier may tell again how far it has come.",
    }),
  },
  { $id: "Lease" },
);

/** A process that decides in its own memory. */
const Verifier = Type.Object(
  {
    id: Type.String(),
    appliedSeq: Type.Integer({ description: "Every change up to it is applied there." }),
    lag: Type.Integer({ description: "Changes that it has not confirmed yet." }),
    status: Type.Unsafe<"leased" | "lapsed">({
      type: "string",
      enum: ["leased", "lapsed"],
      description: "Whether it may decide by itself now.",
    }),
    startedAt: Instant("When it was first granted a lease."),
    renewedAt: Instant("When its lease was last renewed."),
    leaseEndsAt: Instant("Until when it may decide by itself."),
  },
  { $id: "Verifier" },
);

/** `GET verifiers`. */
export const VerifierList = ListOf(Verifier, "VerifierList");

/** Where one window of a credential's limit stood last. */
const ReportedWindow = Type.Object(
  {
    name: Text({ minLength: 1, maxLength: 32 }),
    limit: Type.Integer({ minimum: 1, maximum: 1_000_000_000 }),
    remaining: Type.Integer({ minimum: 0, maximum: 1_000_000_000 }),
    windowSeconds: Type.Integer({ minimum: 1, maximum: 2_678_400 }),
    resetAt: Instant("When it is whole again."),
  },
  { additionalProperties: false },
);

const Micros = Type.Integer({ minimum: 0, maximum: MOST_MICROS });

/** How long decisions took, of those that were timed. */
const ReportedLatency = Type.Object(
  {
    totalMicros: Micros,
    maxMicros: Micros,
    buckets: Type.Array(Type.Integer({ minimum: 0, maximum: 4_294_967_295 }), {
      maxItems: LATENCY_BUCKETS,
      description:
        "Decisions from 0, 0.25, 0.5, 0.75, 1, 1.5, 2, 3, 4, 6, 8, 12 … microseconds on.",
    }),
  },
  { additionalProperties: false },
);

/** How much was used of one credential in one hour. */
const ReportedCount = Type.Object(
  {
    accountId: Id("acct"),
    // Nothing but an id: the cursors of the list of usage are made of it.
    credentialId: Type.String({
      pattern: "^[a-z]{1,16}_[0-9a-z]{1,64}$",
      examples: ["key_4f1c0a9be27d4f1c0a9be27d"],
    }),
    hour: Instant("Any instant of the hour."),
    allowed: Type.Integer({ minimum: 0, maximum: 1_000_000_000 }),
    denied: Type.Integer({ minimum: 0, maximum: 1_000_000_000 }),
    lastAllowedAt: Nullable(Instant("When a request was last allowed.")),
    clientVersion: Nullable(Text({ maxLength: 64 })),
    windows: Type.Optional(
      Type.Array(ReportedWindow, {
        maxItems: 8,
        description: "Those of its limit of which half is used at least.",
      }),
    ),
    latency: Type.Optional(ReportedLatency),
  },
  { additionalProperties: false },
);

/** `POST usage`. */
export const ReportUsage = Body({
  counts: Type.Array(ReportedCount, { minItems: 1, maxItems: 1000 }),
});

/** Every component of this file, for `app.addSchema`. */
export const VERIFIER_COMPONENTS = [Lease, Verifier, VerifierList];

/** The lease as it goes over the wire. */
export function toLease({
  head,
  leaseSeconds,
  tellAfterMillis,
}: GrantedLease): Static<typeof Lease> {
  return { head, leaseSeconds, tellAfterMillis };
}

/** The verifier as it goes over the wire, at `now` and with the feed at `head`. */
export function toVerifier(
  { id, appliedSeq, startedAt, renewedAt, leaseEndsAt }: VerifierRecord,
  { now, head }: { readonly now: number; readonly head: number },
): Static<typeof Verifier> {
  return {
    id,
    appliedSeq,
    lag: Math.max(0, head - appliedSeq),
    status: now < leaseEndsAt ? "leased" : "lapsed",
    startedAt: instant(startedAt),
    renewedAt: instant(renewedAt),
    leaseEndsAt: instant(leaseEndsAt),
  };
}
