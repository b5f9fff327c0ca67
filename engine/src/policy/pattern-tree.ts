import type { Pattern } from "./pattern.ts";

/** No rule: higher than every number of one. */
export const NO_RULE = 0x3fffffff;

/** One step into the paths that patterns take. Rules are numbered in their order. */
export interface Branch {
  readonly literals: Literal[];
  /** Where any segment leads. */
  one: Branch | undefined;
  /** The first rule whose pattern ends here. */
  end: number;
  /** The first rule that takes any rest from here. */
  rest: number;
  /** The first of all rules from here on: what lets a search stop early. */
  first: number;
}

/** Where a segment of this text leads. */
export interface Literal {
  readonly text: string;
  readonly branch: Branch;
}

/** A pattern, and the number of its rule. */
export interface NumberedPattern extends Pattern {
  readonly number: number;
}

/** One tree of path segments for all patterns. */
export function growTree(patterns: readonly NumberedPattern[]): Branch {
  const root = emptyBranch();
  for (const { segments, rest, number } of patterns) {
    let branch = root;
    branch.first = Math.min(branch.first, number);
    for (const segment of segments) {
      if (segment.kind === "literal") {
        let literal = branch.literals.find(({ text }) => text === segment.text);
        if (literal === undefined) {
          literal = { text: segment.text, branch: emptyBranch() };
          branch.literals.push(literal);
        }
        branch = literal.branch;
      } else {
        branch.one ??= emptyBranch();
        branch = branch.one;
      }
      branch.first = Math.min(branch.first, number);
    }
    if (rest) branch.rest = Math.min(branch.rest, number);
    else branch.end = Math.min(branch.end, number);
  }
  return root;
}

function emptyBranch(): Branch {
  return { literals: [], one: undefined, end: NO_RULE, rest: NO_RULE, first: NO_RULE };
}
