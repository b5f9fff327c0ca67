import type { ChangeRecord } from "../store/records.ts";

const MOST_LINES = 2000;
const MOST_CHARACTERS = 4 * 1024 * 1024;

/** The last changes of one API, each as a line of JSON, without a gap. Bounded. */
export class RecentLines {
  readonly #lines: string[] = [];
  #characters = 0;
  #seq: number | undefined;

  /** Nothing up to `seq` is kept, unless a change was added before. */
  begin(seq: number): void {
    this.#seq ??= seq;
  }

  /** The last change there was; 0 before it begins. */
  get seq(): number {
    return this.#seq ?? 0;
  }

  /** Keeps changes that follow the last ones, and answers their lines. */
  add(changes: readonly ChangeRecord[]): string {
    const last = changes.at(-1);
    if (last === undefined) return "";
    const lines = changes.map(lineOf);
    this.#seq = last.seq;
    const text = lines.join("");
    this.#lines.push(...lines);
    this.#characters += text.length;
    while (this.#lines.length > MOST_LINES || this.#characters > MOST_CHARACTERS) {
      this.#characters -= this.#lines.shift()?.length ?? 0;
    }
    return text;
  }

  /** The lines of every change after `seq`; `undefined` when some of them are not kept. */
  since(seq: number): string | undefined {
    const missing = this.seq - seq;
    if (missing <= 0) return "";
    return missing > this.#lines.length ? undefined : this.#lines.slice(-missing).join("");
  }
}

/** A change as it goes over the wire. */
export function lineOf({ seq, kind, state }: ChangeRecord): string {
  return `${JSON.stringify({ kind, seq, state })}\n`;
}
