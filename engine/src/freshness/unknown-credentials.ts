import { DigestTable, RECORD_WORDS } from "./digest-table.ts";

/** Where a record keeps until when it holds, counted in doubles. */
const UNTIL = 4;

/** Digests that the source did not know a moment ago, briefly and in bounded space. */
export class UnknownCredentials {
  readonly #table: DigestTable;
  readonly #keepMs: number;
  readonly #capacity: number;
  #used = 0;
  /** The slot filled longest ago, once all are in use. */
  #oldest = 0;

  constructor(keepMs: number, capacity: number) {
    this.#table = new DigestTable(capacity);
    this.#keepMs = keepMs;
    this.#capacity = capacity;
  }

  add(digest: Int32Array, now: number): void {
    let slot = this.#table.find(digest);
    if (slot < 0) {
      slot = this.#freeSlot();
      this.#table.insert(digest, slot);
    }
    this.#table.doubles[this.#until(slot)] = now + this.#keepMs;
  }

  has(digest: Int32Array, now: number): boolean {
    const slot = this.#table.find(digest);
    return slot >= 0 && now < (this.#table.doubles[this.#until(slot)] as number);
  }

  /** Forgets that it was unknown. */
  forget(digest: Int32Array): void {
    const slot = this.#table.find(digest);
    if (slot >= 0) this.#table.doubles[this.#until(slot)] = 0;
  }

  #freeSlot(): number {
    if (this.#used < this.#capacity) return this.#used++;
    const slot = this.#oldest;
    this.#oldest = (slot + 1) % this.#capacity;
    this.#table.remove(slot);
    return slot;
  }

  #until(slot: number): number {
    return (slot * RECORD_WORDS) / 2 + UNTIL;
  }
}
