import { ApiError, type Clock } from "@latchkey/engine";
import { type Store, systemContext } from "../store/store.ts";
import type { LeaseRenewal, RenewedLeases } from "../store/verifiers.ts";
import type { StaleMillisOf } from "./stale-times.ts";

/** What a verifier is granted. */
export interface GrantedLease {
  /**
   * Once it has applied every change up to here, it may decide by itself until `leaseSeconds` after
   * the instant at which it asked.
   */
  readonly head: number;
  readonly leaseSeconds: number;
  /** Milliseconds after which it may tell again how far it has come. */
  readonly tellAfterMillis: number;
}

/** How far a verifier has come. */
export type ToldProgress = Pick<LeaseRenewal, "id" | "appliedSeq">;

/** Grants leases on the changes of every API. */
export interface LeaseRenewals {
  /** Writes down how far a verifier has come. Its lease stays as it is. */
  tell(api: string, told: ToldProgress): Promise<Pick<GrantedLease, "tellAfterMillis">>;
  /**
   * Resolves after a write of the lease is durable on the primary.
   * @throws {ApiError} `STORE_UNAVAILABLE`, or `CONFLICT` for who tells of changes that are yet to
   *   come: then there is no lease.
   */
  renew(api: string, renewal: LeaseRenewal): Promise<GrantedLease>;
  /** Resolves when the next renewals of an API are written down here, or `until` is aborted. */
  nextRound(api: string, until: AbortSignal): Promise<void>;
}

/** How long a verifier may decide by itself. */
const LEASE_SECONDS = 3;

const MOST_WAITING = 10_000;
const NOTHING_GRANTED: RenewedLeases = { head: 0, ahead: [] };
/** Many tell less often, so that all of them together ask for some thousand writes a second. */
const SOONEST_TELL_MILLIS = 20;
const LATEST_TELL_MILLIS = 1000;

interface Waiting {
  readonly renewals: Map<string, LeaseRenewal>;
  readonly told: Map<string, ToldProgress>;
  readonly written: PromiseWithResolvers<RenewedLeases>;
}

/** One API's rounds. */
interface Rounds {
  next: Waiting;
  running: boolean;
  /** Verifiers of this node that renewed lately, and when. */
  readonly seen: Map<string, number>;
  readonly onRound: Set<() => void>;
}

/**
 * Writes the renewals that wait with one command for each API: whoever comes while it is under way
 * gets into the next, because the write has to begin after the question.
 */
export function createLeaseRenewals(parts: {
  readonly store: Pick<Store, "write">;
  readonly clock: Clock;
  readonly staleMillisOf: StaleMillisOf;
}): LeaseRenewals {
  const { store, clock, staleMillisOf } = parts;
  const apis = new Map<string, Rounds>();

  function roundsOf(api: string): Rounds {
    let rounds = apis.get(api);
    if (rounds === undefined) {
      rounds = { next: newWaiting(), running: false, seen: new Map(), onRound: new Set() };
      apis.set(api, rounds);
    }
    return rounds;
  }

  async function run(api: string, rounds: Rounds): Promise<void> {
    rounds.running = true;
    while (rounds.next.renewals.size + rounds.next.told.size > 0) {
      const { written, ...waiting } = rounds.next;
      rounds.next = newWaiting();
      await write(api, waiting).then(written.resolve, written.reject);
      for (const told of rounds.onRound) told();
    }
    rounds.running = false;
  }

  async function write(
    api: string,
    { renewals, told }: Pick<Waiting, "renewals" | "told">,
  ): Promise<RenewedLeases> {
    const at = clock();
    const context = systemContext(api, at);
    if (told.size > 0) await store.write("recordProgress", [...told.values()], context);
    if (renewals.size === 0) return NOTHING_GRANTED;
    const input = {
      renewals: [...renewals.values()],
      leaseMillis: LEASE_SECONDS * 1000,
      forgetBefore: at - staleMillisOf(api) - 60_000,
    };
    return (await store.write("renewLeases", input, context)).output;
  }

  /** The round in which whoever comes now is written down. */
  function joined(api: string, id: string): { readonly rounds: Rounds; readonly next: Waiting } {
    const rounds = roundsOf(api);
    const { next } = rounds;
    const { renewals, told } = next;
    if (renewals.size + told.size >= MOST_WAITING && !renewals.has(id) && !told.has(id)) {
      throw new ApiError("STORE_UNAVAILABLE", "This node serves as many verifiers as it can.");
    }
    return { rounds, next };
  }

  function tellAfterMillis({ seen }: Rounds, id: string): number {
    const verifiers = seenLately(seen, id, clock());
    return Math.min(LATEST_TELL_MILLIS, Math.max(SOONEST_TELL_MILLIS, verifiers));
  }

  return {
    async tell(api, told) {
      const { rounds, next } = joined(api, told.id);
      next.told.set(told.id, told);
      if (!rounds.running) void run(api, rounds);
      await next.written.promise;
      return { tellAfterMillis: tellAfterMillis(rounds, told.id) };
    },

    async renew(api, renewal) {
      const { rounds, next } = joined(api, renewal.id);
      next.renewals.set(renewal.id, renewal);
      if (!rounds.running) void run(api, rounds);
      const { head, ahead } = await next.written.promise;
      if (ahead.includes(renewal.id)) {
        throw new ApiError("CONFLICT", `appliedSeq is later than the last change, ${head}.`);
      }
      const leaseSeconds = LEASE_SECONDS;
      return { head, leaseSeconds, tellAfterMillis: tellAfterMillis(rounds, renewal.id) };
    },

    nextRound: (api, until) =>
      new Promise((resolve) => {
        const { onRound } = roundsOf(api);
        const told = () => {
          onRound.delete(told);
          until.removeEventListener("abort", told);
          resolve();
        };
        onRound.add(told);
        // Where no verifier renews there is no round, and whoever waits must not be kept for good.
        until.addEventListener("abort", told);
      }),
  };
}

function newWaiting(): Waiting {
  const written = Promise.withResolvers<RenewedLeases>();
  // Whoever waits sees the failure; without anybody it concerns nobody.
  written.promise.catch(() => undefined);
  return { renewals: new Map(), told: new Map(), written };
}

/** How many verifiers renewed within a lease, this one included. */
function seenLately(seen: Map<string, number>, id: string, now: number): number {
  seen.delete(id);
  seen.set(id, now);
  for (const [each, at] of seen) {
    if (at > now - LEASE_SECONDS * 1000) break;
    seen.delete(each);
  }
  return seen.size;
}
