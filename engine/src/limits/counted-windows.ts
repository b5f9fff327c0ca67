import type { LimitState, WindowState } from "../domain/limit.ts";
import type { CompiledLimit } from "./compiled-limit.ts";
import type { CounterPlace } from "./counter-place.ts";

/** What the counters of a limit say of one key. */
export interface Counted {
  /**
   * The instant in Unix milliseconds, the ticket of its place, then `remaining` and `resetAt` of each
   * window in turn: in one array, where a member for each would be an object of its own.
   */
  readonly numbers: readonly number[];
  readonly exceeded: boolean;
  /** Where its counters are, as in a `CounterPlace`. */
  readonly bucket: number;
  /** When each window lets a request pass again, where that is not when it is whole again. */
  readonly freeAt?: readonly number[] | undefined;
  /** Default: `local`. */
  readonly decidedBy?: LimitState["decidedBy"];
}

/** Where in the numbers the first window's are. */
const WINDOWS = 2;

/**
 * Where the windows of a limit stood at one instant. Keeps plain numbers and makes objects of them
 * only when they are read: most requests that pass never have theirs read in full.
 */
export class CountedWindows implements LimitState, CounterPlace {
  readonly exceeded: boolean;
  readonly bucket: number;
  readonly decidedBy: LimitState["decidedBy"];
  readonly #limit: CompiledLimit;
  readonly #numbers: readonly number[];
  readonly #freeAt: readonly number[] | undefined;

  constructor(
    limit: CompiledLimit,
    { numbers, exceeded, bucket, freeAt, decidedBy = "local" }: Counted,
  ) {
    this.exceeded = exceeded;
    this.bucket = bucket;
    this.decidedBy = decidedBy;
    this.#limit = limit;
    this.#numbers = numbers;
    this.#freeAt = freeAt;
  }

  get at(): number {
    return this.#numbers[0] as number;
  }

  get ticket(): number {
    return this.#numbers[1] as number;
  }

  get windows(): readonly WindowState[] {
    return this.#limit.windows.map((_, w) => this.#window(w));
  }

  get decisive(): WindowState {
    return this.#window(this.#decisiveIndex());
  }

  get retryAt(): number | undefined {
    return this.exceeded ? this.#freeAgainAt(this.#decisiveIndex()) : undefined;
  }

  /** Whether of any window half or more is used. */
  get isHalfUsed(): boolean {
    const { windows } = this.#limit;
    for (let w = 0; w < windows.length; w += 1) {
      const { max } = windows[w] as CompiledLimit["windows"][number];
      if (this.#remaining(w) * 2 <= max) return true;
    }
    return false;
  }

  /**
   * The window for which a refused request waits: the longest wait of those that refuse, or the
   * shortest where all must refuse. The first while nothing is refused.
   */
  #decisiveIndex(): number {
    if (!this.exceeded) return 0;
    const shortest = this.#limit.refuseWhen === "all";
    let decisive = -1;
    let decisiveAt = 0;
    for (let w = 0; w < this.#limit.windows.length; w += 1) {
      if (this.#remaining(w) !== 0) continue;
      const freeAt = this.#freeAgainAt(w);
      if (decisive === -1 || (shortest ? freeAt < decisiveAt : freeAt > decisiveAt)) {
        decisive = w;
        decisiveAt = freeAt;
      }
    }
    return decisive;
  }

  #freeAgainAt(w: number): number {
    return this.#freeAt === undefined ? this.#resetAt(w) : (this.#freeAt[w] as number);
  }

  #remaining(w: number): number {
    return this.#numbers[WINDOWS + w * 2] as number;
  }

  #resetAt(w: number): number {
    return this.#numbers[WINDOWS + w * 2 + 1] as number;
  }

  #window(w: number): WindowState {
    const window = this.#limit.windows[w] as CompiledLimit["windows"][number];
    return {
      name: window.name,
      limit: window.max,
      remaining: this.#remaining(w),
      windowSeconds: window.windowSeconds,
      resetAt: this.#resetAt(w),
    };
  }
}
