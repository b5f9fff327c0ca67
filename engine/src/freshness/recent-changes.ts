/**
 * Which subjects changed lately, and at which sequence. An answer that was read before a change
 * but arrives after it would bring the old state back; it is recognized here and asked for again.
 */
export class RecentChanges {
  readonly #changed = new Map<string, { seq: number; at: number }>();
  readonly #keepMs: number;
  /** The newest sequence that was forgotten: older answers cannot be judged any more. */
  #forgotten = 0;

  /** `keepMs` must be no shorter than the time a question to the source may take. */
  constructor(keepMs: number) {
    this.#keepMs = keepMs;
  }

  record(subjectId: string, seq: number, now: number): void {
    this.#changed.delete(subjectId);
    this.#changed.set(subjectId, { seq, at: now });
    for (const [id, change] of this.#changed) {
      if (change.at >= now - this.#keepMs) break;
      this.#forgotten = Math.max(this.#forgotten, change.seq);
      this.#changed.delete(id);
    }
  }

  /** Whether an answer read at sequence `asOf` may lack a change of any of `subjectIds`. */
  outdates(asOf: number, subjectIds: readonly string[]): boolean {
    if (asOf < this.#forgotten) return true;
    // As it mostly is: looking up an id that was just read would hash it.
    if (this.#changed.size === 0) return false;
    return subjectIds.some((id) => (this.#changed.get(id)?.seq ?? 0) > asOf);
  }
}
