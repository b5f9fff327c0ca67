import { NameTable } from "../domain/name-table.ts";

const FIRST_CAPACITY = 16;
const DEFAULT_MAX_KEYS = 1_000_000;
/** Looked at for each new key: enough that memory follows the keys in use, not all ever seen. */
const STEPS = 2;
const STEPS_WHEN_FULL = 128;

/** The counters whose owners the table knows. */
export interface Buckets {
  /** Unix milliseconds from which the bucket says no more than an untouched one. */
  idleAt(bucket: number): number;
  /** Makes the bucket an untouched one, for a key that has none yet. */
  take(bucket: number): void;
  /** Makes room for so many buckets, keeping those there are. */
  grow(capacity: number): void;
}

/**
 * Which bucket belongs to which key, for a bounded number of keys. A new key takes over a bucket
 * that says nothing any more if the passing hand finds one; when none is to be had and the table is
 * full, the bucket among those looked at that would be idle soonest loses its key, and its counts.
 */
export class BucketTable {
  readonly #buckets: Buckets;
  readonly #maxKeys: number;
  readonly #byKey = new NameTable((bucket) => this.#keys[bucket] as string);
  readonly #keys: string[] = [];
  #capacity = 0;
  #hand = 0;

  constructor(buckets: Buckets, maxKeys = DEFAULT_MAX_KEYS) {
    this.#buckets = buckets;
    this.#maxKeys = maxKeys;
  }

  get size(): number {
    return this.#keys.length;
  }

  /** The key's bucket, -1 if it has none. */
  find(key: string): number {
    return this.#byKey.find(key);
  }

  /** The key's bucket, new if need be. */
  bucketOf(key: string, now: number): number {
    const bucket = this.#byKey.find(key);
    return bucket < 0 ? this.#add(key, now) : bucket;
  }

  #add(key: string, now: number): number {
    const full = this.#keys.length >= this.#maxKeys;
    let bucket = this.#reusable(now, full);
    if (bucket === -1) {
      bucket = this.#keys.length;
      if (bucket >= this.#capacity) this.#grow();
    } else {
      this.#byKey.remove(bucket);
    }
    this.#buckets.take(bucket);
    this.#keys[bucket] = key;
    this.#byKey.add(key, bucket);
    return bucket;
  }

  /** An idle bucket; when full, at any rate one; else -1. */
  #reusable(now: number, full: boolean): number {
    const steps = Math.min(this.#keys.length, full ? STEPS_WHEN_FULL : STEPS);
    let soonest = -1;
    let soonestAt = Number.POSITIVE_INFINITY;
    for (let i = 0; i < steps; i += 1) {
      const bucket = this.#hand;
      this.#hand = bucket + 1 < this.#keys.length ? bucket + 1 : 0;
      const idleAt = this.#buckets.idleAt(bucket);
      if (idleAt <= now) return bucket;
      if (idleAt < soonestAt) {
        soonestAt = idleAt;
        soonest = bucket;
      }
    }
    return full ? soonest : -1;
  }

  #grow(): void {
    this.#capacity = Math.min(Math.max(this.#capacity * 2, FIRST_CAPACITY), this.#maxKeys);
    this.#buckets.grow(this.#capacity);
  }
}
