import { BoundedMap } from "../domain/bounded-map.ts";
import type { Clock } from "../domain/clock.ts";
import type { CompiledLimit } from "./compiled-limit.ts";
import { CountedWindows } from "./counted-windows.ts";
import type { CounterPlace } from "./counter-place.ts";
import type { CountedState, Limiter, Spent } from "./limiter.ts";
import { type AwayAnswer, canBeLent } from "./slice.ts";

/** What is asked of whoever counts for all. */
export interface LeaseQuestion {
  readonly limit: CompiledLimit;
  readonly key: string;
  /** Requests that wait, and requests that may come. */
  readonly need: number;
  readonly spare: number;
}

/** What was counted for all, with how long it holds: instants are no good between machines. */
export interface LeaseAnswer {
  readonly granted: number;
  readonly lent: number;
  readonly exceeded: boolean;
  /** `remaining`, and milliseconds to the reset, of each window in turn. */
  readonly numbers: readonly number[];
  readonly decidedBy: CountedState["decidedBy"];
}

/** Asks; rejects when nobody answers. */
export type AskLender = (question: LeaseQuestion) => Promise<LeaseAnswer | AwayAnswer>;

interface LeasedLimiterParts {
  readonly ask: AskLender;
  readonly clock: Clock;
  /** Milliseconds that no one can set back. */
  readonly monotonic: Clock;
  /** Most keys of which something is known at once. */
  readonly maxKeys: number;
}

/** What is known of one key of one limit. */
interface Account {
  readonly limit: CompiledLimit;
  /** Where it is found without its name, while no other is there. */
  readonly place: CounterPlace;
  /** Requests that may still pass. */
  left: number;
  /** None may pass. */
  exhausted: boolean;
  /** By either clock: then nothing of this holds. */
  endsAt: number;
  endsAtMonotonic: number;
  /** `remaining` of each window beside `left`, and its reset in Unix milliseconds. */
  numbers: readonly number[];
  /** Of which `left` is left. */
  lent: number;
  readonly waiting: ((spent: Spent) => void)[];
  asking: boolean;
}

/** Clocks are slewed by less: what was lent ends here before it ends where it was counted. */
const SLOWEST = 0.999;
const MOST_BORROWED = 65_536;
const MOST_IN_ONE_QUESTION = 10_000;
/** Accounts that are found by their place; a power of two. */
const MOST_PLACES = 65_536;

/**
 * Counts against slices that were counted for all before: whatever answers come late, twice or
 * never, all processes together let no more pass than the limit says. What was lent lasts until the
 * first window ends, from the instant at which it was asked for. Requests that find nothing left
 * wait for one question in common, and each is counted there by itself; that nothing is left for
 * anybody is remembered, too. What nobody answers for is `unavailable`.
 */
