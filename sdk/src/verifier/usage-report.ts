import { randomUUID } from "node:crypto";
import {
  type ApiRequest,
  CountedWindows,
  type Decision,
  header,
  LatencyCounts,
  type LimitState,
} from "@latchkey/engine";
import type { LinkError, ServerLink } from "./server-link.ts";

/** Tells the server how much was used, so that usage and last use stay true. */
export interface UsageReport {
  /** Counts in memory; never throws, never waits. */
  count(decision: Decision, request: ApiRequest): void;
  /** How long one that was just counted took, in milliseconds, and for how many it stands. */
  took(decision: Decision, millis: number, decisions: number): void;
  /** Tells what there is. Never rejects: what could not be told is told later. */
  flush(): Promise<void>;
  stop(): Promise<void>;
}

interface Count {
  readonly accountId: string;
  readonly credentialId: string;
  readonly hour: number;
  /** Where its durations are counted. */
  readonly slot: number;
  allowed: number;
  denied: number;
  /** Milliseconds from the beginning of the hour: a small integer, which is written in place. */
  lastAllowed: number;
  readonly clientVersion: string | null;
  /** Where its limit stood last. */
  limit: LimitState | undefined;
}

/** A part that has a name of its own: told twice, it counts once. */
interface Batch {
  readonly key: string;
  readonly counts: readonly Row[];
}

/** As it is sent. */
interface Row {
  readonly hour: string;
  readonly windows?: readonly object[];
}

const HOUR = 3_600_000;
const FLUSH_MILLIS = 2000;
const TIMEOUT_MILLIS = 5000;
/** With all that can be told of each still less than 1 MiB, which is what the server takes. */
const ROWS_PER_BATCH = 400;
/**
 * Told again it would be answered so again: found wrong, or (409) counted under a master key that
 * was replaced since.
 */
const SETTLED: ReadonlySet<number | undefined> = new Set([400, 409, 422]);
/** Nothing of it was counted. */
const FOUND_WRONG: ReadonlySet<number | undefined> = new Set([400, 422]);
/** Credentials counted at once; what is used of others meanwhile is not told. */
const MOST_COUNTS = 50_000;
/** Counts that are found by where a limit counts; a power of two. */
const MOST_NEAR = 65_536;
const CLEAN_VERSION = /^[\x20-\x7e]{1,64}$/;

