/** Until when this process may decide from memory. */
export interface Lease {
  holds(): boolean;
  /** Milliseconds since everything that had changed was known here; 0 for the only writer. */
  age(): number;
}

/** The lease of the only process that writes: its memory is never behind. */
export const SOLE_WRITER: Lease = { holds: () => true, age: () => 0 };

/**
 * A lease that runs from the instant at which its renewal was *asked for*: whatever changed before
 * that instant has been delivered. Both clocks must agree that it has not lapsed, for a frozen
 * process misses monotonic time and a suspended machine misses none of the wall's.
 */
export class RenewedLease implements Lease {
  readonly #seconds: number;
  readonly #wall: () => number;
  readonly #monotonic: () => number;
  #wallEnd = 0;
  #monotonicEnd = 0;

  /** Both clocks in milliseconds. */
  constructor(seconds: number, wall: () => number, monotonic: () => number) {
    this.#seconds = seconds;
    this.#wall = wall;
    this.#monotonic = monotonic;
  }

  /** Call before asking; the function it returns renews from now, once the answer is there. */
  begin(): () => void {
    const wallEnd = this.#wall() + this.#seconds * 1000;
    const monotonicEnd = this.#monotonic() + this.#seconds * 1000;
    return () => {
      // The newest counts by both: a wall clock that was ahead must not go on granting its end.
      if (monotonicEnd < this.#monotonicEnd) return;
      this.#wallEnd = wallEnd;
      this.#monotonicEnd = monotonicEnd;
    };
  }

  age(): number {
    const rest = Math.min(this.#wallEnd - this.#wall(), this.#monotonicEnd - this.#monotonic());
    return Math.max(0, this.#seconds * 1000 - rest);
  }

  holds(): boolean {
    return this.#wall() < this.#wallEnd && this.#monotonic() < this.#monotonicEnd;
  }
}
