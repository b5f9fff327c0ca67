import { type Lease, RenewedLease } from "@latchkey/engine";
import { type LinkError, type ServerLink, strangeAnswer } from "./server-link.ts";

/** A verifier's own lease, kept alive by asking for the next one. */
export interface LeaseKeeper {
  /** As the engine asks: between `enter` and `leave` it holds without another look at the clocks. */
  readonly lease: Lease;
  /**
   * Reads both clocks: whether one decision may be made from memory now, at most so many seconds
   * after the lease has ended. If so, `leave` has to follow in the same turn.
   */
  enter(staleSeconds?: number): boolean;
  leave(): void;
  /** Unix milliseconds: between `enter` and `leave` those that `enter` has read. */
  now(): number;
  /** The same of the clock that no one can set back. */
  monotonicNow(): number;
  /** Every change up to `seq` is applied. */
  applied(seq: number): void;
  /** What is known is worth nothing any more: the lease ends, and a new one is asked for. */
  startAfresh(): void;
  /** Milliseconds for which it still holds; 0: it has lapsed. */
  rest(): number;
  /** Resolves once it holds for the first time. */
  readonly held: Promise<void>;
  /** Nothing is decided under it any more; resolves when the server knows. Never rejects. */
  stop(): Promise<void>;
}

interface LeaseKeeperParts {
  readonly link: Pick<ServerLink, "post">;
  /** Names this process to the server. */
  readonly verifier: string;
  /** Tells the last change that was applied from another with its number. */
  readonly mark: () => string;
  readonly wall: () => number;
  readonly monotonic: () => number;
  readonly onProblem: (error: LinkError) => void;
  /** The server has long had changes of which none comes here: whoever brings them has lost them. */
  readonly onBehind: () => void;
}

/** Of the server's own making; a longer one would break what its receipts promise. */
const LEASE_SECONDS = 3;
const RENEW_EVERY_MILLIS = 1000;
/** A renewal that takes longer would leave too little of its lease. */
const TIMEOUT_MILLIS = 2000;
const AFTER_FAILURE_MILLIS = 200;
const GIVE_BACK_MILLIS = 500;
const CONFLICT = 409;
/** Leases that wait for their changes: no more than are asked for in the time that one holds. */
const MOST_GRANTED = 200;

interface Granted {
  readonly head: number;
  readonly renew: () => void;
}

/**
 * Asks for a lease once a second, and tells sooner that changes were applied. A lease runs from the
 * instant at which it was asked for, and begins to count when every change up to the head that the
 * server answered is applied here.
 */
