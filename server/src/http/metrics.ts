import { Counter, collectDefaultMetrics, Gauge, Registry } from "prom-client";
import { createDecisionCounts, type DecisionCounts } from "./decision-counts.ts";

/** A number that is read when the metrics are asked for. */
export interface Reading {
  /** Without the `latchkey_` in front. */
  readonly name: string;
  readonly help: string;
  /** A total only rises; a level goes up and down. */
  readonly kind: "total" | "level";
  read(): number;
}

/** What `/metrics` tells. */
export interface Metrics {
  readonly decisions: DecisionCounts;
  readonly contentType: string;
  /** Counts an answered management call under its route's pattern, never under its path. */
  countCall(method: string, route: string, status: number): void;
  /** Prometheus text; of what is about one API that of the `seen` ones, `null`: of every one. */
  text(seen: ReadonlySet<string> | null): Promise<string>;
}

/** Node's own metrics, decisions, calls, and what the readings say. Collects into its own registry. */
export function createMetrics(parts: {
  readonly apis: Iterable<string>;
  readonly readings: readonly Reading[];
}): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const apis = [...parts.apis];
  const decisions = createDecisionCounts(apis);
  const calls = new Counter({
    name: "latchkey_http_requests_total",
    help: "Answered HTTP calls by method, route pattern and status.",
    labelNames: ["method", "route", "status"],
    registers: [registry],
  });
  for (const reading of parts.readings) register(registry, reading);

  return {
    decisions,
    contentType: registry.contentType,
    countCall: (method, route, status) => calls.inc({ method, route, status: String(status) }),
    async text(seen) {
      const text = (await registry.metrics()) + decisions.text();
      const hidden = seen === null ? [] : apis.filter((api) => !seen.has(api));
      return hidden.length === 0 ? text : withoutApis(hidden, text);
    },
  };
}

/** Without the lines whose labels tell of one of the APIs, by its slug or as a mount. */
function withoutApis(slugs: readonly string[], text: string): string {
  // Slugs have letters, digits and hyphens only.
  const hidden = slugs.join("|");
  const isAbout = new RegExp(`[{,](?:api="(?:${hidden})"|route="/(?:${hidden})[/"])`);
  const lines = text.split("\n");
  return lines.filter((line) => !isAbout.test(line)).join("\n");
}

function register(registry: Registry, { name, help, kind, read }: Reading): void {
  const registers = [registry];
  if (kind === "level") {
    const gauge: Gauge = new Gauge({
      name: `latchkey_${name}`,
      help,
      registers,
      collect: () => gauge.set(read()),
    });
    return;
  }
  const counter: Counter = new Counter({
    name: `latchkey_${name}_total`,
    help,
    registers,
    collect() {
      counter.reset();
      counter.inc(read());
    },
  });
}
