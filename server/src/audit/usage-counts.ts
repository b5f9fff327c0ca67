import { LatencyCounts, ownText } from "@latchkey/engine";
import type { LatencyRow } from "../store/latency.ts";
import type { UsageOutcome, UsageRecord } from "../store/records.ts";

/** A count as `recordUsage` takes it. */
export type UsageRow = UsageRecord & { readonly api: string };

/** When a credential was last allowed, as `recordUsage` takes it. */
export interface LastUsedRow {
  readonly api: string;
  readonly credentialId: string;
  readonly at: number;
}

/** What has been counted since the last `take`. */
export interface TakenCounts {
  readonly usage: readonly UsageRow[];
  readonly lastUsed: readonly LastUsedRow[];
  readonly latency: readonly LatencyRow[];
}

/** One request, as it is counted. */
export interface CountedRequest {
  readonly outcome: UsageOutcome;
  readonly at: number;
  /** How long the decision took. */
  readonly micros: number;
  readonly clientVersion: string | null;
}

interface Count {
  readonly api: string;
  readonly accountId: string;
  readonly credentialId: string;
  readonly hour: number;
  /** Where its durations are counted. */
  readonly slot: number;
  allow: number;
  deny: number;
  clientVersion: string | null;
  /** 0: never allowed since the last `take`. */
  lastUsed: number;
}

const HOUR = 3_600_000;
/** Stands for the credentials that were too many to be counted one by one. */
const OTHERS = "others";

/**
 * Requests by credential, account acted for, hour and outcome, and how long they took, in memory.
 * Holds at most `capacity` counts: while it is full, credentials it does not have yet are counted
 * together as `others`.
 */
export class UsageCounts {
  readonly #capacity: number;
  /**
   * By API, then by credential: the counts of the hour that each was last used in. Of other accounts
   * that it acts for as well: by credential and account.
   */
  #current = new Map<string, Map<string, Count>>();
  /** Counts of hours that have ended, and of `others`. */
  #ended: Count[] = [];
  readonly #durations = new LatencyCounts();
  #size = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** How many counts are held. */
  get size(): number {
    return this.#size;
  }

  /** Counts one request. This runs for every request: one or two look-ups in a map. */
  add(
    credential: { api: string; accountId: string; credentialId: string },
    { outcome, at, micros, clientVersion }: CountedRequest,
  ): void {
    const { api, accountId, credentialId } = credential;
    const counts = this.#current.get(api);
    let count = counts?.get(credentialId);
    if (count !== undefined && count.accountId !== accountId) {
      count = counts?.get(nameOf(credential));
    }
    if (count === undefined || at >= count.hour + HOUR) count = this.#open(credential, at);
    this.#durations.add(count.slot, micros);
    if (clientVersion !== null && clientVersion !== count.clientVersion) {
      if (count.credentialId !== OTHERS) count.clientVersion = ownText(clientVersion);
    }
    if (outcome === "allow") {
      count.allow += 1;
      count.lastUsed = at;
    } else {
      count.deny += 1;
    }
  }

  /** Everything that was counted; counting starts afresh. */
  take(): TakenCounts {
    const counts = this.#ended;
    for (const byCredential of this.#current.values()) counts.push(...byCredential.values());
    this.#current = new Map();
    this.#ended = [];
    this.#size = 0;
    const latency = counts.flatMap((count) => latencyRows(count, this.#durations));
    this.#durations.clear();
    return {
      latency,
      usage: counts.flatMap(usageRows),
      lastUsed: counts
        .filter(({ lastUsed, credentialId }) => lastUsed > 0 && credentialId !== OTHERS)
        .map(({ api, credentialId, lastUsed }) => ({ api, credentialId, at: lastUsed })),
    };
  }

  #open(
    { api, accountId, credentialId }: { api: string; accountId: string; credentialId: string },
    now: number,
  ): Count {
    let byCredential = this.#current.get(api);
    if (byCredential === undefined) {
      byCredential = new Map();
      this.#current.set(api, byCredential);
    }
    const hour = now - (now % HOUR);
    const first = byCredential.get(credentialId);
    const isFirst = first === undefined || first.accountId === accountId;
    const name = isFirst ? credentialId : nameOf({ accountId, credentialId });
    const before = byCredential.get(name);
    if (this.#size >= this.#capacity && credentialId !== OTHERS) {
      return this.#others(api, byCredential, now);
    }
    if (before !== undefined) this.#ended.push(before);
    const count = {
      api,
      accountId,
      credentialId,
      hour,
      slot: this.#durations.open(),
      allow: 0,
      deny: 0,
      clientVersion: null,
      lastUsed: 0,
    };
    byCredential.set(name, count);
    this.#size += 1;
    return count;
  }

  #others(api: string, byCredential: Map<string, Count>, now: number): Count {
    const others = byCredential.get(OTHERS);
    if (others !== undefined && now < others.hour + HOUR) return others;
    return this.#open({ api, accountId: OTHERS, credentialId: OTHERS }, now);
  }
}

function nameOf({ accountId, credentialId }: Pick<Count, "accountId" | "credentialId">): string {
  return `${credentialId} ${accountId}`;
}

function usageRows({ allow, deny, lastUsed: _, slot: __, ...key }: Count): readonly UsageRow[] {
  const rows: UsageRow[] = [];
  if (allow > 0) rows.push({ ...key, outcome: "allow", count: allow });
  if (deny > 0) rows.push({ ...key, outcome: "deny", count: deny });
  return rows;
}

function latencyRows(
  { api, accountId, credentialId, hour, slot }: Count,
  durations: LatencyCounts,
): readonly LatencyRow[] {
  const latency = durations.of(slot);
  return latency === undefined ? [] : [{ api, accountId, credentialId, hour, ...latency }];
}