export function keepLease(parts: LeaseKeeperParts): LeaseKeeper {
  const { link, verifier, mark, wall, monotonic, onProblem, onBehind } = parts;
  const held = Promise.withResolvers<void>();
  /** The clocks when they were last looked at. */
  let seen = 0;
  const look = () => {
    seen = wall();
    return seen;
  };
  let seenMonotonic = 0;
  const lookMonotonic = () => {
    seenMonotonic = monotonic();
    return seenMonotonic;
  };
  let current = new RenewedLease(LEASE_SECONDS, look, lookMonotonic);
  let entered = false;
  let appliedSeq: number | undefined;
  let toldSeq = -1;
  let granted: Granted[] = [];
  /** Since when no change has come, although there were some. */
  let stuck: { readonly seq: number; readonly since: number } | undefined;
  let timer: NodeJS.Timeout | undefined;
  let asking = false;
  /** Instants of the monotonic clock, before which no lease is asked for and nothing told. */
  let renewAt = 0;
  let tellAt = 0;
  let stopped = false;

  async function ask(): Promise<void> {
    const seq = appliedSeq;
    if (seq === undefined || asking || stopped) return;
    asking = true;
    clearTimeout(timer);
    const now = monotonic();
    const [renews, tells] = [now >= renewAt, now >= tellAt && seq > toldSeq];
    try {
      if (renews) await renew(seq);
      else if (tells) await post(seq, { tells: true });
    } catch (error) {
      if (stopped) return;
      if (renews) renewAt = monotonic() + AFTER_FAILURE_MILLIS;
      tellAt = monotonic() + AFTER_FAILURE_MILLIS;
      // What was brought here is not there: it came from a node whose database has lost it.
      if ((error as LinkError).status === CONFLICT) judgeStream(Number.POSITIVE_INFINITY);
      onProblem(error as LinkError);
    }
    asking = false;
    plan();
  }

  async function renew(seq: number): Promise<void> {
    const lease = current;
    const begun = lease.begin();
    const head = await post(seq);
    renewAt = monotonic() + RENEW_EVERY_MILLIS;
    if (lease !== current) return;
    // Older ones have run out by now, whatever comes.
    granted = [...granted, { head, renew: begun }].slice(-MOST_GRANTED);
    useGranted();
    judgeStream(head);
  }

  /** A node that cannot read its database any more writes heartbeats all the same. */
  function judgeStream(head: number): void {
    const seq = appliedSeq ?? -1;
    const now = monotonic();
    if (head <= seq) stuck = undefined;
    else if (stuck?.seq !== seq) stuck = { seq, since: now };
    else if (now - stuck.since >= LEASE_SECONDS * 1000) {
      stuck = undefined;
      onBehind();
    }
  }

  /** Says how far this process has come; the head that the server answers. */
  async function post(seq: number, more: { readonly tells?: true } = {}): Promise<number> {
    const lease = current;
    const body = { verifier, appliedSeq: seq, mark: mark(), ...more };
    const answer = await link.post("/leases", body, { timeoutMillis: TIMEOUT_MILLIS });
    // What something else says must not be taken for a lease: to a comparison null is 0.
    if (!isGrant(answer)) throw strangeAnswer();
    const { head, tellAfterMillis } = answer;
    if (lease === current) toldSeq = seq;
    tellAt = monotonic() + tellAfterMillis;
    return head;
  }

  function useGranted(): void {
    const seq = appliedSeq ?? -1;
    for (const { renew } of granted.filter(({ head }) => head <= seq)) {
      renew();
      held.resolve();
    }
    granted = granted.filter(({ head }) => head > seq);
  }

  /** The server waits to hear of what was applied; but not more often than it said. */
  function plan(): void {
    if (asking || stopped || appliedSeq === undefined) return;
    clearTimeout(timer);
    const at = appliedSeq > toldSeq ? Math.min(renewAt, tellAt) : renewAt;
    timer = setTimeout(() => void ask(), Math.max(0, Math.ceil(at - monotonic())));
    timer.unref();
  }

  return {
    lease: {
      holds: () => entered || current.holds(),
      age: () => current.age(),
    },
    enter(staleSeconds = 0) {
      entered =
        current.holds() ||
        (staleSeconds > 0 && current.age() < (LEASE_SECONDS + staleSeconds) * 1000);
      return entered;
    },
    leave() {
      entered = false;
    },
    now: () => (entered ? seen : wall()),
    monotonicNow: () => (entered ? seenMonotonic : monotonic()),
    applied(seq) {
      appliedSeq = seq;
      if (granted.length > 0) useGranted();
      plan();
    },
    startAfresh() {
      current = new RenewedLease(LEASE_SECONDS, look, lookMonotonic);
      granted = [];
      appliedSeq = undefined;
      toldSeq = -1;
      renewAt = 0;
    },
    rest: () => (current.holds() ? LEASE_SECONDS * 1000 - current.age() : 0),
    held: held.promise,
    async stop() {
      stopped = true;
      clearTimeout(timer);
      current = new RenewedLease(LEASE_SECONDS, look, lookMonotonic);
      if (toldSeq < 0) return;
      const body = { verifier, appliedSeq: toldSeq, ends: true };
      // Without it the server waits until the lease has run out.
      await link.post("/leases", body, { timeoutMillis: GIVE_BACK_MILLIS }).catch(() => undefined);
    },
  };
}

/** As the server's own leases route writes it. */
function isGrant(answer: unknown): answer is { head: number; tellAfterMillis: number } {
  const { head, tellAfterMillis } = (answer ?? {}) as Readonly<Record<string, unknown>>;
  return typeof head === "number" && typeof tellAfterMillis === "number";
}
