/**
 * Values that many slots share, each kept once and dropped with its last user. A million keys have
 * a handful of different authorities between them.
 */
export class Interned<Value> {
  readonly #indexes = new Map<string, number>();
  readonly #keys: string[] = [];
  readonly #values: (Value | undefined)[] = [];
  readonly #users: number[] = [];
  readonly #free: number[] = [];

  /** The index of the value for `key`, made by `make` if nobody uses it yet; counts one user more. */
  acquire(key: string, make: () => Value): number {
    const known = this.#indexes.get(key);
    if (known !== undefined) {
      this.#users[known] = (this.#users[known] as number) + 1;
      return known;
    }
    const value = make();
    const index = this.#free.pop() ?? this.#values.length;
    this.#indexes.set(key, index);
    this.#keys[index] = key;
    this.#values[index] = value;
    this.#users[index] = 1;
    return index;
  }

  release(index: number): void {
    const users = (this.#users[index] as number) - 1;
    this.#users[index] = users;
    if (users > 0) return;
    this.#indexes.delete(this.#keys[index] as string);
    this.#values[index] = undefined;
    this.#free.push(index);
  }

  at(index: number): Value {
    return this.#values[index] as Value;
  }

  /** Puts a new value where `key` is known, for everyone who shares it. */
  replace(key: string, value: Value): void {
    const index = this.#indexes.get(key);
    if (index !== undefined) this.#values[index] = value;
  }
}
