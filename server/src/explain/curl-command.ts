import { CurlError } from "./curl-error.ts";
import { type CurlRequest, readCurlWords } from "./curl-request.ts";
import { type ShellCommand, shellCommands } from "./shell-words.ts";

/** Longer texts are no command that a person pasted. */
const MOST_CHARACTERS = 1024 * 1024;

/**
 * Reads the first curl command of a pasted text, as a POSIX shell, bash or zsh would.
 *
 * @throws {CurlError}
 */
export function parseCurl(text: string): CurlRequest {
  if (text.length > MOST_CHARACTERS) throw new CurlError("The pasted text is longer than 1 MiB.");
  refuseOtherShells(text);
  const commands = shellCommands(text);
  for (const command of commands) {
    const start = curlAt(command.words);
    if (start === -1) continue;
    if (command.unclosed !== undefined) {
      throw new CurlError(`A quote (${command.unclosed}) is opened and never closed.`);
    }
    const warnings = endWarnings(command, commands.next().value ?? undefined);
    const { unexpanded } = command;
    const { warnings: rest, ...request } = readWords(command.words.slice(start + 1), warnings);
    if (unexpanded.some((each) => (request.host + request.target).includes(each))) {
      warnings.push("The URL has a variable in it, which only your shell can replace.");
    }
    return { ...request, warnings: [...warnings, ...rest], unexpanded };
  }
  throw new CurlError("There is no curl command in it: it must begin with `curl`.");
}

/** What a shell would have cut off may be what is missing, so the error says that, too. */
function readWords(words: readonly string[], warnings: readonly string[]): CurlRequest {
  try {
    return readCurlWords(words);
  } catch (error) {
    if (!(error instanceof CurlError)) throw error;
    throw new CurlError([error.message, ...warnings].join(" "));
  }
}

function refuseOtherShells(text: string): void {
  if (/\^[ \t]*\r?\n|(?:^|[ \t])\^"/m.test(text)) {
    throw new CurlError(
      "This is a command for the Windows command prompt (with ^ before line breaks or quotes). " +
        "Copy it for bash instead; browsers offer “Copy as cURL (bash)”.",
    );
  }
  if (/`[ \t]*\r?\n[ \t]*-/.test(text)) {
    throw new CurlError(
      "This is a command for PowerShell (with ` before line breaks). Put it on one line, or end " +
        "the lines with \\ instead.",
    );
  }
}

/** Where `curl` stands, after prompts, assignments and words that run another command. */
function curlAt(words: readonly string[]): number {
  const start = words.findIndex(
    (word) => !/^(?:[$%#>]|sudo|time|exec|command|[A-Za-z_]\w*=.*)$/s.test(word),
  );
  return /(?:^|[/\\])curl(?:\.exe)?$/.test(words[start] ?? "") ? start : -1;
}

function endWarnings({ endedBy, words }: ShellCommand, next?: ShellCommand): string[] {
  const following = next?.words[0] ?? "";
  if (endedBy === "\n" && /^-{1,2}[A-Za-z]/.test(following)) {
    const blank =
      words.at(-1)?.trim() === "" ? "a blank follows the \\ before it" : "no \\ ends it";
    return [`A shell ends the command at the line break before its next option: ${blank}.`];
  }
  if (endedBy === "&" && /^[\w.[\]-]+=/.test(following)) {
    return ["A shell ends the command at the & in the URL: put the URL in quotes."];
  }
  return [];
}
