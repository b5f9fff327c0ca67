import type { CompiledLimit } from "../limits/compiled-limit.ts";
import { createLeasedLimiter } from "../limits/leased-limiter.ts";
import { createMemoryLimiter, type Limiter, type Spent } from "../limits/limiter.ts";

/** The instant at which runs begin, in Unix milliseconds. */
const NOW = 1_800_000_000_000;
const KEY = "key_1";

/** How a run goes. */
export interface LeasedRun {
  readonly limit: CompiledLimit;
  readonly verifiers: number;
  /** Requests a second of each verifier in turn, evenly spread. */
  readonly rates: readonly number[];
  readonly seconds: number;
  /** Longest way of a question, and of its answer, in milliseconds. */
  readonly longestWay: number;
  /** Of a thousand questions or answers, how many are lost. */
  readonly lost?: number;
}

/** What came of it, by true time. */
export interface LeasedResult {
  /** How many requests passed in each of the server's windows, in order. */
  readonly passed: readonly number[];
  /** How many passed on what was lent in a window that had ended. */
  readonly late: number;
  /** How many questions reached the server. */
  readonly questions: number;
}

interface Event {
  readonly at: number;
  readonly happen: () => void;
}

/**
 * Runs verifiers that borrow from one server on a virtual clock, the same way each time. Each has a
 * clock of its own, which may be an hour off and up to 400 ppm too slow or too fast.
 */
export async function runLeased(run: LeasedRun): Promise<LeasedResult> {
  const { limit, verifiers, rates, seconds, longestWay, lost = 0 } = run;
  const server = createMemoryLimiter();
  const random = generator();
  const events: Event[] = [];
  const passedBy = new Map<number, number>();
  let now = NOW;
  let windowEnd = 0;
  let late = 0;
  let questions = 0;

  function at(instant: number, happen: () => void): void {
    let i = events.length;
    while (i > 0 && (events[i - 1] as Event).at < instant) i -= 1;
    events.splice(i, 0, { at: instant, happen });
  }

  const travel = (happen: () => void): void => {
    if (random() * 1000 < lost) return;
    at(now + random() * longestWay, happen);
  };
  const pass = (end: number, count: number) => passedBy.set(end, (passedBy.get(end) ?? 0) + count);

  function verifier(): { readonly limiter: Limiter; readonly clock: () => number } {
    const offset = (random() - 0.5) * 7_200_000;
    const speed = 1 + (random() - 0.5) * 0.0008;
    const monotonic = () => (now - NOW) * speed;
    const clock = () => NOW + offset + monotonic();
    const limiter = createLeasedLimiter({
      clock,
      monotonic,
      maxKeys: 10,
      ask: ({ need, spare }) => {
        const { promise, resolve, reject } = Promise.withResolvers<never>();
        at(now + 1000, () => reject(new Error("nobody answers")));
        travel(() => {
          questions += 1;
          const share = 2 * verifiers;
          const { granted, lent, state } = server.lend(limit, KEY, now, { need, spare, share });
          windowEnd = state.windows[0]?.resetAt ?? 0;
          pass(windowEnd, granted);
          const numbers = state.windows.flatMap((w) => [w.remaining, w.resetAt - now]);
          const answer = { granted, lent, exceeded: state.exceeded, numbers, decidedBy: "server" };
          travel(() => resolve(answer as never));
        });
        return promise;
      },
    });
    return { limiter, clock };
  }

  for (const rate of rates) {
    const { limiter, clock } = verifier();
    const every = 1000 / rate;
    const count = (spent: Spent) => {
      // What the server granted it has counted itself.
      if (typeof spent === "string" || spent.exceeded || spent.decidedBy !== "lease") return;
      if (now < windowEnd) pass(windowEnd, 1);
      else late += 1;
    };
    const request = () => {
      if (now >= NOW + seconds * 1000) return;
      at(now + every, request);
      const spent = limiter.spend(limit, KEY, clock());
      if (spent instanceof Promise) void spent.then(count);
      else count(spent);
    };
    at(NOW + random() * every, request);
  }
  for (let event = events.pop(); event !== undefined; event = events.pop()) {
    now = event.at;
    event.happen();
    await new Promise((resolve) => setImmediate(resolve));
  }
  const passed = [...passedBy].sort(([a], [b]) => a - b).map(([, count]) => count);
  return { passed, late, questions };
}

/** Numbers from 0 to 1 that look random, and are the same in each run (mulberry32). */
function generator(): () => number {
  let state = 7;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
