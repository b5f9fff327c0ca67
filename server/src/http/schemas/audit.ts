import { type Static, Type } from "typebox";
import type { EventRecord, UsageLine } from "../../store/records.ts";
import { instant } from "../instant.ts";
import { Instant, Nullable, OneOf, Text } from "./base.ts";
import { toTenth } from "./latency.ts";
import { ListOf, pageQuery } from "./list.ts";

/** One line of the audit trail. */
export const Event = Type.Object(
  {
    id: Type.String(),
    type: Type.String({ examples: ["api_key.issued", "request.refused"] }),
    at: Instant("When it happened."),
    actor: Type.Object({
      kind: OneOf(["operator", "user", "portal", "credential", "system", "anonymous"]),
      id: Nullable(Type.String()),
    }),
    accountId: Nullable(Type.String()),
    credentialId: Nullable(Type.String()),
    requestId: Nullable(Type.String()),
    address: Nullable(Type.String({ description: "The client's address." })),
    detail: Type.Object({}, { additionalProperties: true }),
    count: Type.Integer({ description: "How many alike this line stands for." }),
  },
  { $id: "Event" },
);

/** A page of the audit trail. */
export const EventList = ListOf(Event, "EventList");

/** How often one credential was used in one hour. */
export const Usage = Type.Object(
  {
    accountId: Type.String({ description: "`others` where memory was too short to tell." }),
    credentialId: Type.String({ description: "`others` where memory was too short to tell." }),
    hour: Instant("The start of the hour."),
    outcome: OneOf(["allow", "deny"]),
    count: Type.Integer(),
    clientVersion: Nullable(
      Type.String({ description: "The newest X-Client-Version that came with these requests." }),
    ),
    latency: Type.Optional(
      Type.Object(
        {
          decisions: Type.Integer({ description: "Those whose time is known." }),
          meanMicros: Type.Number(),
          maxMicros: Type.Integer(),
        },
        {
          description:
            "How long decisions about this credential took in this hour, whatever their outcome. Absent when none was timed.",
        },
      ),
    ),
  },
  { $id: "Usage" },
);

/** A page of usage. */
export const UsageList = ListOf(Usage, "UsageList");

const filters = {
  ...pageQuery,
  accountId: Type.Optional(Text({ minLength: 1, maxLength: 128 })),
  credentialId: Type.Optional(Text({ minLength: 1, maxLength: 128 })),
  from: Type.Optional(Instant("The earliest instant, included.")),
  to: Type.Optional(Instant("The latest instant, not included.")),
};

/** The query of `GET events`. */
export const EventQuery = Type.Object(
  { ...filters, type: Type.Optional(Text({ minLength: 1, maxLength: 64 })) },
  { additionalProperties: false },
);

/** The query of `GET usage`. */
export const UsageQuery = Type.Object(
  {
    ...filters,
    lineageId: Type.Optional(
      Text({ minLength: 1, maxLength: 128, description: "All keys of one chain of rotations." }),
    ),
  },
  { additionalProperties: false },
);

/** The record as it goes over the wire. */
export function toEvent(record: EventRecord): Static<typeof Event> {
  const { at, actor, detail } = record;
  const members = Object.entries(detail).map(([name, value]) => [name, written(name, value)]);
  return { ...record, at: instant(at), actor: { ...actor }, detail: Object.fromEntries(members) };
}

/** A member of a detail: commands write instants down as they have them, in milliseconds. */
function written(name: string, value: unknown): unknown {
  if (Array.isArray(value) && name === "brownOuts") return value.map(instant);
  return name.endsWith("At") && typeof value === "number" ? instant(value) : value;
}

/** The record as it goes over the wire. */
export function toUsage({ hour, latency, ...line }: UsageLine): Static<typeof Usage> {
  const usage = { ...line, hour: instant(hour) };
  if (latency === undefined) return usage;
  const { timed: decisions, totalMicros, maxMicros } = latency;
  const meanMicros = toTenth(totalMicros / decisions);
  return { ...usage, latency: { decisions, meanMicros, maxMicros } };
}
