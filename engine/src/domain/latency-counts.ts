import { LATENCY_BUCKETS, type Latency, latencyBucket, MOST_MICROS } from "./latency.ts";

const FIRST_SLOTS = 16;

/**
 * How long decisions took, in as many slots as are opened. Counting allocates nothing: the numbers
 * of all slots stand in three arrays, 224 bytes for each.
 */
export class LatencyCounts {
  #buckets = new Uint32Array(FIRST_SLOTS * LATENCY_BUCKETS);
  #totals = new Float64Array(FIRST_SLOTS);
  #longest = new Float64Array(FIRST_SLOTS);
  #open = 0;

  /** A slot in which nothing is counted yet. */
  open(): number {
    if (this.#open === this.#totals.length) this.#grow();
    this.#open += 1;
    return this.#open - 1;
  }

  /** Counts one duration in an opened slot, for as many decisions as it stands for. */
  add(slot: number, micros: number, decisions = 1): void {
    const at = slot * LATENCY_BUCKETS + latencyBucket(micros);
    // A slot that is open has all of these.
    this.#buckets[at] = (this.#buckets[at] as number) + decisions;
    this.#totals[slot] = (this.#totals[slot] as number) + micros * decisions;
    if (micros > (this.#longest[slot] as number)) this.#longest[slot] = micros;
  }

  /** What was counted in a slot, in whole microseconds; `undefined` when nothing was. */
  of(slot: number): Latency | undefined {
    const from = slot * LATENCY_BUCKETS;
    const all = this.#buckets.subarray(from, from + LATENCY_BUCKETS);
    const last = all.findLastIndex((count) => count > 0);
    if (last === -1) return undefined;
    const whole = (micros: number | undefined) => Math.min(Math.round(micros ?? 0), MOST_MICROS);
    return {
      totalMicros: whole(this.#totals[slot]),
      maxMicros: whole(this.#longest[slot]),
      buckets: Array.from(all.subarray(0, last + 1)),
    };
  }

  /** Closes all slots. */
  clear(): void {
    this.#buckets.fill(0, 0, this.#open * LATENCY_BUCKETS);
    this.#totals.fill(0, 0, this.#open);
    this.#longest.fill(0, 0, this.#open);
    this.#open = 0;
  }

  #grow(): void {
    const [buckets, totals, longest] = [this.#buckets, this.#totals, this.#longest];
    this.#buckets = new Uint32Array(2 * buckets.length);
    this.#totals = new Float64Array(2 * totals.length);
    this.#longest = new Float64Array(2 * longest.length);
    this.#buckets.set(buckets);
    this.#totals.set(totals);
    this.#longest.set(longest);
  }
}
