import type { LimitState, WindowState } from "../domain/limit.ts";
import type { CompiledLimit } from "./compiled-limit.ts";
import type { CounterPlace } from "./counter-place.ts";

/** What the counters of a limit say of one key. */
export interface Counted extends CounterPlace {
  /** Unix milliseconds. */
  readonly at: number;
  /** `remaining` and `resetAt` of each window in turn. */
  readonly numbers: readonly number[];
  readonly exceeded: boolean;
  /** When each window lets a request pass again, where that is not when it is whole again. */
  readonly freeAt?: readonly number[] | undefined;
  /** Default: `local`. */
  readonly decidedBy?: LimitState["decidedBy"];
}

/**
 * Where the windows of a limit stood at one instant. Keeps plain numbers and makes objects of them
 * only when they are read: most requests that pass never have theirs read in full.
 */
export class CountedWindows implements LimitState, CounterPlace {
  readonly decidedBy: LimitState["decidedBy"];
  readonly at: number;
  readonly exceeded: boolean;
  readonly bucket: number;
  readonly ticket: number;
  readonly #limit: CompiledLimit;
  readonly #numbers: readonly number[];
  readonly #freeAt: readonly number[] | undefined;

  constructor(limit: CompiledLimit, counted: Counted) {
    this.#limit = limit;
    this.#numbers = counted.numbers;
    this.#freeAt = counted.freeAt;
    this.decidedBy = counted.decidedBy ?? "local";
    this.at = counted.at;
    this.exceeded = counted.exceeded;
    this.bucket = counted.bucket;
    this.ticket = counted.ticket;
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
      if ((this.#numbers[w * 2] as number) * 2 <= max) return true;
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
      if (this.#numbers[w * 2] !== 0) continue;
      const freeAt = this.#freeAgainAt(w);
      if (decisive === -1 || (shortest ? freeAt < decisiveAt : freeAt > decisiveAt)) {
        decisive = w;
        decisiveAt = freeAt;
      }
    }
    return decisive;
  }

  #freeAgainAt(w: number): number {
    return (this.#freeAt === undefined ? this.#numbers[w * 2 + 1] : this.#freeAt[w]) as number;
  }

  #window(w: number): WindowState {
    const window = this.#limit.windows[w] as CompiledLimit["windows"][number];
    return {
      name: window.name,
      limit: window.max,
      remaining: this.#numbers[w * 2] as number,
      windowSeconds: window.windowSeconds,
      resetAt: this.#numbers[w * 2 + 1] as number,
    };
  }
}
