import type { Overview } from "@latchkey/sdk/client";
import {
  Anchor,
  Box,
  Group,
  Progress,
  SegmentedControl,
  SimpleGrid,
  Skeleton,
  Stack,
  Table,
  Text,
} from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { lazy, Suspense, useState } from "react";
import { client } from "../client.ts";
import { AccountSelect } from "../elements/account-select.tsx";
import { Page, Section } from "../elements/page.tsx";
import { Waiting } from "../elements/waiting.tsx";
import { useApi } from "../layout/apis.ts";
import { usePowers } from "../session/session.tsx";
import { CredentialLink } from "./credential-link.tsx";
import { Latency } from "./latency.tsx";
import { Slowest } from "./slowest.tsx";

const RequestsChart = lazy(async () => ({
  default: (await import("./requests-chart.tsx")).RequestsChart,
}));

const RANGES = [
  { value: "24", label: "24 hours" },
  { value: "168", label: "7 days" },
  { value: "720", label: "30 days" },
];

/** Refusals that mean a limit was reached. */
const LIMIT_REASONS: readonly string[] = ["rate_limited"];

/** How it goes: requests, latency, refusals by reason, who calls most and who takes longest. */
export function OverviewPage() {
  const api = useApi();
  const { accountId: own } = usePowers();
  const [chosen, setChosen] = useState<string | null>(null);
  const accountId = chosen ?? own;
  const [hours, setHours] = useState("24");
  const overview = useQuery({
    queryKey: [api, "overview", hours, accountId],
    queryFn: ({ signal }) =>
      client.getOverview({ api, hours: Number(hours), accountId }, { signal }),
    refetchInterval: 10_000,
  });
  return (
    <Page
      title="Overview"
      deeds={
        <>
          <AccountSelect isFilter value={accountId ?? null} onChange={setChosen} />
          <SegmentedControl
            aria-label="Time"
            data={RANGES}
            value={hours}
            onChange={setHours}
            size="sm"
          />
        </>
      }
    >
      <Waiting query={overview} label="the overview" height={420} />
      {overview.data !== undefined && <Numbers overview={overview.data} />}
    </Page>
  );
}

function Numbers({ overview }: { readonly overview: Overview }) {
  const allowed = overview.hours.reduce((sum, hour) => sum + hour.allowed, 0);
  const refused = overview.hours.reduce((sum, hour) => sum + hour.refused, 0);
  const limited = overview.refusals
    .filter(({ reason }) => LIMIT_REASONS.includes(reason))
    .reduce((sum, { count }) => sum + count, 0);
  const unknown = overview.refusals.reduce((sum, { count }) => sum + count, 0);
  return (
    <Stack gap="lg">
      <SimpleGrid cols={{ base: 2, md: 4 }} spacing="sm">
        <Figure label="Requests allowed" value={allowed} />
        <Figure label="Requests refused" value={Math.max(refused, unknown)} />
        <Figure label="Limits hit" value={limited} />
        <Figure label="Refused, in percent" value={percent(Math.max(refused, unknown), allowed)} />
      </SimpleGrid>
      <Section title="Requests">
        <Suspense fallback={<Skeleton height={220} m="md" w="auto" />}>
          <RequestsChart hours={overview.hours} from={overview.from} to={overview.to} />
        </Suspense>
      </Section>
      <SimpleGrid cols={{ base: 1, lg: 2 }} spacing="lg">
        <Latency latency={overview.latency} from={overview.from} to={overview.to} />
        <Refusals refusals={overview.refusals} isAny={refused > 0} />
        <Busiest credentials={overview.credentials} />
        <Slowest slowest={overview.slowest} />
      </SimpleGrid>
    </Stack>
  );
}

function percent(part: number, rest: number): number {
  return part === 0 ? 0 : Math.round((part / (part + rest)) * 1000) / 10;
}

function Figure({ label, value }: { readonly label: string; readonly value: number }) {
  return (
    <Box className="card" p="md">
      <Text size="sm" c="dimmed">
        {label}
      </Text>
      <Text size="xl" fw={650}>
        {value.toLocaleString("en")}
      </Text>
    </Box>
  );
}

interface RefusalsProps extends Pick<Overview, "refusals"> {
  /** Usage tells of refusals; the record of their reasons comes by another way, and later. */
  readonly isAny: boolean;
}

function Refusals({ refusals, isAny }: RefusalsProps) {
  const api = useApi();
  const most = refusals[0]?.count ?? 1;
  return (
    <Section title="Refusals by reason">
      <Stack px="md" pb="md" gap="sm">
        {refusals.length === 0 && (
          <Text size="sm" c="dimmed">
            {isAny ? "No reason is recorded." : "Nothing was refused."}
          </Text>
        )}
        {refusals.slice(0, 8).map(({ reason, count }) => (
          <Box key={reason}>
            <Group justify="space-between" mb={4}>
              <Anchor
                size="sm"
                className="mono"
                renderRoot={(props) => (
                  <Link
                    to="/apis/$api/audit"
                    params={{ api }}
                    search={{ type: "request.refused" }}
                    {...props}
                  />
                )}
              >
                {reason}
              </Anchor>
              <Text size="sm">{count.toLocaleString("en")}</Text>
            </Group>
            <Progress value={(count / most) * 100} color="red.6" size="sm" aria-label={reason} />
          </Box>
        ))}
      </Stack>
    </Section>
  );
}

function Busiest({ credentials }: Pick<Overview, "credentials">) {
  return (
    <Section title="Busiest credentials">
      {credentials.length === 0 ? (
        <Text size="sm" c="dimmed" px="md" pb="md">
          Nobody has called yet.
        </Text>
      ) : (
        <Table className="rows" horizontalSpacing="md">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Credential</Table.Th>
              <Table.Th ta="right">Allowed</Table.Th>
              <Table.Th ta="right">Refused</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {credentials.map(({ credentialId, name, allowed, refused }) => (
              <Table.Tr key={credentialId}>
                <Table.Td>
                  <CredentialLink id={credentialId} name={name} />
                </Table.Td>
                <Table.Td ta="right">{allowed.toLocaleString("en")}</Table.Td>
                <Table.Td ta="right">{refused.toLocaleString("en")}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
    </Section>
  );
}
