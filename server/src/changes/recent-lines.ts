import { hash } from "node:crypto";
import type { ChangeRecord } from "../store/records.ts";

const MOST_LINES = 2000;
const MOST_CHARACTERS = 4 * 1024 * 1024;
/** Of several lines; one alone may be longer. */
const MOST_AT_ONCE = 32 * 1024;

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

  /**
   * Keeps changes that follow the last ones, and answers their lines; `undefined`: there are more at
   * once than can be kept.
   */
  add(changes: readonly ChangeRecord[]): string | undefined {
    const last = changes.at(-1);
    if (last === undefined) return "";
    const lines = changes.slice(-MOST_LINES).map(lineOf);
    this.#seq = last.seq;
    const text = lines.join("");
    this.#lines.push(...lines);
    this.#characters += text.length;
    while (this.#lines.length > MOST_LINES || this.#characters > MOST_CHARACTERS) {
      this.#characters -= this.#lines.shift()?.length ?? 0;
    }
    return lines.length === changes.length ? text : undefined;
  }

  /** Changes after `seq`, in order; none: there is no later one. `undefined`: they are not kept. */
  after(seq: number): Part | undefined {
    const missing = this.seq - seq;
    if (missing <= 0) return { text: "", seq };
    if (missing > this.#lines.length) return undefined;
    return firstOf(this.#lines, this.#lines.length - missing, seq);
  }
}

/** Lines in order, and the last change among them. */
export interface Part {
  readonly text: string;
  readonly seq: number;
}

/** What stands after `seq`, from a place in a list on, as far as it may be sent at once. */
export function firstOf(lines: readonly string[], from: number, seq: number): Part {
  let to = from;
  let characters = 0;
  while (to < lines.length && (to === from || characters < MOST_AT_ONCE)) {
    characters += (lines[to] as string).length;
    to += 1;
  }
  return { text: lines.slice(from, to).join(""), seq: seq + to - from };
}

/** A change as it goes over the wire. */
export function lineOf({ seq, at, kind, state }: ChangeRecord): string {
  return `${JSON.stringify({ kind, seq, at, state })}\n`;
}

/**
 * What tells a change from another with its number, as there is after a database was restored: the
 * first 128 bits of SHA-256 of its line, in base64url.
 */
export function markOf(line: string): string {
  return hash("sha256", line.trimEnd(), "buffer").toString("base64url", 0, 16);
}
