import { type Static, Type } from "typebox";
import type { Overview as OverviewRecord } from "../../store/overview.ts";
import { instant } from "../instant.ts";
import { Id, Instant, Nullable } from "./base.ts";
import { LatencyOverview, toLatency, toTenth } from "./latency.ts";

const counts = { allowed: Type.Integer(), refused: Type.Integer() };

/** What happened over some time, in numbers. */
export const Overview = Type.Object(
  {
    from: Instant("The first instant that is counted, at the start of an hour."),
    to: Instant("The first instant that is not."),
    hours: Type.Array(Type.Object({ hour: Instant("The start of the hour."), ...counts }), {
      description: "From old to new; hours without a request are left out.",
    }),
    refusals: Type.Array(Type.Object({ reason: Type.String(), count: Type.Integer() }), {
      description: "Most frequent first, of the newest 50,000 lines.",
    }),
    credentials: Type.Array(
      Type.Object({
        credentialId: Type.String(),
        accountId: Type.String(),
        name: Nullable(Type.String()),
        ...counts,
      }),
      { description: "The busiest ten." },
    ),
    latency: LatencyOverview,
    slowest: Type.Array(
      Type.Object({
        credentialId: Type.String(),
        accountId: Type.String(),
        name: Nullable(Type.String()),
        decisions: Type.Integer({ description: "Those whose time is known." }),
        meanMicros: Type.Number(),
        maxMicros: Type.Integer(),
      }),
      { description: "The slowest ten by the mean, of those with ten timed decisions or more." },
    ),
  },
  { $id: "Overview" },
);

/** The query of `GET overview`. */
export const OverviewQuery = Type.Object(
  {
    accountId: Type.Optional(Id("acct")),
    hours: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 744,
        default: 24,
        description: "How many hours, the present one included; at most 31 days.",
      }),
    ),
  },
  { additionalProperties: false },
);

const Count = (description: string) => Type.Integer({ description });

/** Live API keys that good practice asks to look at. */
export const Findings = Type.Object(
  {
    live: Count("API keys that are in use and not rotated."),
    old: Count("Of those, issued 90 days ago or earlier, and not rotated since."),
    unused: Count("Not used for 90 days."),
    expiring: Count("Expire within 14 days."),
    unrestricted: Count("Have neither allowed addresses nor an expiry."),
  },
  { $id: "Findings" },
);

/** The record as it goes over the wire. */
export function toOverview(
  record: OverviewRecord,
  { from, to }: { readonly from: number; readonly to: number },
): Static<typeof Overview> {
  return {
    from: instant(from),
    to: instant(to),
    hours: record.hours.map(({ hour, ...rest }) => ({ hour: instant(hour), ...rest })),
    refusals: record.refusals.map((each) => ({ ...each })),
    credentials: record.credentials.map((each) => ({ ...each })),
    latency: toLatency(record.latency, { from, to }),
    slowest: record.slowest.map(({ timed, meanMicros, ...each }) => ({
      ...each,
      decisions: timed,
      meanMicros: toTenth(meanMicros),
    })),
  };
}
