import { BoundedMap } from "../domain/bounded-map.ts";

/**
 * Accounts or users by id. Like a credential's, an entry is overwritten by each change and leaves
 * only to make room, those not used lately first.
 */
export class KnownSubjects<State extends { readonly id: string }> {
  /** Of what the source does not have: until when that is believed, in Unix milliseconds. */
  readonly #entries: BoundedMap<string, State | number>;
  readonly #absentMillis: number;

  constructor(capacity: number, absentMillis: number) {
    this.#entries = new BoundedMap(capacity);
    this.#absentMillis = absentMillis;
  }

  /** Whether it is known that there is one. */
  has(id: string): boolean {
    return typeof this.#entries.get(id) === "object";
  }

  find(id: string, now: number): State | "unknown" | "ask" {
    const entry = this.#entries.get(id);
    if (entry === undefined) return "ask";
    if (typeof entry !== "number") return entry;
    return now < entry ? "unknown" : "ask";
  }

  /** Keeps what the source said. */
  learn(id: string, state: State | undefined, now: number): void {
    this.#entries.set(id, state ?? now + this.#absentMillis);
  }

  /** Applies a change; a subject that nobody asked about here is not kept. */
  apply(state: State): void {
    if (this.#entries.get(state.id) !== undefined) this.#entries.set(state.id, state);
  }
}
