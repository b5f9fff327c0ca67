/** A simple command as a POSIX shell or bash would read it (POSIX.1-2024, XCU 2.2 and 2.10). */
export interface ShellCommand {
  readonly words: readonly string[];
  /** What ended it: an operator such as `&`, a line's end, or `""` for the end of the text. */
  readonly endedBy: string;
  /** Variables and substitutions that a shell would have replaced, as they were written. */
  readonly unexpanded: readonly string[];
  /** The quote that nobody closed, if there is one. */
  readonly unclosed: string | undefined;
}

/** A command that is still being read. */
interface Draft {
  readonly words: string[];
  readonly unexpanded: string[];
  word: string | undefined;
  /** The next word is a file, where output goes or input comes from. */
  redirecting: boolean;
}

type Rule = readonly [pattern: RegExp, read: (draft: Draft, match: RegExpExecArray) => void];

/** What is not closed takes the rest, as in a shell: looked for again at each `$`, it took minutes. */
const EXPANSION = /\$\([^)]*\)?|`[^`]*`|\$\{[^}]*\}?|\$[A-Za-z_]\w*/;
const END = /\r?\n|\|[|&]?|&&?(?!>)|;/y;
const COMMENT = /#[^\n]*/y;
const REDIRECTION = /(?:\d*|&)(?:<<<|<<-?|>>|>\||[<>])(?:&[\d-]+)?/y;

/** In the order in which they are tried; what none of them takes is an ordinary character. */
const RULES: readonly Rule[] = [
  [/\\\r?\n/y, () => {}],
  [/[ \t\r]+/y, endWord],
  [/'([^']*)'/y, (draft, [, text = ""]) => append(draft, text)],
  [/\$'((?:[^'\\]|\\[\s\S])*)'/y, (draft, [, text = ""]) => append(draft, unescaped(text))],
  // No two ways to read the same: a quote that is not closed would be tried in all of them.
  [
    /\$?"((?:\$\([^)]*\)|\$(?!\()|[^"\\$]|\\[\s\S])*)"/y,
    (draft, [, text = ""]) => appendQuoted(draft, text),
  ],
  [new RegExp(EXPANSION, "y"), (draft, [text]) => appendExpansion(draft, text)],
  [/\\([\s\S])/y, (draft, [, char = ""]) => append(draft, char)],
];

/**
 * Splits a text into commands. Nothing is expanded: what a shell would have replaced stays as it
 * was written, and is listed. Reads lazily, so that what follows the last command wanted may be
 * anything. A quote that is not closed takes the rest of the text.
 */
export function* shellCommands(text: string): Generator<ShellCommand, void> {
  let at = 0;
  let draft = newDraft();
  const finish = (endedBy: string, unclosed?: string): ShellCommand => {
    endWord(draft);
    const { words, unexpanded } = draft;
    draft = newDraft();
    return { words, unexpanded, endedBy, unclosed };
  };
  while (at < text.length) {
    const end = matchAt(END, text, at);
    if (end !== undefined) {
      at += end[0].length;
      const command = finish(end[0].trim() === "" ? "\n" : end[0]);
      if (command.words.length > 0) yield command;
      continue;
    }
    const skipped = draft.word === undefined ? skip(draft, text, at) : 0;
    const taken = skipped > 0 ? skipped : take(draft, text, at);
    if (taken === 0) {
      append(draft, text.slice(at + 1));
      yield finish("", text.charAt(at));
      return;
    }
    at += taken;
  }
  const last = finish("");
  if (last.words.length > 0) yield last;
}

/** What stands only between words: a comment, a redirection. */
function skip(draft: Draft, text: string, at: number): number {
  const comment = matchAt(COMMENT, text, at);
  if (comment !== undefined) return comment[0].length;
  const redirection = matchAt(REDIRECTION, text, at);
  if (redirection === undefined) return 0;
  draft.redirecting = !redirection[0].includes("&", 1);
  return redirection[0].length;
}

/** How many characters were taken; 0 at a quote that is not closed. */
function take(draft: Draft, text: string, at: number): number {
  for (const [pattern, read] of RULES) {
    const match = matchAt(pattern, text, at);
    if (match === undefined) continue;
    read(draft, match);
    return match[0].length;
  }
  const char = text.charAt(at);
  if (char === "'" || char === '"') return 0;
  append(draft, char);
  return 1;
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text) ?? undefined;
}

function newDraft(): Draft {
  return { words: [], unexpanded: [], word: undefined, redirecting: false };
}

function append(draft: Draft, text: string): void {
  draft.word = (draft.word ?? "") + text;
}

function endWord(draft: Draft): void {
  if (draft.word === undefined) return;
  if (!draft.redirecting) draft.words.push(draft.word);
  draft.redirecting = false;
  draft.word = undefined;
}

function appendExpansion(draft: Draft, text: string): void {
  draft.unexpanded.push(text);
  append(draft, text);
}

/** Between double quotes a backslash escapes only what would mean something there. */
function appendQuoted(draft: Draft, text: string): void {
  const live = text.replace(/\\[\s\S]/g, "");
  draft.unexpanded.push(...(live.match(new RegExp(EXPANSION, "g")) ?? []));
  append(
    draft,
    text.replace(/\\(\r?\n|[$`"\\])/g, (_, char: string) => (char.endsWith("\n") ? "" : char)),
  );
}

const ESCAPES: Readonly<Record<string, string>> = {
  a: "\u0007",
  b: "\b",
  e: "\u001b",
  E: "\u001b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
};

/** The text of `$'…'`, as bash reads it. */
function unescaped(text: string): string {
  return text.replace(
    /\\(?:x([\da-fA-F]{1,2})|u([\da-fA-F]{1,4})|U([\da-fA-F]{1,8})|([0-7]{1,3})|([\s\S]))/g,
    (whole, hex?: string, short?: string, long?: string, octal?: string, char = "") => {
      const digits = hex ?? short ?? long;
      if (octal !== undefined) return String.fromCodePoint(Number.parseInt(octal, 8));
      if (digits === undefined) return ESCAPES[char] ?? (/['"\\?]/.test(char) ? char : whole);
      const point = Number.parseInt(digits, 16);
      return point > 0x10ffff ? whole : String.fromCodePoint(point);
    },
  );
}
