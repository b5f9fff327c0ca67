import "@mantine/charts/styles.css";
import { AreaChart } from "@mantine/charts";
import { Table, Text } from "@mantine/core";
import { stepsOf } from "./steps.ts";

/** What was allowed and refused in one hour. */
export interface HourCount {
  readonly hour: string;
  readonly allowed: number;
  readonly refused: number;
}

interface RequestsChartProps {
  readonly hours: readonly HourCount[];
  readonly from: string;
  readonly to: string;
}

/** Requests over time as a picture, and the same numbers as a table for who does not see it. */
export function RequestsChart({ hours, from, to }: RequestsChartProps) {
  const points = pointsOf({ hours, from, to });
  return (
    <>
      <AreaChart
        h={220}
        px="md"
        pb="md"
        data={[...points]}
        dataKey="at"
        series={[
          { name: "allowed", label: "Allowed", color: "latch.6" },
          { name: "refused", label: "Refused", color: "red.6" },
        ]}
        curveType="monotone"
        withDots={false}
        valueFormatter={(value) => value.toLocaleString("en")}
        tickLine="none"
        gridAxis="x"
        withLegend
        areaChartProps={{ accessibilityLayer: false, "aria-hidden": true } as object}
      />
      {/* The box around it, for a table is never smaller than what is in it. */}
      <div className="visually-hidden">
        <Table>
          <caption>Requests over time</caption>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Time</Table.Th>
              <Table.Th>Allowed</Table.Th>
              <Table.Th>Refused</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {points
              .filter(({ allowed, refused }) => allowed + refused > 0)
              .map(({ at, allowed, refused }) => (
                <Table.Tr key={at}>
                  <Table.Td>{at}</Table.Td>
                  <Table.Td>{allowed}</Table.Td>
                  <Table.Td>{refused}</Table.Td>
                </Table.Tr>
              ))}
          </Table.Tbody>
        </Table>
      </div>
      {points.every(({ allowed, refused }) => allowed + refused === 0) && (
        <Text c="dimmed" size="sm" px="md" pb="md">
          No requests in this time.
        </Text>
      )}
    </>
  );
}

/** One point for each hour, or for each day of a long time; also where nothing happened. */
function pointsOf({ hours, from, to }: RequestsChartProps) {
  const { names, indexOf } = stepsOf({ from, to });
  const points = names.map((at) => ({ at, allowed: 0, refused: 0 }));
  for (const { hour, allowed, refused } of hours) {
    const point = points[indexOf(hour)];
    if (point === undefined) continue;
    point.allowed += allowed;
    point.refused += refused;
  }
  return points;
}
