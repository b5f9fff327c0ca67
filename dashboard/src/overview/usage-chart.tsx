import type { Usage } from "@latchkey/sdk/client";
import { Box, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { client } from "../client.ts";
import { Waiting } from "../elements/waiting.tsx";
import { useApi } from "../layout/apis.ts";
import { durationText } from "./durations.ts";
import { RequestsChart } from "./requests-chart.tsx";

const HOUR = 3_600_000;
const HOURS = 168;

/** The requests of one credential in the last seven days, and how long it took to decide. */
export function UsageChart({ credentialId }: { readonly credentialId: string }) {
  const api = useApi();
  const now = Date.now();
  const to = now - (now % HOUR) + HOUR;
  const [from, until] = [to - HOURS * HOUR, to].map((at) => new Date(at).toISOString());
  const usage = useQuery({
    queryKey: [api, "usage", credentialId, from],
    queryFn: async ({ signal }) => {
      const query = { api, credentialId, ...(from !== undefined && { from }), limit: 200 };
      const lines: Usage[] = [];
      for await (const line of client.each.listUsage(query, { signal })) lines.push(line);
      return lines;
    },
  });
  if (usage.data === undefined) {
    return (
      <Box p="md">
        <Waiting query={usage} label="the requests" height={220} />
      </Box>
    );
  }
  const hours = usage.data.map(({ hour, outcome, count }) => ({
    hour,
    allowed: outcome === "allow" ? count : 0,
    refused: outcome === "deny" ? count : 0,
  }));
  return (
    <>
      <RequestsChart hours={hours} from={from ?? ""} to={until ?? ""} />
      <Times lines={usage.data} />
    </>
  );
}

function Times({ lines }: { readonly lines: readonly Usage[] }) {
  // Both outcomes of an hour and account tell the same times.
  const once = new Map(lines.map((line) => [`${line.hour} ${line.accountId}`, line.latency]));
  let [decisions, total, longest] = [0, 0, 0];
  for (const times of once.values()) {
    if (times === undefined) continue;
    decisions += times.decisions;
    total += times.decisions * times.meanMicros;
    longest = Math.max(longest, times.maxMicros);
  }
  if (decisions === 0) return null;
  return (
    <Text size="sm" c="dimmed" px="md" pb="md">
      A decision took {durationText(total / decisions)} on average, {durationText(longest)} at most.
    </Text>
  );
}
