/** One command of `latchkey`. What it needs of the process comes in, so a test needs none. */
export interface Command {
  readonly name: string;
  readonly usage: string;
  /** A sentence for `latchkey --help`. */
  readonly summary: string;
  /** Resolves when the command has done its work: exit code 0. */
  run(context: CommandContext): Promise<void>;
}

export interface CommandContext {
  /** What follows the command's name. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly version: string;
  /** A line on stdout. */
  readonly print: (line: string) => void;
  /** A line on stderr. */
  readonly warn: (line: string) => void;
  /** Calls `listener` once, when the process is asked to stop. */
  readonly onStop: (listener: () => void) => void;
}

/** Called in the wrong way; answered with the usage and exit code 2. */
export class UsageError extends Error {}
