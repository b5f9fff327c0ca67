import { randomBytes } from "node:crypto";
import { type ApiRequest, type Clock, type Decision, header } from "@latchkey/engine";
import type { LatencyRow } from "../store/latency.ts";
import { startRepeating } from "../store/repeating.ts";
import { DEPLOYMENT, type Idempotency, type Store, systemContext } from "../store/store.ts";
import type { StoreLog } from "../store/store-log.ts";
import { type RefusalRow, RefusalRows, type RefusedRequest } from "./refusal-rows.ts";
import { type LastUsedRow, UsageCounts, type UsageRow } from "./usage-counts.ts";

/** What is looked at of a request: of its headers only the client's version. */
export type RecordedRequest = RefusedRequest & Pick<ApiRequest, "headers">;

/** Remembers what was decided, off the path of the decision. */
export interface UsageRecorder {
  /** Counts in memory, with the seconds the decision took; never throws, never waits. */
  record(
    api: string,
    decision: Decision,
    request: RecordedRequest,
    requestId: string,
    seconds: number,
  ): void;
  /** Writes what is due. Never rejects: what could not be written is tried again. */
  flush(): Promise<void>;
  /** Writes everything there is, minutes under way included, and stops. */
  close(): Promise<void>;
  /** Counts, lines and batches that wait in memory. */
  readonly waiting: number;
  /** Writes that failed since the start. */
  readonly failures: number;
}

/** A part of what is to be written, small enough not to hold other writes up. */
interface Batch {
  readonly usage: readonly UsageRow[];
  readonly lastUsed: readonly LastUsedRow[];
  readonly latency: readonly LatencyRow[];
  readonly refusals: readonly RefusalRow[];
  /** Makes a second try harmless when the first had reached the database. */
  readonly idempotency: Idempotency;
}

const FLUSH_MILLIS = 2000;
const MOST_COUNTS = 50_000;
const ROWS_PER_BATCH = 2500;
const BOUNDS = { linesPerMinute: 100, floods: 10_000, lines: 10_000 };

/**
 * Counts requests by credential, hour and outcome, and keeps refusals as lines of the audit trail.
 * Memory is bounded whatever comes in and however long the store is away: beyond the bounds things
 * are counted together, not forgotten. At most the last two seconds are lost with the process.
 */
export function createUsageRecorder(parts: {
  readonly store: Pick<Store, "write">;
  readonly clock: Clock;
  readonly log: StoreLog;
}): UsageRecorder {
  const { store, clock, log } = parts;
  const counts = new UsageCounts(MOST_COUNTS);
  const refusals = new RefusalRows(BOUNDS);
  const batches: Batch[] = [];
  let failures = 0;

  const repeating = startRepeating({
    everyMillis: FLUSH_MILLIS,
    round: () => writeDue(false),
    onError: reportFailure,
  });

  async function writeDue(all: boolean): Promise<void> {
    // While a batch waits no other is made, so that a store that is away costs no more memory.
    if (batches.length === 0) batches.push(...takeBatches(all));
    for (let batch = batches[0]; batch !== undefined; batch = batches[0]) {
      const { idempotency, ...input } = batch;
      const context = { ...systemContext(DEPLOYMENT, clock()), idempotency };
      await store.write("recordUsage", input, context);
      batches.shift();
    }
  }

  function takeBatches(all: boolean): readonly Batch[] {
    const { usage, lastUsed, latency } = counts.take();
    const rows = refusals.take(clock(), all);
    const most = Math.max(usage.length, lastUsed.length, latency.length, rows.length);
    return Array.from({ length: Math.ceil(most / ROWS_PER_BATCH) }, (_, i) => {
      const [from, to] = [i * ROWS_PER_BATCH, (i + 1) * ROWS_PER_BATCH];
      return {
        usage: usage.slice(from, to),
        lastUsed: lastUsed.slice(from, to),
        latency: latency.slice(from, to),
        refusals: rows.slice(from, to),
        idempotency: newIdempotency(),
      };
    });
  }

  function reportFailure(error: unknown): void {
    failures += 1;
    log.warn(
      { err: error, batches: batches.length },
      "could not write usage; it will be tried again",
    );
  }

  return {
    record(api, decision, request, requestId, seconds) {
      const accountId = decision.principal?.accountId ?? null;
      const credentialId = decision.principal?.credentialId ?? null;
      if (credentialId !== null && accountId !== null) {
        counts.add(
          { api, accountId, credentialId },
          {
            outcome: decision.outcome,
            at: decision.at,
            micros: seconds * 1e6,
            clientVersion: clientVersion(request.headers),
          },
        );
      }
      if (decision.outcome === "deny") {
        refusals.add(
          api,
          { reason: decision.reason, principal: decision.principal, request, requestId },
          decision.at,
        );
      }
    },

    flush: () => repeating.now(),

    async close() {
      await repeating.stop();
      // Twice: what waited since an earlier failure, then what came in after it.
      for (let round = 0; round < 2; round += 1) await writeDue(true).catch(reportFailure);
    },

    get waiting() {
      return counts.size + refusals.size + batches.length;
    },

    get failures() {
      return failures;
    },
  };
}

const CLEAN_VERSION = /^[\x20-\x7e]{1,64}$/;

/** What the client says of itself; it never has an influence on a decision. */
function clientVersion(headers: readonly string[]): string | null {
  const version = header(headers, "x-client-version");
  return version !== undefined && CLEAN_VERSION.test(version) ? version : null;
}

function newIdempotency(): Idempotency {
  return {
    keyDigest: randomBytes(32),
    bodyDigest: new Uint8Array(32),
    sealingKeys: [randomBytes(32)],
  };
}

/** What metrics show of a recorder. */
export function usageReadings(usage: Pick<UsageRecorder, "waiting" | "failures">) {
  return [
    {
      name: "usage_waiting",
      help: "Counts and lines that wait to be written.",
      kind: "level",
      read: () => usage.waiting,
    },
    {
      name: "usage_write_failures",
      help: "Writes of usage that failed and were tried again.",
      kind: "total",
      read: () => usage.failures,
    },
  ] as const;
}
