import type { AskOutcome } from "../domain/known.ts";

/** A question to the source, on somebody's behalf. */
export interface Asking {
  /** Whoever asks the same joins. */
  readonly question: string;
  /** Who has to share the places: askers take turns. */
  readonly asker: string;
  /** Looked at when the turn comes: who is not admitted any more is not asked for. */
  readonly isAdmitted: () => boolean;
  /**
   * One try; whether its answer was kept. One that is late must keep nothing: a newer answer may be
   * there already.
   */
  readonly attempt: (isLate: () => boolean) => Promise<boolean>;
}

const MOST_UNDER_WAY = 64;
const MOST_WAITING_OF_ONE = 512;
const MOST_WAITING = 8192;
const MOST_ATTEMPTS = 3;
/** A source that never answers must not keep its places when it is replaced by one that does. */
const MOST_TIMEOUTS_HELD = 4;

/**
 * Questions to a source: each asked once for all who wait for its answer, few at a time, and askers
 * in turn, so that a burst from one makes nobody else wait long. No question takes longer than the
 * timeout, the wait for a place included.
 */
export class Questions {
  readonly #timeoutMillis: number;
  #asked = new Map<string, Promise<AskOutcome>>();
  /** What waits for a place, by asker; the first asker is the next. */
  readonly #waiting = new Map<string, (() => void)[]>();
  #waitingCount = 0;
  #underWay = 0;

  constructor(timeoutMillis: number) {
    this.#timeoutMillis = timeoutMillis;
  }

  /** Asks, or joins whoever asks the same. Never rejects. */
  ask(asking: Asking): Promise<AskOutcome> {
    const { question } = asking;
    const underWay = this.#asked.get(question);
    if (underWay !== undefined) return underWay;
    const outcome = this.#withinTime(asking).finally(() => this.#forget(question));
    this.#asked.set(question, outcome);
    return outcome;
  }

  /**
   * A map that is filled and emptied again and again moves from table to table. Each holds on to
   * the next: once the garbage collector takes one for old, all later ones grow old with it.
   */
  #forget(question: string): void {
    this.#asked.delete(question);
    if (this.#asked.size === 0) this.#asked = new Map();
  }

  #withinTime(asking: Asking): Promise<AskOutcome> {
    return new Promise((resolve) => {
      let late = false;
      const timer = setTimeout(() => {
        late = true;
        resolve("unavailable");
      }, this.#timeoutMillis);
      const settle = (outcome: AskOutcome) => {
        clearTimeout(timer);
        resolve(outcome);
      };
      const start = () => {
        void this.#run(asking, () => late).then(settle);
      };
      if (!this.#enter(asking.asker, start)) settle("unavailable");
    });
  }

  /** Starts at once or when a place is free; false when too many wait. */
  #enter(asker: string, start: () => void): boolean {
    if (this.#underWay < MOST_UNDER_WAY) {
      this.#underWay += 1;
      start();
      return true;
    }
    const queue = this.#waiting.get(asker) ?? [];
    if (queue.length >= MOST_WAITING_OF_ONE || this.#waitingCount >= MOST_WAITING) return false;
    queue.push(start);
    this.#waiting.set(asker, queue);
    this.#waitingCount += 1;
    return true;
  }

  /** Holds its place while the source is at work on it, late or not, but not for good. */
  async #run({ attempt, isAdmitted }: Asking, isLate: () => boolean): Promise<AskOutcome> {
    let held = true;
    const leave = () => {
      clearTimeout(longest);
      if (held) this.#leave();
      held = false;
    };
    const longest = setTimeout(leave, MOST_TIMEOUTS_HELD * this.#timeoutMillis);
    longest.unref();
    try {
      for (let n = 0; n < MOST_ATTEMPTS && !isLate(); n += 1) {
        if (!isAdmitted()) return "throttled";
        if (await attempt(isLate)) return "answered";
      }
      return "unavailable";
    } catch {
      return "unavailable";
    } finally {
      leave();
    }
  }

  /** Hands the place to the asker who is next, or gives it up. */
  #leave(): void {
    const [next] = this.#waiting;
    if (next === undefined) {
      this.#underWay -= 1;
      return;
    }
    const [asker, queue] = next;
    const start = queue.shift();
    this.#waiting.delete(asker);
    if (queue.length > 0) this.#waiting.set(asker, queue);
    this.#waitingCount -= 1;
    start?.();
  }
}
