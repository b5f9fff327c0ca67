import { type Command, type CommandContext, UsageError } from "./command.ts";

/** Errors whose message is written for who runs the command: one says it all, no stack. */
const PLAIN_ERRORS = new Set([
  "SettingsError",
  "PolicyError",
  "PolicyFileError",
  "StoreStartError",
  "UnixSocketError",
  "ApiError",
]);

/** System errors that the operator, not we, can mend, and with which setting, where it is one. */
const PLAIN_CODES: ReadonlyMap<string, string> = new Map([
  ["EADDRINUSE", "; LATCHKEY_PORT names another port"],
  ["EADDRNOTAVAIL", "; LATCHKEY_HOST names another address"],
  ["ENOTFOUND", "; LATCHKEY_HOST names another address"],
  ["EACCES", ""],
  ["EPERM", ""],
  ["EROFS", ""],
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
    warn(`latchkey: ${usageFault(error)}\nUsage: ${command.usage}`);
    return 2;
  }
  warn(`latchkey: ${plainText(error) ?? stackOf(error)}`);
  return 1;
}

/** Node's sentence repeats the argument, which may be a key that belonged on stdin. */
function usageFault(error: unknown): string {
  if (hasCode(error, /^ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL$/)) {
    return "there is an argument that this command does not take";
  }
  return error instanceof Error ? error.message : "";
}

function plainText(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if (error.name === "ApiError" && error.cause instanceof Error) {
    // Callers are not told what the database said, but who starts the server has to know.
    return `${error.message.replace(/\.$/, "")}: ${error.cause.message}`;
  }
  if (PLAIN_ERRORS.has(error.name)) return error.message;
  const remedy = "code" in error ? PLAIN_CODES.get(String(error.code)) : undefined;
  return remedy === undefined ? undefined : `${error.message}${remedy}`;
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
