import "@mantine/charts/styles.css";
import type { Overview } from "@latchkey/sdk/client";
import { LineChart } from "@mantine/charts";
import { Table } from "@mantine/core";
import { durationText } from "./durations.ts";
import { stepsOf } from "./steps.ts";

type Step = Overview["latency"]["steps"][number];

interface LatencyChartProps extends Pick<Overview, "from" | "to"> {
  readonly steps: readonly Step[];
}

const SERIES = [
  { name: "p50Micros", label: "50 %", color: "latch.6" },
  { name: "p95Micros", label: "95 %", color: "yellow.7", strokeDasharray: "6 3" },
  { name: "p99Micros", label: "99 %", color: "red.6", strokeDasharray: "2 3" },
] as const;

/** The least that is told: no time at all has no place on an axis of powers of ten. */
const LEAST_MICROS = 0.1;

/** How long decisions took over time as a picture, and the same numbers as a table. */
export function LatencyChart({ steps, from, to }: LatencyChartProps) {
  const { names, indexOf } = stepsOf({ from, to });
  const points: ({ readonly at: string } & Partial<Step>)[] = names.map((at) => ({ at }));
  for (const step of steps) {
    const index = indexOf(step.from);
    const at = names[index];
    if (at !== undefined) points[index] = { ...drawable(step), at };
  }
  const [lowest, highest] = decades(steps);
  return (
    <>
      <LineChart
        h={220}
        px="md"
        pb="md"
        data={points}
        dataKey="at"
        series={[...SERIES]}
        curveType="linear"
        dotProps={{ r: 2 }}
        connectNulls={false}
        tickLine="none"
        gridAxis="x"
        withLegend
        valueFormatter={durationText}
        yAxisProps={{
          scale: "log",
          domain: [10 ** lowest, 10 ** highest],
          ticks: Array.from({ length: highest - lowest + 1 }, (_, i) => 10 ** (lowest + i)),
          width: 70,
        }}
        lineChartProps={{ accessibilityLayer: false, "aria-hidden": true } as object}
      />
      {/* The box around it, for a table is never smaller than what is in it. */}
      <div className="visually-hidden">
        <Table>
          <caption>How long decisions took over time</caption>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Time</Table.Th>
              <Table.Th>Decisions</Table.Th>
              {SERIES.map(({ name, label }) => (
                <Table.Th key={name}>{label} within</Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {steps.map((step) => (
              <Table.Tr key={step.from}>
                <Table.Td>{names[indexOf(step.from)]}</Table.Td>
                <Table.Td>{step.decisions.toLocaleString("en")}</Table.Td>
                {SERIES.map(({ name }) => (
                  <Table.Td key={name}>{durationText(step[name])}</Table.Td>
                ))}
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </div>
    </>
  );
}

function drawable(step: Step): Step {
  const { p50Micros, p95Micros, p99Micros } = step;
  return {
    ...step,
    p50Micros: Math.max(LEAST_MICROS, p50Micros),
    p95Micros: Math.max(LEAST_MICROS, p95Micros),
    p99Micros: Math.max(LEAST_MICROS, p99Micros),
  };
}

/** The powers of ten between which everything lies. */
function decades(steps: readonly Step[]): readonly [number, number] {
  const shortest = Math.max(LEAST_MICROS, Math.min(...steps.map(({ p50Micros }) => p50Micros)));
  const longest = Math.max(LEAST_MICROS, ...steps.map(({ p99Micros }) => p99Micros));
  const lowest = Math.floor(Math.log10(shortest));
  return [lowest, Math.max(lowest + 1, Math.ceil(Math.log10(longest)))];
}
