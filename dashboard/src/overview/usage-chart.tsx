import { Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { client } from "../client.ts";
import { Failure } from "../elements/failure.tsx";
import { useApi } from "../layout/apis.ts";
import { type HourCount, RequestsChart } from "./requests-chart.tsx";

const HOUR = 3_600_000;
const HOURS = 168;

/** The requests of one credential in the last seven days. */
export function UsageChart({ credentialId }: { readonly credentialId: string }) {
  const api = useApi();
  const now = Date.now();
  const to = now - (now % HOUR) + HOUR;
  const [from, until] = [to - HOURS * HOUR, to].map((at) => new Date(at).toISOString());
  const usage = useQuery({
    queryKey: [api, "usage", credentialId, from],
    queryFn: async ({ signal }) => {
      const query = { api, credentialId, ...(from !== undefined && { from }), limit: 200 };
      const hours: HourCount[] = [];
      for await (const { hour, outcome, count } of client.each.listUsage(query, { signal })) {
        const counts = outcome === "allow" ? [count, 0] : [0, count];
        hours.push({ hour, allowed: counts[0] ?? 0, refused: counts[1] ?? 0 });
      }
      return hours;
    },
  });
  if (usage.error !== null) return <Failure error={usage.error} />;
  if (usage.data === undefined) return <Skeleton height={220} m="md" />;
  return <RequestsChart hours={usage.data} from={from ?? ""} to={until ?? ""} />;
}
