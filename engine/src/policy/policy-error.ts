/** One fault of a policy. */
export interface Problem {
  /** Where it is: `apis[0].endpoints[3].scopes[0]`. */
  readonly path: string;
  /** What was found and what was expected. */
  readonly text: string;
}

const MOST_SHOWN = 20;

/** A policy, or a part of one, that cannot be used. The message names every fault, up to 20. */
export class PolicyError extends Error {
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[], file?: string) {
    const start = file === undefined ? "" : `${file}: `;
    const lines = problems.slice(0, MOST_SHOWN).map(({ path, text }) => `${start}${path}: ${text}`);
    const left = problems.length - lines.length;
    if (left > 0) lines.push(`${start}and ${left} more`);
    super(lines.join("\n"));
    this.name = "PolicyError";
    this.problems = problems;
  }
}
