import { type Clock, invalidField, type Latency, type WindowState } from "@latchkey/engine";
import type { Store, WriteContext } from "../store/store.ts";
import type { NearLimits } from "./near-limits.ts";

/** What a verifier counted of one credential in one hour. */
export interface ReportedCount {
  readonly accountId: string;
  readonly credentialId: string;
  /** Any instant of the hour; Unix milliseconds, as all instants here. */
  readonly hour: number;
  readonly allowed: number;
  readonly denied: number;
  readonly lastAllowedAt: number | null;
  readonly clientVersion: string | null;
  /** Those of its limit of which much is used. */
  readonly windows?: readonly WindowState[];
  /** Of the requests that it timed; verifiers of earlier releases time none. */
  readonly latency?: Latency;
}

/** Adds what verifiers counted to what this server counted itself. */
export type ReportUsage = (
  call: Omit<WriteContext, "at">,
  counts: readonly ReportedCount[],
) => Promise<void>;

const HOUR = 3_600_000;
/** Verifiers keep what they could not report; longer than this nobody is away. */
const OLDEST_MILLIS = 48 * HOUR;
const CLOCK_DIFFERENCE_MILLIS = 300_000;

/** @throws {ApiError} `INVALID_REQUEST` for instants that cannot be. */
export function createReportUsage(parts: {
  readonly store: Pick<Store, "write">;
  readonly nearLimits: Pick<NearLimits, "seeReported">;
  readonly clock: Clock;
}): ReportUsage {
  const { store, nearLimits, clock } = parts;
  return async (call, counts) => {
    const at = clock();
    const { api } = call;
    counts.forEach(({ hour, lastAllowedAt }, i) => {
      checkInstant(hour, at, `counts[${i}].hour`);
      if (lastAllowedAt !== null) checkInstant(lastAllowedAt, at, `counts[${i}].lastAllowedAt`);
    });
    const usage = counts.flatMap(({ accountId, credentialId, clientVersion, ...count }) => {
      const row = { api, accountId, credentialId, clientVersion };
      const hour = startOfHour(count.hour);
      return [
        { ...row, hour, outcome: "allow" as const, count: count.allowed },
        { ...row, hour, outcome: "deny" as const, count: count.denied },
      ].filter((each) => each.count > 0);
    });
    const lastUsed = counts.flatMap(({ credentialId, lastAllowedAt }) =>
      lastAllowedAt === null ? [] : [{ api, credentialId, at: lastAllowedAt }],
    );
    const latency = counts.flatMap(({ accountId, credentialId, hour, latency: of }) =>
      of === undefined ? [] : [{ api, accountId, credentialId, hour: startOfHour(hour), ...of }],
    );
    await store.write("recordUsage", { usage, lastUsed, latency, refusals: [] }, { ...call, at });
    for (const { credentialId, windows } of counts) {
      if (windows !== undefined) nearLimits.seeReported(api, credentialId, { windows });
    }
  };
}

function startOfHour(instant: number): number {
  return instant - (instant % HOUR);
}

function checkInstant(instant: number, now: number, field: string): void {
  if (instant <= now + CLOCK_DIFFERENCE_MILLIS && instant >= now - OLDEST_MILLIS) return;
  throw invalidField(field, `${field} is in the future or too long ago.`);
}
