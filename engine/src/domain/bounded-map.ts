/**
 * A map that keeps at most `capacity` entries: of too many those go that were not read or set while
 * half as many others were set. Two generations make that cost the same for every entry, where a
 * `Map` takes ever longer to find the first of its keys once many before it are deleted.
 */
export class BoundedMap<Key, Value> {
  readonly #halfCapacity: number;
  #recent = new Map<Key, Value>();
  #older = new Map<Key, Value>();

  constructor(capacity: number) {
    this.#halfCapacity = Math.max(1, capacity >> 1);
  }

  /** How many are kept. */
  get size(): number {
    return this.#recent.size + this.#older.size;
  }

  get(key: Key): Value | undefined {
    const value = this.#recent.get(key);
    if (value !== undefined) return value;
    const older = this.#older.get(key);
    // One that is read is in use.
    if (older !== undefined) this.set(key, older);
    return older;
  }

  set(key: Key, value: Value): void {
    if (this.#recent.size >= this.#halfCapacity && !this.#recent.has(key)) {
      this.#older = this.#recent;
      this.#recent = new Map();
    }
    this.#older.delete(key);
    this.#recent.set(key, value);
  }

  delete(key: Key): void {
    this.#recent.delete(key);
    this.#older.delete(key);
  }
}