export function createLeasedLimiter(parts: LeasedLimiterParts): Limiter {
  const { ask, clock, monotonic } = parts;
  const accounts = new BoundedMap<string, Account>(parts.maxKeys);
  const numbers = new WeakMap<CompiledLimit, number>();
  let limits = 0;
  const placed: Account[] = [];
  let tickets = 0;

  /** Putting a name together and looking it up would cost more than all else here. */
  function accountAt(limit: CompiledLimit, place: CounterPlace | undefined): Account | undefined {
    if (place === undefined || place.bucket < 0) return undefined;
    const account = placed[place.bucket];
    return account?.limit === limit && account.place.ticket === place.ticket ? account : undefined;
  }

  function accountOf(limit: CompiledLimit, key: string): Account {
    const name = nameOf(limit, key);
    let account = accounts.get(name);
    if (account === undefined) {
      tickets += 1;
      account = newAccount(limit, { bucket: tickets & (MOST_PLACES - 1), ticket: tickets });
      accounts.set(name, account);
    }
    placed[account.place.bucket] = account;
    return account;
  }

  /** Short names: they are looked up for each request. */
  function nameOf(limit: CompiledLimit, key: string): string {
    let number = numbers.get(limit);
    if (number === undefined) {
      number = limits;
      limits += 1;
      numbers.set(limit, number);
    }
    return `${number} ${key}`;
  }

  function holds(account: Account | undefined, now: number): account is Account {
    return account !== undefined && now < account.endsAt && monotonic() < account.endsAtMonotonic;
  }

  /** Counts here, as far as what is known allows. */
  function spendKnown(
    limit: CompiledLimit,
    account: Account | undefined,
    now: number,
  ): CountedState | undefined {
    if (!holds(account, now) || (account.left === 0 && !account.exhausted)) return undefined;
    if (!account.exhausted) account.left -= 1;
    return known(limit, account, now);
  }

  async function askWhileWaiting(limit: CompiledLimit, key: string, account: Account) {
    account.asking = true;
    for (;;) {
      serveWaiting(limit, account);
      const waiting = account.waiting.splice(0, MOST_IN_ONE_QUESTION);
      const need = waiting.length;
      if (need === 0) break;
      const began = { now: clock(), monotonic: monotonic() };
      const spare = canBeLent(limit) ? appetite(account, need, holds(account, began.now)) : 0;
      const answer = await ask({ limit, key, need, spare }).catch(unavailable);
      if (typeof answer !== "string") learn(limit, account, answer, began);
      for (const [i, tell] of waiting.entries()) {
        tell(typeof answer === "string" ? answer : stateAfter(limit, answer, i));
      }
    }
    account.asking = false;
  }

  /** Those who came while it was asked. */
  function serveWaiting(limit: CompiledLimit, account: Account): void {
    const now = clock();
    for (let [tell] = account.waiting; tell !== undefined; [tell] = account.waiting) {
      const spent = spendKnown(limit, account, now);
      if (spent === undefined) return;
      account.waiting.shift();
      tell(spent);
    }
  }

  /** Of the one that waited behind `before` others: what was lent is left here, and all behind it. */
  function stateAfter(limit: CompiledLimit, answer: LeaseAnswer, before: number): CountedState {
    const { granted, lent } = answer;
    if (before >= granted) return stateOf(limit, answer, { exceeded: true, left: 0 });
    return stateOf(limit, answer, { exceeded: false, left: lent + granted - before - 1 });
  }

  function stateOf(
    limit: CompiledLimit,
    { numbers: counted, decidedBy }: LeaseAnswer,
    { exceeded, left }: { readonly exceeded: boolean; readonly left: number },
  ): CountedState {
    const at = clock();
    const windows = counted.map((number, n) =>
      n % 2 === 0 ? withLeft(limit, { window: n / 2, counted: number, left }) : at + number,
    );
    const numbers = [at, 0, ...windows];
    return new CountedWindows(limit, { numbers, exceeded, bucket: NOWHERE, decidedBy });
  }

  function learn(
    limit: CompiledLimit,
    account: Account,
    { lent, exceeded, numbers, decidedBy }: LeaseAnswer,
    began: { readonly now: number; readonly monotonic: number },
  ): void {
    const now = clock();
    account.lent = lent;
    account.left = lent;
    account.exhausted = exceeded;
    account.numbers = numbers.map((number, n) => (n % 2 === 0 ? number : now + number));
    const state = { numbers: [0, 0, ...numbers], exceeded, bucket: NOWHERE, decidedBy };
    const millis = exceeded
      ? (new CountedWindows(limit, state).retryAt ?? 0)
      : Math.min(...numbers.filter((_, n) => n % 2 === 1));
    account.endsAt = began.now + millis * SLOWEST;
    account.endsAtMonotonic = began.monotonic + millis * SLOWEST;
  }

  /** Where a key stands that is known of. */
  function known(
    limit: CompiledLimit,
    { numbers: counted, left, exhausted, place }: Account,
    now: number,
  ): CountedState {
    const { bucket, ticket } = place;
    const numbers = [now, ticket];
    for (let w = 0; w < limit.windows.length; w += 1) {
      const remaining = withLeft(limit, { window: w, counted: counted[w * 2] ?? 0, left });
      numbers.push(remaining, counted[w * 2 + 1] ?? 0);
    }
    const state = { numbers, exceeded: exhausted, bucket };
    return new CountedWindows(limit, { ...state, decidedBy: "lease" });
  }

  return {
    spend(limit, key, now, place) {
      const account = accountAt(limit, place) ?? accountOf(limit, key);
      const spent = spendKnown(limit, account, now);
      if (spent !== undefined) return spent;
      const { promise, resolve } = Promise.withResolvers<Spent>();
      account.waiting.push(resolve);
      if (!account.asking) void askWhileWaiting(limit, key, account);
      return promise;
    },

    peek(limit, key, now) {
      const account = accounts.get(nameOf(limit, key));
      if (holds(account, now)) return known(limit, account, now);
      return ask({ limit, key, need: 0, spare: 0 }).then((answer) => {
        return typeof answer === "string" ? answer : stateOf(limit, answer, { ...answer, left: 0 });
      }, unavailable);
    },
  };
}

/**
 * What remains of a window where what is left here was counted already. Where several must refuse
 * together, one that is used up may have been so before: it has no part in what is left.
 */
function withLeft(
  { windows, refuseWhen }: CompiledLimit,
  at: { readonly window: number; readonly counted: number; readonly left: number },
): number {
  if (refuseWhen === "all" && windows.length > 1 && at.counted === 0) return 0;
  return Math.min(windows[at.window]?.max ?? 0, at.counted + at.left);
}

/** Counters of others have no place in this process. */
const NOWHERE = -1;

function newAccount(limit: CompiledLimit, place: CounterPlace): Account {
  return {
    limit,
    place,
    left: 0,
    exhausted: false,
    endsAt: 0,
    endsAtMonotonic: 0,
    numbers: [],
    lent: 0,
    waiting: [],
    asking: false,
  };
}

/** Requests to borrow: twice as many as were used up before the end, else as many as were used. */
function appetite({ lent, left }: Account, need: number, holds: boolean): number {
  const used = lent - left;
  return holds ? Math.min(MOST_BORROWED, Math.max(need, used * 2)) : used;
}

function unavailable(): AwayAnswer {
  return "unavailable";
}
