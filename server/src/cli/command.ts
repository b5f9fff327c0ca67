/** One command of `latchkey`. What it needs of the process comes in, so a test needs none. */
export interface Command {
  readonly name: string;
  readonly usage: string;
  /** A sentence for `latchkey --help`. */
  readonly summary: string;
  /** Lines that `latchkey NAME --help` adds. */
  readonly details?: readonly string[];
  /** Resolves with the exit code when the command has done its work; without one it is 0. */
  run(context: CommandContext): Promise<number | undefined>;
}

/** All that a command has of its process, so that a test needs none. */
export interface CommandContext {
  /** What follows the command's name. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly version: string;
  /** All of stdin, as text. */
  readonly readInput: () => Promise<string>;
  /** A line on stdout. */
  readonly print: (line: string) => void;
  /** A line on stderr. */
  readonly warn: (line: string) => void;
  /** Calls `listener` when the process is asked to stop, or nobody reads what it prints. */
  readonly onStop: (listener: () => void) => void;
}

/** Called in the wrong way; answered with the usage and exit code 2. */
export class UsageError extends Error {}
