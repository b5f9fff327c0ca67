import type { Overview } from "@latchkey/sdk/client";
import { Skeleton, Text } from "@mantine/core";
import { lazy, Suspense } from "react";
import { Section } from "../elements/page.tsx";
import { durationText } from "./durations.ts";

const LatencyChart = lazy(async () => ({
  default: (await import("./latency-chart.tsx")).LatencyChart,
}));

/** How long decisions took: in a sentence, and over time. */
export function Latency({ latency, from, to }: Pick<Overview, "latency" | "from" | "to">) {
  const { whole, steps } = latency;
  if (whole === null) {
    return (
      <Section title="Latency">
        <Text size="sm" c="dimmed" px="md" pb="md">
          No decision was timed in this time. How long it takes to decide about a request that
          carries a known credential shows here two seconds after the first.
        </Text>
      </Section>
    );
  }
  return (
    <Section
      title="Latency"
      about={`Of ${whole.decisions.toLocaleString("en")} decisions, 50 % took at most ${durationText(
        whole.p50Micros,
      )}, 95 % ${durationText(whole.p95Micros)}, 99 % ${durationText(whole.p99Micros)}.`}
    >
      <Suspense fallback={<Skeleton height={220} m="md" w="auto" />}>
        <LatencyChart steps={steps} from={from} to={to} />
      </Suspense>
    </Section>
  );
}