/** Counts by credential and hour, and tells every two seconds. */
export function startUsageReport(parts: {
  readonly link: Pick<ServerLink, "post">;
  readonly onProblem: (error: LinkError) => void;
}): UsageReport {
  const { link, onProblem } = parts;
  let counts = new Map<string, Count>();
  let ended: Count[] = [];
  const durations = new LatencyCounts();
  /** When the hour ends that is counted; 0: nothing is counted yet. */
  let hourEndsAt = 0;
  /** Those of `counts` that were used last, by where their limit counts: spares most look-ups. */
  const near = new Array<Count | undefined>(MOST_NEAR).fill(undefined);
  const batches: Batch[] = [];
  let telling: Promise<void> | undefined;

  const timer = setInterval(() => void flush(), FLUSH_MILLIS);
  timer.unref();

  function newCount(accountId: string, credentialId: string, headers: readonly string[]) {
    if (counts.size + ended.length >= MOST_COUNTS) return undefined;
    const count: Count = {
      accountId,
      credentialId,
      hour: hourEndsAt - HOUR,
      slot: durations.open(),
      allowed: 0,
      denied: 0,
      lastAllowed: 0,
      // Only now and then: looking through all headers would cost as much as the decision's.
      clientVersion: clientVersion(headers),
      limit: undefined,
    };
    counts.set(counts.has(credentialId) ? nameOf(accountId, credentialId) : credentialId, count);
    return count;
  }

  function find(accountId: string, credentialId: string): Count | undefined {
    const count = counts.get(credentialId);
    if (count === undefined || count.accountId === accountId) return count;
    return counts.get(nameOf(accountId, credentialId));
  }

  /** Begins to count afresh; what there was is told with the next batch. */
  function endCounts(): void {
    ended = [...ended, ...counts.values()];
    counts = new Map();
    near.fill(undefined);
  }

  function take(): void {
    endCounts();
    hourEndsAt = 0;
    const all = ended;
    ended = [];
    for (let from = 0; from < all.length; from += ROWS_PER_BATCH) {
      const rows = all
        .slice(from, from + ROWS_PER_BATCH)
        .map((count) => ({ ...toWire(count), latency: durations.of(count.slot) }));
      batches.push({ key: randomUUID(), counts: rows });
    }
    durations.clear();
  }

  async function tellAll(): Promise<void> {
    // While a batch waits no other is made, so that a server that is away costs no more memory.
    if (batches.length === 0) take();
    for (let batch = batches[0]; batch !== undefined; batch = batches[0]) {
      const headers = { "idempotency-key": batch.key };
      const options = { timeoutMillis: TIMEOUT_MILLIS, headers };
      try {
        await link.post("/usage", { counts: batch.counts }, options);
      } catch (error) {
        onProblem(error as LinkError);
        const { status } = error as LinkError;
        if (!SETTLED.has(status)) return;
        if (FOUND_WRONG.has(status)) batches.splice(1, 0, ...byHour(batch));
      }
      batches.shift();
    }
  }

  function flush(): Promise<void> {
    telling ??= tellAll().finally(() => {
      telling = undefined;
    });
    return telling;
  }

  return {
    count(decision, { headers }) {
      const { principal, outcome, at, limit } = decision;
      if (principal === undefined) return;
      const { accountId, credentialId } = principal;
      if (accountId === null || credentialId === null) return;
      // While there is no room for a new hour's, the last hour goes on.
      if (at >= hourEndsAt && counts.size + ended.length < MOST_COUNTS) {
        endCounts();
        hourEndsAt = at - (at % HOUR) + HOUR;
      }
      const place = limit instanceof CountedWindows ? limit.bucket & (MOST_NEAR - 1) : 0;
      let count = near[place];
      if (count?.credentialId !== credentialId || count.accountId !== accountId) {
        count = find(accountId, credentialId) ?? newCount(accountId, credentialId, headers);
        if (count === undefined) return;
        near[place] = count;
      }
      // Other refusals tell of the limit of anybody at the address.
      if (outcome === "allow" || decision.reason === "rate_limited") {
        // Of others nothing is told, and what is kept here outlives its request.
        const isTold = !(limit instanceof CountedWindows) || limit.isHalfUsed;
        count.limit = isTold ? limit : undefined;
      }
      if (outcome === "allow") {
        count.allowed += 1;
        count.lastAllowed = at - count.hour;
      } else {
        count.denied += 1;
      }
    },
    took({ principal }, millis, decisions) {
      const count = find(principal?.accountId ?? "", principal?.credentialId ?? "");
      if (count !== undefined) durations.add(count.slot, millis * 1000, decisions);
    },
    flush,
    async stop() {
      clearInterval(timer);
      // Twice: what waits since an earlier failure, then what came in after it.
      for (let round = 0; round < 2; round += 1) await flush();
    },
  };
}

/** Of a credential that acts for several accounts, all but the first. */
function nameOf(accountId: string, credentialId: string): string {
  return `${credentialId} ${accountId}`;
}

/** What the client says of itself. */
function clientVersion(headers: readonly string[]): string | null {
  const version = header(headers, "x-client-version");
  return version !== undefined && CLEAN_VERSION.test(version) ? version : null;
}

/** Hours while the clock was wrong take no others with them; nothing when there is one alone. */
function byHour({ counts }: Batch): readonly Batch[] {
  const hours = [...Map.groupBy(counts, ({ hour }) => hour).values()];
  return hours.length < 2 ? [] : hours.map((rows) => ({ key: randomUUID(), counts: rows }));
}

function toWire({ hour, lastAllowed, slot: _, limit, ...count }: Count): Row {
  const instant = (at: number) => new Date(at).toISOString();
  const last = count.allowed === 0 ? null : instant(hour + lastAllowed);
  const windows = (limit?.windows ?? [])
    .filter((window) => window.remaining * 2 <= window.limit)
    .map(({ resetAt, ...window }) => ({ ...window, resetAt: instant(resetAt) }));
  const used = { ...count, hour: instant(hour), lastAllowedAt: last };
  return windows.length === 0 ? used : { ...used, windows };
}
