import { BoundedMap } from "../domain/bounded-map.ts";

interface Entry<State> {
  /** `undefined`: the source has none. */
  readonly state: State | undefined;
  /** Unix milliseconds until which an absence is believed. */
  readonly until: number;
}

/**
 * Accounts or users by id. Like a credential's, an entry is overwritten by each change and leaves
 * only to make room, those not used lately first.
 */
export class KnownSubjects<State extends { readonly id: string }> {
  readonly #entries: BoundedMap<string, Entry<State>>;
  readonly #absentMillis: number;

  constructor(capacity: number, absentMillis: number) {
    this.#entries = new BoundedMap(capacity);
    this.#absentMillis = absentMillis;
  }

  /** Whether it is known that there is one. */
  has(id: string): boolean {
    return this.#entries.get(id)?.state !== undefined;
  }

  find(id: string, now: number): State | "unknown" | "ask" {
    const entry = this.#entries.get(id);
    if (entry === undefined) return "ask";
    if (entry.state !== undefined) return entry.state;
    return now < entry.until ? "unknown" : "ask";
  }

  /** Keeps what the source said. */
  learn(id: string, state: State | undefined, now: number): void {
    this.#entries.set(id, { state, until: now + this.#absentMillis });
  }

  /** Applies a change; a subject that nobody asked about here is not kept. */
  apply(state: State): void {
    if (this.#entries.get(state.id) !== undefined) this.#entries.set(state.id, { state, until: 0 });
  }
}
