/** The pattern of an endpoint, taken apart. */
export interface Pattern {
  /** `null`: every method. */
  readonly method: string | null;
  readonly segments: readonly Segment[];
  /** Ends in `**`: any further segments, or none. */
  readonly rest: boolean;
}

/** A literal is compared with the decoded path; `name` is `null` for `*`. */
export type Segment =
  | { readonly kind: "literal"; readonly text: string }
  | { readonly kind: "one"; readonly name: string | null };

/** A pattern, or what is wrong with the text: a phrase that continues it. */
export type PatternReading = { readonly pattern: Pattern } | { readonly fault: string };

const LONGEST_PATTERN = 1024;
const MOST_SEGMENTS = 32;
const PARAMETER = /^\{([A-Za-z_][A-Za-z0-9_-]{0,63})\}$/;

/** Reads `"GET /v2/users/{userId}"`; the fault says what was found and what is expected. */
export function readPattern(match: string): PatternReading {
  if (match.length > LONGEST_PATTERN) {
    return { fault: `is longer than ${LONGEST_PATTERN} characters` };
  }
  // A path may have spaces; one that comes first has no method before them.
  const space = match.startsWith("/") ? -1 : match.indexOf(" ");
  const method = space === -1 ? null : match.slice(0, space);
  const path = match.slice(space + 1);
  const fault = (method === null ? undefined : methodFault(method)) ?? pathFault(path);
  if (fault !== undefined) return { fault };

  const texts = path.split("/").slice(1);
  if (texts.at(-1) === "") texts.pop();
  const rest = texts.at(-1) === "**";
  if (rest) texts.pop();
  if (texts.length > MOST_SEGMENTS) return { fault: `has more than ${MOST_SEGMENTS} segments` };

  const segments: Segment[] = [];
  const names = new Set<string>();
  for (const text of texts) {
    const segment = readSegment(text);
    if ("fault" in segment) return segment;
    if (segment.kind === "one" && segment.name !== null) {
      if (names.has(segment.name)) return { fault: `names the parameter ${text} twice` };
      names.add(segment.name);
    }
    segments.push(segment);
  }
  return { pattern: { method, segments, rest } };
}

/** Where the parameter `name` stands in the pattern, counting segments from 0; -1 if nowhere. */
export function parameterIndex(pattern: Pattern, name: string): number {
  return pattern.segments.findIndex((segment) => segment.kind === "one" && segment.name === name);
}

function methodFault(method: string): string | undefined {
  if (method === "HEAD") return 'never matches, because HEAD counts as GET; write "GET …"';
  if (/^[A-Z][A-Z-]{0,31}$/.test(method)) return undefined;
  const upper = method.toUpperCase();
  const meant = /^[A-Z][A-Z-]{0,31}$/.test(upper) ? `; did you mean ${upper}?` : "";
  return `begins with ${JSON.stringify(method)}, which is no method in upper case${meant}`;
}

function pathFault(path: string): string | undefined {
  if (!path.startsWith("/")) return 'has no path that begins with "/", as in "GET /v2/users/**"';
  if (path.includes("//")) return "has an empty segment";
  if (/[?#]/.test(path)) return "has a query or fragment; only paths are matched";
  if (path.includes("%")) return "is compared with the decoded path: write the character itself";
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (/[\u0000-\u001f\u007f-\u009f\\]/.test(path)) {
    return "has a backslash or a control character, which no request path has";
  }
  // One within a name is meant; one at its end was rather typed by mistake.
  if (/\/ | (?:\/|$)/.test(path)) return "has a space at an end of a segment";
  if (/\/\.\.?(?:[/;]|$)/.test(path)) return "has a dot segment, which no request path has";
  return undefined;
}

function readSegment(text: string): Segment | { readonly fault: string } {
  if (text === "*") return { kind: "one", name: null };
  if (text === "**") return { fault: 'has "**" before its end; it stands for the rest of a path' };
  const parameter = PARAMETER.exec(text)?.[1];
  if (parameter !== undefined) return { kind: "one", name: parameter };
  if (/[*{}]/.test(text)) {
    return {
      fault: `has the segment ${JSON.stringify(text)}; a whole segment is "{name}", "*" or literal`,
    };
  }
  return { kind: "literal", text };
}
