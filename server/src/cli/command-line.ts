import { type Command, type CommandContext, UsageError } from "./command.ts";

/** Errors whose message is written for who runs the command: one says it all, no stack. */
const PLAIN_ERRORS = new Set([
  "SettingsError",
  "PolicyError",
  "PolicyFileError",
  "StoreStartError",
  "ApiError",
]);

/** System errors that the operator, not we, can mend. */
const PLAIN_CODES = new Set([
  "EADDRINUSE",
  "EADDRNOTAVAIL",
  "EACCES",
  "EPERM",
  "EROFS",
  "ENOTFOUND",
]);

/**
 * Runs one command line and answers with the exit code: 0 done, 1 failed, 2 called wrongly, or
 * what the command itself says. What it prints goes to `print`, everything about failure to `warn`.
 */
export async function runCommandLine(
  commands: readonly Command[],
  { args, ...context }: CommandContext,
): Promise<number> {
  const [name, ...rest] = args;
  if (name === "--version" || name === "-v") {
    context.print(context.version);
    return 0;
  }
  if (name === "--help" || name === "-h" || name === "help") {
    context.print(help(commands));
    return 0;
  }
  const command = commands.find((candidate) => candidate.name === name);
  if (command === undefined) {
    if (name !== undefined) context.warn(`latchkey: there is no command ${JSON.stringify(name)}\n`);
    context.warn(help(commands));
    return 2;
  }
  if (rest.includes("--help") || rest.includes("-h")) {
    const { usage, summary, details = [] } = command;
    context.print([usage, "", summary, ...details].join("\n"));
    return 0;
  }
  try {
    return (await command.run({ ...context, args: rest })) ?? 0;
  } catch (error) {
    return failed(error, command, context.warn);
  }
}

function failed(error: unknown, command: Command, warn: (line: string) => void): number {
  if (error instanceof UsageError || hasCode(error, /^ERR_PARSE_ARGS_/)) {
    warn(`latchkey: ${error instanceof Error ? error.message : ""}\nUsage: ${command.usage}`);
    return 2;
  }
  const isPlain = error instanceof Error && (PLAIN_ERRORS.has(error.name) || isPlainFault(error));
  warn(`latchkey: ${isPlain ? error.message : stackOf(error)}`);
  return 1;
}

function isPlainFault(error: Error): boolean {
  return "code" in error && typeof error.code === "string" && PLAIN_CODES.has(error.code);
}

function hasCode(error: unknown, pattern: RegExp): boolean {
  return error instanceof Error && "code" in error && pattern.test(String(error.code));
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

function help(commands: readonly Command[]): string {
  const rows = [
    ...commands.map(({ usage, summary }) => [usage, summary] as const),
    ["latchkey --help | --version", "This text; the version."] as const,
  ];
  const width = Math.max(...rows.map(([usage]) => usage.length)) + 2;
  return [
    "Latchkey: API keys, tokens, scopes and limits for your HTTP API.",
    "",
    "Usage:",
    ...rows.map(([usage, summary]) => `  ${usage.padEnd(width)}${summary}`),
    "",
    "Settings come from LATCHKEY_* environment variables: docs/reference/settings.md.",
  ].join("\n");
}
