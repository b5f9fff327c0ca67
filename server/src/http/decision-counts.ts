import type { Decision } from "@latchkey/engine";

/** Upper bounds in seconds: a decision in memory takes a microsecond, one that asks a millisecond. */
const BOUNDS = [0.000002, 0.000005, 0.00001, 0.00005, 0.0001, 0.0005, 0.001, 0.005, 0.025, 0.1, 1];

interface Counts {
  allowed: number;
  readonly refused: Map<string, number>;
  /** One bucket for each bound and one beyond; not cumulative. */
  readonly buckets: number[];
  seconds: number;
}

/** Counts decisions for the metrics at the cost of a few additions, and writes them as text. */
export interface DecisionCounts {
  count(api: string, decision: Decision): void;
  /** How long one took. Those that were not timed are in no bucket. */
  time(api: string, seconds: number): void;
  /** Prometheus text. Labels are slugs and reasons only: no id, no address. */
  text(): string;
}

/** All series of the APIs exist from the start, at zero, so that a rate has a beginning. */
export function createDecisionCounts(apis: Iterable<string>): DecisionCounts {
  const byApi = new Map<string, Counts>();
  for (const api of apis) byApi.set(api, emptyCounts());

  return {
    count(api, decision) {
      const counts = byApi.get(api);
      if (counts === undefined) return;
      if (decision.outcome === "allow") counts.allowed += 1;
      else counts.refused.set(decision.reason, (counts.refused.get(decision.reason) ?? 0) + 1);
    },

    time(api, seconds) {
      const counts = byApi.get(api);
      if (counts === undefined) return;
      let i = 0;
      while (i < BOUNDS.length && seconds > (BOUNDS[i] as number)) i += 1;
      counts.buckets[i] = (counts.buckets[i] as number) + 1;
      counts.seconds += seconds;
    },

    text() {
      const lines = [
        "# HELP latchkey_decisions_total Decisions by API, outcome and reason.",
        "# TYPE latchkey_decisions_total counter",
      ];
      for (const [api, { allowed, refused }] of byApi) {
        lines.push(`latchkey_decisions_total{api="${api}",outcome="allow",reason=""} ${allowed}`);
        for (const [reason, count] of refused) {
          lines.push(
            `latchkey_decisions_total{api="${api}",outcome="deny",reason="${reason}"} ${count}`,
          );
        }
      }
      lines.push(
        "# HELP latchkey_decision_seconds Time to decide, asking the store included.",
        "# TYPE latchkey_decision_seconds histogram",
      );
      for (const [api, counts] of byApi) lines.push(...histogramLines(api, counts));
      return `${lines.join("\n")}\n`;
    },
  };
}

function emptyCounts(): Counts {
  return {
    allowed: 0,
    refused: new Map(),
    buckets: new Array<number>(BOUNDS.length + 1).fill(0),
    seconds: 0,
  };
}

function histogramLines(api: string, { buckets, seconds }: Counts): readonly string[] {
  const name = "latchkey_decision_seconds";
  let total = 0;
  const lines = buckets.map((count, i) => {
    total += count;
    return `${name}_bucket{api="${api}",le="${BOUNDS[i] ?? "+Inf"}"} ${total}`;
  });
  return [...lines, `${name}_sum{api="${api}"} ${seconds}`, `${name}_count{api="${api}"} ${total}`];
}
