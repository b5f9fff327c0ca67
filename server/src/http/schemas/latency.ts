import { latencyOf } from "@latchkey/engine";
import { type Static, Type } from "typebox";
import type { HourLatency } from "../../store/latency.ts";
import { instant } from "../instant.ts";
import { Instant, Nullable } from "./base.ts";

const HOUR = 3_600_000;
/** More hours than these are put together by day, as a chart would. */
const MOST_HOURS = 72;

const percentiles = {
  decisions: Type.Integer({ description: "Decisions whose time is known." }),
  p50Micros: Type.Number({ description: "Half of them took no longer; to a tenth." }),
  p95Micros: Type.Number(),
  p99Micros: Type.Number(),
};

/** How long decisions took over some time. */
export const LatencyOverview = Type.Object({
  whole: Nullable(
    Type.Object(percentiles, { description: "All of them; null when there is none." }),
  ),
  stepHours: Type.Integer({ description: "1, or 24 where more than 72 hours are asked for." }),
  steps: Type.Array(Type.Object({ from: Instant("The start of the step."), ...percentiles }), {
    description: "From old to new; steps without a timed decision are left out.",
  }),
});

/** Percentiles of each step and of the whole: they cannot be made of one another. */
export function toLatency(
  hours: readonly HourLatency[],
  { from, to }: { readonly from: number; readonly to: number },
): Static<typeof LatencyOverview> {
  const stepHours = to - from > MOST_HOURS * HOUR ? 24 : 1;
  const length = stepHours * HOUR;
  const byStep = Map.groupBy(hours, ({ hour }) => Math.floor((hour - from) / length));
  return {
    whole: hours.length === 0 ? null : percentilesOf(hours),
    stepHours,
    steps: [...byStep].map(([step, within]) => ({
      from: instant(from + step * length),
      ...percentilesOf(within),
    })),
  };
}

function percentilesOf(hours: readonly HourLatency[]) {
  const sums: number[] = [];
  for (const { buckets } of hours) {
    for (const [bucket, count] of buckets.entries()) sums[bucket] = (sums[bucket] ?? 0) + count;
  }
  const within = (part: number) => toTenth(latencyOf(part, sums));
  return {
    decisions: sums.reduce((sum, count) => sum + count, 0),
    p50Micros: within(0.5),
    p95Micros: within(0.95),
    p99Micros: within(0.99),
  };
}

/** Finer than any bucket of what takes a microsecond or more. */
export function toTenth(micros: number): number {
  return Math.round(micros * 10) / 10;
}
