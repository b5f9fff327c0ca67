import { BucketTable } from "./bucket-table.ts";
import type { CompiledLimit } from "./compiled-limit.ts";
import { CountedWindows } from "./counted-windows.ts";

/** A count that says "blocked", which no count of requests reaches. */
const BLOCKED = 0xffffffff;

/**
 * Counters of one limit in fixed windows, in memory. A window opens with its first request and
 * lasts `windowSeconds`; request `max` + 1 in it is refused. All windows must pass, or nothing is
 * spent; with `refuseWhen: "all"` a request passes while one window does, and is spent in those
 * that do. Exceeding a window with `blockSeconds` closes it for so long from that request, after
 * which it starts afresh. A clock that goes backwards neither reopens a window nor lengthens any
 * wait beyond one whole window or block.
 */
export class FixedWindows {
  readonly #limit: CompiledLimit;
  readonly #stride: number;
  readonly #max: Float64Array;
  readonly #lengths: Float64Array;
  readonly #blocks: Float64Array;
  readonly #refuseAll: boolean;
  readonly #table: BucketTable;
  /** For each window of each bucket: when it, or its block, ends; 0 for one not opened. */
  #endsAt = new Float64Array(0);
  /** Requests spent in the open window; `BLOCKED` during a block. */
  #counts = new Uint32Array(0);

  constructor(limit: CompiledLimit, options: { readonly maxKeys?: number } = {}) {
    this.#limit = limit;
    this.#stride = limit.windows.length;
    this.#max = Float64Array.from(limit.windows, ({ max }) => max);
    this.#lengths = Float64Array.from(limit.windows, ({ windowSeconds }) => windowSeconds * 1000);
    this.#blocks = Float64Array.from(limit.windows, ({ blockSeconds }) => blockSeconds * 1000);
    this.#refuseAll = limit.refuseWhen === "all";
    this.#table = new BucketTable(
      {
        idleAt: (bucket) => this.#idleAt(bucket),
        clear: (bucket) => this.#clear(bucket),
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

  /** The bucket of a key, new if need be. A right hint saves the look-up; a wrong one only costs. */
  bucketOf(key: string, hint: number, now: number): number {
    return this.#table.bucketOf(key, hint, now);
  }

  /** Spends one request at `now` (Unix milliseconds), or nothing if that exceeds the limit. */
  spend(bucket: number, now: number): CountedWindows {
    const stride = this.#stride;
    const first = bucket * stride;
    let refusals = 0;
    for (let w = 0; w < stride; w += 1) {
      if (this.#settle(first + w, w, now) >= (this.#max[w] as number)) {
        this.#block(first + w, w, now);
        refusals += 1;
      }
    }
    const exceeded = this.#refuseAll ? refusals === stride : refusals > 0;
    if (!exceeded) {
      for (let w = 0; w < stride; w += 1) this.#count(first + w, w, now);
    }
    return this.#state(bucket, now, exceeded);
  }

  /** Where the bucket (-1: an untouched one) stands; `exceeded` if a request would be refused. */
  peek(bucket: number, now: number): CountedWindows {
    let refusals = 0;
    for (let w = 0; bucket >= 0 && w < this.#stride; w += 1) {
      const cell = bucket * this.#stride + w;
      if (this.#settle(cell, w, now) >= (this.#max[w] as number)) refusals += 1;
    }
    const exceeded = this.#refuseAll ? refusals === this.#stride : refusals > 0;
    return this.#state(bucket, now, exceeded);
  }

  /** Ends what has ended, and answers the count. */
  #settle(cell: number, w: number, now: number): number {
    const endsAt = this.#endsAt[cell] as number;
    if (now >= endsAt) {
      this.#counts[cell] = 0;
      this.#endsAt[cell] = 0;
      return 0;
    }
    const count = this.#counts[cell] as number;
    const longest = (count === BLOCKED ? this.#blocks[w] : this.#lengths[w]) as number;
    // Only a clock that went backwards gets here; the count stays, the wait does not grow.
    if (endsAt - now > longest) this.#endsAt[cell] = now + longest;
    return count;
  }

  #block(cell: number, w: number, now: number): void {
    const block = this.#blocks[w] as number;
    if (block === 0 || this.#counts[cell] === BLOCKED) return;
    this.#counts[cell] = BLOCKED;
    this.#endsAt[cell] = now + block;
  }

  #count(cell: number, w: number, now: number): void {
    const count = this.#counts[cell] as number;
    if (count >= (this.#max[w] as number)) return;
    if (count === 0) this.#endsAt[cell] = now + (this.#lengths[w] as number);
    this.#counts[cell] = count + 1;
  }

  #state(bucket: number, now: number, exceeded: boolean): CountedWindows {
    // Made from doubles at once: an array that starts with small integers is copied at the first
    // instant that is put into it.
    const numbers = [0.5, 0.5, 0.5, 0.5];
    for (let w = 0; w < this.#stride; w += 1) {
      const cell = bucket * this.#stride + w;
      const count = bucket < 0 ? 0 : (this.#counts[cell] as number);
      const endsAt = bucket < 0 ? 0 : (this.#endsAt[cell] as number);
      const left = (this.#max[w] as number) - count;
      numbers[w * 2] = left > 0 ? left : 0;
      numbers[w * 2 + 1] = endsAt === 0 ? now : endsAt;
    }
    return new CountedWindows(this.#limit, {
      at: now,
      numbers,
      exceeded,
      hint: bucket,
      freeAt: undefined,
    });
  }

  #idleAt(bucket: number): number {
    let latest = 0;
    for (let w = 0; w < this.#stride; w += 1) {
      latest = Math.max(latest, this.#endsAt[bucket * this.#stride + w] as number);
    }
    return latest;
  }

  #clear(bucket: number): void {
    const first = bucket * this.#stride;
    // A window that has ended starts its count afresh.
    this.#endsAt.fill(0, first, first + this.#stride);
  }

  #grow(capacity: number): void {
    const endsAt = new Float64Array(capacity * this.#stride);
    const counts = new Uint32Array(capacity * this.#stride);
    endsAt.set(this.#endsAt);
    counts.set(this.#counts);
    this.#endsAt = endsAt;
    this.#counts = counts;
  }
}
