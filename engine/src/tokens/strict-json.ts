/** An object as it was written: no member twice, none that another reader could see otherwise. */
export type StrictObject = Readonly<Record<string, unknown>>;

const MOST_DEPTH = 32;
const QUOTE = 34;
const COLON = 58;
const BACKSLASH = 92;

/**
 * Reads the text of a JSON object in which, at every depth up to 32, each member has a name of its
 * own (compared without escapes) and none is named `__proto__`, and no string has half a surrogate
 * pair; anything else is `undefined`. RFC 8259 §4 and §8.2 leave these to the reader, and two
 * readers that differ are a hole.
 */
export function readStrictObject(text: string): StrictObject | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isJsonObject(value)) return undefined;
  // Of two members alike `JSON.parse` keeps one: then fewer are left than were written.
  return membersIn(value, 1) === membersWritten(text) ? value : undefined;
}

/** Whether the value is a JSON object: neither an array nor null. */
export function isJsonObject(value: unknown): value is StrictObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** How many members all objects in the value have; NaN when anything in it is refused. */
function membersIn(value: unknown, depth: number): number {
  if (typeof value === "string") return value.isWellFormed() ? 0 : Number.NaN;
  if (typeof value !== "object" || value === null) return 0;
  if (depth > MOST_DEPTH) return Number.NaN;
  let members = 0;
  if (Array.isArray(value)) {
    for (const each of value as readonly unknown[]) members += membersIn(each, depth + 1);
    return members;
  }
  for (const name of Object.keys(value)) {
    if (name === "__proto__" || !name.isWellFormed()) return Number.NaN;
    members += 1 + membersIn((value as StrictObject)[name], depth + 1);
  }
  return members;
}

/** How many members a valid JSON text has: as many as colons that are in no string. */
function membersWritten(text: string): number {
  let members = 0;
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    if (code === COLON) members += 1;
    else if (code === QUOTE) i = endOfString(text, i + 1);
  }
  return members;
}

function endOfString(text: string, start: number): number {
  let i = start;
  while (i < text.length && text.charCodeAt(i) !== QUOTE) {
    i += text.charCodeAt(i) === BACKSLASH ? 2 : 1;
  }
  return i;
}
