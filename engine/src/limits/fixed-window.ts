import { BucketTable } from "./bucket-table.ts";
import type { CompiledLimit } from "./compiled-limit.ts";
import { CountedWindows } from "./counted-windows.ts";
import type { CounterPlace, Tickets } from "./counter-place.ts";
import { divide, type Slice, type SliceSize } from "./slice.ts";

/** A count that says "blocked", which no count of requests reaches. */
const BLOCKED = 0x7fffffff;

/** One window, in milliseconds, and where a bucket's record has it. */
interface Counting {
  readonly max: number;
  readonly length: number;
  readonly block: number;
  /** Counted in doubles from the beginning of the record. */
  readonly end: number;
  /** Counted in words. */
  readonly count: number;
}

/** How much fixed windows remember. */
export interface FixedWindowsOptions {
  /** Most keys counted at once; default 1,000,000. */
  readonly maxKeys?: number;
  /** Shared by all whose places could be mistaken for each other's. */
  readonly tickets?: Tickets;
}

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
  readonly #windows: readonly Counting[];
  readonly #refuseAll: boolean;
  readonly #table: BucketTable;
  readonly #tickets: Tickets;
  /** Doubles in a bucket's record: its ticket, the end of each window, and the counts. */
  readonly #size: number;
  /** The end of each window, or of its block; 0 for one not opened. */
  #doubles = new Float64Array(0);
  /** In the same memory. Requests spent in each open window; `BLOCKED` during a block. */
  #counts = new Int32Array(0);

  constructor(limit: CompiledLimit, options: FixedWindowsOptions = {}) {
    const { windows, refuseWhen } = limit;
    this.#limit = limit;
    this.#windows = windows.map(({ max, windowSeconds, blockSeconds }, w) => ({
      max,
      length: windowSeconds * 1000,
      block: blockSeconds * 1000,
      end: 1 + w,
      count: (1 + windows.length) * 2 + w,
    }));
    this.#size = 1 + windows.length + Math.ceil(windows.length / 2);
    this.#refuseAll = refuseWhen === "all";
    this.#tickets = options.tickets ?? { next: 1 };
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
  bucketOf(key: string, now: number, place?: CounterPlace): number {
    if (place !== undefined && place.bucket >= 0 && place.bucket < this.#table.size) {
      if (this.#doubles[place.bucket * this.#size] === place.ticket) return place.bucket;
    }
    return this.#table.bucketOf(key, now);
  }

  /** Spends one request at `now` (Unix milliseconds), or nothing if that exceeds the limit. */
  spend(bucket: number, now: number): CountedWindows {
    const windows = this.#windows;
    const doubles = this.#doubles;
    const counts = this.#counts;
    const record = bucket * this.#size;
    const numbers = numbersOf(now, doubles[record] as number);
    for (let w = 0; w < windows.length; w += 1) {
      const { max, length, end, count } = windows[w] as Counting;
      const endsAt = doubles[record + end] as number;
      const spent = counts[record * 2 + count] as number;
      const isOpen = now < endsAt && endsAt - now <= length;
      if (!isOpen || spent >= max) {
        this.#takeBack(record, w);
        return this.#spendWithCare(bucket, now);
      }
      counts[record * 2 + count] = spent + 1;
      numbers[w * 2 + 2] = max - spent - 1;
      numbers[w * 2 + 3] = endsAt;
    }
    return new CountedWindows(this.#limit, { numbers, exceeded: false, bucket });
  }

  /** One request of each of the first windows. */
  #takeBack(record: number, windows: number): void {
    for (let w = 0; w < windows; w += 1) {
      const { count } = this.#windows[w] as Counting;
      this.#counts[record * 2 + count] = (this.#counts[record * 2 + count] as number) - 1;
    }
  }

  /** Where a window begins, ends or refuses. */
  #spendWithCare(bucket: number, now: number): CountedWindows {
    const exceeded = this.#wouldExceed(bucket, now, true);
    return this.#state(bucket, now, exceeded, exceeded ? 0 : 1);
  }

  /** Spends what is granted and lent of a slice, as if so many requests had come in turn. */
  lend(bucket: number, now: number, size: SliceSize): Slice {
    const { need } = size;
    this.#wouldExceed(bucket, now, false);
    const record = bucket * this.#size;
    const left = this.#windows.map(({ max, count }) =>
      Math.max(0, max - (this.#counts[record * 2 + count] as number)),
    );
    const passes = this.#refuseAll ? Math.max(...left) : Math.min(...left);
    const { granted, lent } = divide(passes, size);
    this.#state(bucket, now, false, granted + lent);
    for (const [w, window] of this.#windows.entries()) {
      const had = left[w] as number;
      if (window.block > 0 && need > had && granted >= had) this.#block(window, record, now);
    }
    const exceeded = need === 0 ? passes === 0 : granted < need;
    return { granted, lent, state: this.#state(bucket, now, exceeded, 0) };
  }

  /** Where the bucket (-1: an untouched one) stands; `exceeded` if a request would be refused. */
  peek(bucket: number, now: number): CountedWindows {
    if (bucket < 0) return this.#untouched(now);
    return this.#state(bucket, now, this.#wouldExceed(bucket, now, false), 0);
  }

  /** Ends what has ended; `blocks`: begins the blocks that a request would begin. */
  #wouldExceed(bucket: number, now: number, blocks: boolean): boolean {
    const windows = this.#windows;
    const doubles = this.#doubles;
    const counts = this.#counts;
    const record = bucket * this.#size;
    let refusals = 0;
    for (let w = 0; w < windows.length; w += 1) {
      const window = windows[w] as Counting;
      const endsAt = doubles[record + window.end] as number;
      if (now >= endsAt) {
        doubles[record + window.end] = 0;
        counts[record * 2 + window.count] = 0;
      } else if (endsAt - now > window.length) {
        this.#shorten(window, record, now);
      }
      if ((counts[record * 2 + window.count] as number) < window.max) continue;
      refusals += 1;
      if (blocks && window.block > 0) this.#block(window, record, now);
    }
    return this.#refuseAll ? refusals === windows.length : refusals > 0;
  }

  /** After a clock that went backwards the count stays, but the wait does not grow. */
  #shorten({ length, block, end, count }: Counting, record: number, now: number): void {
    const longest = this.#counts[record * 2 + count] === BLOCKED ? block : length;
    this.#doubles[record + end] = Math.min(this.#doubles[record + end] as number, now + longest);
  }

  #block({ block, end, count }: Counting, record: number, now: number): void {
    if (this.#counts[record * 2 + count] === BLOCKED) return;
    this.#counts[record * 2 + count] = BLOCKED;
    this.#doubles[record + end] = now + block;
  }

  /** What the windows say, after `spends` requests were counted in each as far as it goes. */
  #state(bucket: number, now: number, exceeded: boolean, spends: number): CountedWindows {
    const windows = this.#windows;
    const doubles = this.#doubles;
    const counts = this.#counts;
    const record = bucket * this.#size;
    const numbers = numbersOf(now, doubles[record] as number);
    for (let w = 0; w < windows.length; w += 1) {
      const { max, length, end, count } = windows[w] as Counting;
      let spent = counts[record * 2 + count] as number;
      if (spends > 0 && spent < max) {
        if (spent === 0) doubles[record + end] = now + length;
        spent = Math.min(max, spent + spends);
        counts[record * 2 + count] = spent;
      }
      numbers[w * 2 + 2] = spent < max ? max - spent : 0;
      const endsAt = doubles[record + end] as number;
      numbers[w * 2 + 3] = endsAt === 0 ? now : endsAt;
    }
    return new CountedWindows(this.#limit, { numbers, exceeded, bucket });
  }

  #untouched(now: number): CountedWindows {
    const numbers = [now, 0, ...this.#windows.flatMap(({ max }) => [max, now])];
    return new CountedWindows(this.#limit, { numbers, exceeded: false, bucket: -1 });
  }

  #idleAt(bucket: number): number {
    let latest = 0;
    for (const { end } of this.#windows) {
      latest = Math.max(latest, this.#doubles[bucket * this.#size + end] as number);
    }
    return latest;
  }

  #take(bucket: number): void {
    const first = bucket * this.#size;
    // A window that has ended starts its count afresh.
    this.#doubles.fill(0, first, first + this.#size);
    this.#doubles[first] = this.#tickets.next;
    this.#tickets.next += 1;
  }

  #grow(capacity: number): void {
    const doubles = new Float64Array(capacity * this.#size);
    doubles.set(this.#doubles);
    this.#doubles = doubles;
    this.#counts = new Int32Array(doubles.buffer);
  }
}

/**
 * Room for the numbers of two windows, made from doubles at once: an array that starts with small
 * integers is copied at the first instant that is put into it.
 */
function numbersOf(now: number, ticket: number): number[] {
  return [now, ticket, 0.5, 0.5, 0.5, 0.5];
}
