import { BucketTable } from "./bucket-table.ts";
import type { CompiledLimit } from "./compiled-limit.ts";
import { CountedWindows } from "./counted-windows.ts";

/**
 * Counters of one limit as token buckets, in memory: each holds `max` tokens, refilled evenly over
 * `windowSeconds`, and a request takes one. Of several buckets all must have a token, or none is
 * taken; with `refuseWhen: "all"` a request passes while one has, and takes from those that have.
 * A clock that goes backwards refills nothing and makes nobody wait longer.
 *
 * Counts in `max`ths of a millisecond, so that all arithmetic is on integers: exact for
 * `max` × `windowSeconds` up to 9 × 10¹², and off by less than one request beyond.
 */
export class TokenBuckets {
  readonly #limit: CompiledLimit;
  readonly #stride: number;
  readonly #max: Float64Array;
  /** What one request takes, and at the same time the window in milliseconds. */
  readonly #cost: Float64Array;
  readonly #refuseAll: boolean;
  readonly #table: BucketTable;
  /** For each window of each bucket: what is not refilled yet, as of `#at`. */
  #spent = new Float64Array(0);
  #at = new Float64Array(0);

  /** Throws `RangeError` for a limit with blocks, which a token bucket has no use for. */
  constructor(limit: CompiledLimit, options: { readonly maxKeys?: number } = {}) {
    if (limit.windows.some(({ blockSeconds }) => blockSeconds > 0)) {
      throw new RangeError(`a token bucket knows no blocks: ${limit.id}`);
    }
    this.#limit = limit;
    this.#stride = limit.windows.length;
    this.#max = Float64Array.from(limit.windows, ({ max }) => max);
    this.#cost = Float64Array.from(limit.windows, ({ windowSeconds }) => windowSeconds * 1000);
    this.#refuseAll = limit.refuseWhen === "all";
    this.#table = new BucketTable(
      {
        idleAt: (bucket) => this.#idleAt(bucket),
        take: (bucket) => this.#take(bucket),
        grow: (capacity) => this.#grow(capacity),
      },
      options.maxKeys,
    );
  }

  /** Keys that have a bucket. */
  get size(): number {
    return this.#table.size;
  }

  /** The bucket of a key, -1 if it has none. */
  find(key: string): number {
    return this.#table.find(key);
  }

  /** The bucket of a key, new if need be. */
  bucketOf(key: string, now: number): number {
    return this.#table.bucketOf(key, now);
  }

  /** Takes one token at `now` (Unix milliseconds), or none if that exceeds the limit. */
  spend(bucket: number, now: number): CountedWindows {
    const exceeded = this.#wouldExceed(bucket, now);
    for (let w = 0; !exceeded && w < this.#stride; w += 1) {
      if (!this.#hasToken(bucket, w)) continue;
      const cell = bucket * this.#stride + w;
      this.#spent[cell] = (this.#spent[cell] as number) + (this.#cost[w] as number);
    }
    return this.#state(bucket, now, exceeded);
  }

  /** Where the bucket (-1: an untouched one) stands; `exceeded` if a request would be refused. */
  peek(bucket: number, now: number): CountedWindows {
    return this.#state(bucket, now, bucket >= 0 && this.#wouldExceed(bucket, now));
  }

  /** Refills up to now, then looks. */
  #wouldExceed(bucket: number, now: number): boolean {
    let refusals = 0;
    for (let w = 0; w < this.#stride; w += 1) {
      const cell = bucket * this.#stride + w;
      const elapsed = Math.max(0, now - (this.#at[cell] as number));
      const refilled = elapsed * (this.#max[w] as number);
      this.#spent[cell] = Math.max(0, (this.#spent[cell] as number) - refilled);
      this.#at[cell] = now;
      if (!this.#hasToken(bucket, w)) refusals += 1;
    }
    return this.#refuseAll ? refusals === this.#stride : refusals > 0;
  }

  #hasToken(bucket: number, w: number): boolean {
    const cost = this.#cost[w] as number;
    const spent = this.#spent[bucket * this.#stride + w] as number;
    return spent + cost <= (this.#max[w] as number) * cost;
  }

  #state(bucket: number, now: number, exceeded: boolean): CountedWindows {
    const numbers = [now, 0];
    const freeAt: number[] = [];
    for (let w = 0; w < this.#stride; w += 1) {
      const max = this.#max[w] as number;
      const cost = this.#cost[w] as number;
      const spent = bucket < 0 ? 0 : (this.#spent[bucket * this.#stride + w] as number);
      numbers.push(Math.floor((max * cost - spent) / cost), now + Math.ceil(spent / max));
      freeAt.push(now + Math.max(0, Math.ceil((spent + cost - max * cost) / max)));
    }
    return new CountedWindows(this.#limit, { numbers, exceeded, bucket, freeAt });
  }

  #idleAt(bucket: number): number {
    let latest = 0;
    for (let w = 0; w < this.#stride; w += 1) {
      const cell = bucket * this.#stride + w;
      const refill = Math.ceil((this.#spent[cell] as number) / (this.#max[w] as number));
      latest = Math.max(latest, (this.#at[cell] as number) + refill);
    }
    return latest;
  }

  #take(bucket: number): void {
    const first = bucket * this.#stride;
    this.#spent.fill(0, first, first + this.#stride);
  }

  #grow(capacity: number): void {
    const spent = new Float64Array(capacity * this.#stride);
    const at = new Float64Array(capacity * this.#stride);
    spent.set(this.#spent);
    at.set(this.#at);
    this.#spent = spent;
    this.#at = at;
  }
}
