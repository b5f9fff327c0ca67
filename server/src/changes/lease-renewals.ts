import { ApiError, type Clock } from "@latchkey/engine";
import { type Store, systemContext } from "../store/store.ts";
import type { LeaseRenewal, RenewedLeases } from "../store/verifiers.ts";
import { marksAt } from "./mark-at.ts";
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
export interface ToldProgress extends Pick<LeaseRenewal, "id" | "appliedSeq"> {
  /** Of the last change that it has applied; without it any will do. */
  readonly mark?: string;
}

/** Asks for a lease, or gives one back. */
export interface AskedLease extends ToldProgress, Pick<LeaseRenewal, "ends"> {}

/** Grants leases on the changes of every API. */
export interface LeaseRenewals {
  /**
   * Writes down how far a verifier has come. Its lease stays as it is.
   * @throws {ApiError} `STORE_UNAVAILABLE`, or `CONFLICT` for who has applied another change.
   */
  tell(api: string, told: ToldProgress): Promise<Pick<GrantedLease, "tellAfterMillis">>;
  /**
   * Resolves after a write of the lease is durable on the primary.
   * @throws {ApiError} `STORE_UNAVAILABLE`, or `CONFLICT` for who tells of changes that are yet to
   *   come, or has applied another one: then there is no lease.
   */
  renew(api: string, renewal: AskedLease): Promise<GrantedLease>;
  /** Resolves when the next renewals of an API are written down here, or `until` is aborted. */
  nextRound(api: string, until: AbortSignal): Promise<void>;
}

/** How long a verifier may decide by itself. */
const LEASE_SECONDS = 3;

const MOST_WAITING = 10_000;
const NOBODY: ReadonlySet<string> = new Set();
/** Many tell less often, so that all of them together ask for some thousand writes a second. */
const SOONEST_TELL_MILLIS = 20;
const LATEST_TELL_MILLIS = 1000;

/** What a round came to. */
interface Written extends RenewedLeases {
  /** Who has applied changes that the database does not have: it has lost them. */
  readonly astray: ReadonlySet<string>;
}

interface Waiting {
  readonly renewals: Map<string, AskedLease>;
  readonly told: Map<string, ToldProgress>;
  readonly written: PromiseWithResolvers<Written>;
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
  readonly store: Pick<Store, "write"> & { readonly changes: Pick<Store["changes"], "after"> };
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
  ): Promise<Written> {
    const all = [...renewals.values(), ...told.values()].filter(({ mark }) => mark !== undefined);
    const astray = all.length === 0 ? NOBODY : await astrayOf(api, all);
    const at = clock();
    const context = systemContext(api, at);
    const isThere = ({ id }: ToldProgress) => !astray.has(id);
    const progress = [...told.values()]
      .filter(isThere)
      .map(({ id, appliedSeq }) => ({ id, appliedSeq }));
    if (progress.length > 0) await store.write("recordProgress", progress, context);
    const asked = [...renewals.values()].filter(isThere);
    if (asked.length === 0) return { head: 0, ahead: [], astray };
    const input = {
      renewals: asked.map(({ id, appliedSeq, ends }) => ({ id, appliedSeq, ends })),
      leaseMillis: LEASE_SECONDS * 1000,
      forgetBefore: at - staleMillisOf(api) - 60_000,
    };
    return { ...(await store.write("renewLeases", input, context)).output, astray };
  }

  /**
   * Who has applied a change that is another one here. The database has lost it since, as in a failover
   * to a standby that lacked it, and by the number alone they would seem to know what is there now.
   */
  async function astrayOf(api: string, all: readonly ToldProgress[]) {
    const seqs = new Set(all.map(({ appliedSeq }) => appliedSeq));
    const marks = await marksAt(store.changes, api, [...seqs]);
    const astray = all.filter(({ appliedSeq, mark }) => mark !== marks.get(appliedSeq));
    return new Set(astray.map(({ id }) => id));
  }

  function requireThere({ astray }: Written, { id, appliedSeq }: ToldProgress): void {
    if (!astray.has(id)) return;
    throw new ApiError("CONFLICT", `Change ${appliedSeq} is another one, or is not there.`);
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
      requireThere(await next.written.promise, told);
      return { tellAfterMillis: tellAfterMillis(rounds, told.id) };
    },

    async renew(api, renewal) {
      const { rounds, next } = joined(api, renewal.id);
      next.renewals.set(renewal.id, renewal);
      if (!rounds.running) void run(api, rounds);
      const written = await next.written.promise;
      requireThere(written, renewal);
      const { head, ahead } = written;
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
  const written = Promise.withResolvers<Written>();
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
