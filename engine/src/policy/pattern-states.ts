import { type PathStates, pathRow, UNSAID } from "../domain/path.ts";
import { type Branch, type Literal, NO_RULE } from "./pattern-tree.ts";

const SLASH = 47;
/** As many characters as a row has: those of ASCII. */
const ROW = pathRow(true).length;
const FIRST_ROWS = 64;
/** A megabyte of table. A policy's own are some hundreds; beyond it all are found anew. */
const MOST_STATES = 4096;

/** All that can still be taken once a part of a path was read. */
interface Situation {
  /** How far the tree leads by the segments that were read in full. */
  readonly branches: readonly Branch[];
  /** The texts there that begin like the segment which is read. */
  readonly literals: readonly Literal[];
  /** How many characters of these were read; 0: the segment has not begun. */
  readonly at: number;
  /** The first rule that takes any rest. */
  readonly rest: number;
}

/**
 * The patterns of a policy as a deterministic automaton (Rabin and Scott's subset construction): a
 * path is matched with one look into a table for each of its characters, in a time that does not
 * grow with the number of rules. What the table does not say is found when a path first asks for it.
 */
export class PatternStates implements PathStates {
  next = new Uint16Array(FIRST_ROWS * ROW);
  readonly #roots: readonly Situation[];
  readonly #situations: Situation[] = [];
  /** The first rule that takes what was read, or `NO_RULE`. */
  readonly #rules: number[] = [];
  readonly #numbers = new Map<string, number>();
  readonly #ids = new Map<Branch | Literal, number>();

  /** State n is the beginning of every path in the nth tree. */
  constructor(trees: readonly Branch[]) {
    this.#roots = trees.map((tree) => arrivedAt([tree], NO_RULE));
    this.#begin();
  }

  /** How many states there are so far. */
  get size(): number {
    return this.#situations.length;
  }

  /** The number of the first rule that takes what led to a state, or `NO_RULE`. */
  ruleAt(state: number): number {
    return this.#rules[state] as number;
  }

  advance(state: number, code: number): number {
    const before = this.#situations[state] as Situation;
    const after = this.#numberOf(following(before, code));
    const entry = state * ROW + code;
    const isKept = this.#situations[state] === before;
    if (isKept && code < ROW && this.next[entry] === UNSAID) this.next[entry] = after;
    return after;
  }

  #begin(): void {
    this.#situations.length = 0;
    this.#numbers.clear();
    // Alike or not, each tree has the number of its own.
    for (const root of this.#roots) this.#add(root);
  }

  #numberOf(situation: Situation): number {
    const key = this.#keyOf(situation);
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    if (this.#situations.length >= MOST_STATES) this.#begin();
    const number = this.#add(situation);
    this.#numbers.set(key, number);
    return number;
  }

  #add(situation: Situation): number {
    const number = this.#situations.length;
    this.#situations.push(situation);
    this.#rules[number] = ruleOf(situation);
    if (this.next.length === number * ROW) {
      const grown = new Uint16Array(this.next.length * 2);
      grown.set(this.next);
      this.next = grown;
    }
    this.next.set(pathRow(situation.at === 0), number * ROW);
    return number;
  }

  #keyOf({ branches, literals, at, rest }: Situation): string {
    const ids = [...branches, ...literals].map((part) => this.#idOf(part));
    return `${rest} ${at} ${ids.join()}`;
  }

  #idOf(part: Branch | Literal): number {
    const known = this.#ids.get(part);
    if (known !== undefined) return known;
    this.#ids.set(part, this.#ids.size);
    return this.#ids.size - 1;
  }
}

/** At the beginning of a segment. */
function arrivedAt(branches: readonly Branch[], restBefore: number): Situation {
  const rest = Math.min(restBefore, ...branches.map((branch) => branch.rest));
  const better = branches.filter(({ first }) => first < rest);
  return { branches: better, literals: better.flatMap((branch) => branch.literals), at: 0, rest };
}

function following(situation: Situation, code: number): Situation {
  const { branches, at, rest } = situation;
  if (code === SLASH) return arrivedAt(ledTo(situation), rest);
  const literals = situation.literals.filter(({ text }) => text.charCodeAt(at) === code);
  if (literals.length > 0) return { branches, literals, at: at + 1, rest };
  // However long the segment is, it can only be one of those that take any.
  return { branches: branches.filter(({ one }) => one !== undefined), literals, at: 1, rest };
}

/** Where the segment leads that was read so far. */
function ledTo({ branches, literals, at }: Situation): readonly Branch[] {
  if (at === 0) return branches;
  return [
    ...branches.flatMap(({ one }) => one ?? []),
    ...literals.flatMap(({ text, branch }) => (text.length === at ? branch : [])),
  ];
}

function ruleOf(situation: Situation): number {
  const rules = ledTo(situation).map(({ end, rest }) => Math.min(end, rest));
  return Math.min(situation.rest, ...rules);
}
