import { quoted } from "../domain/quoted.ts";

/**
 * Headers, names and values in turn, as members of an object: in the text that `JSON.stringify`
 * makes of one to which they were added. `undefined` where it has them in another order, or fewer.
 */
export type HeaderMembers = (headers: readonly string[]) => string | undefined;

/** Headers that were written last, and how. */
interface Written {
  readonly headers: string[];
  /** What comes before each value. */
  readonly names: readonly string[];
  /** Each with its value, once that came twice in a row. */
  readonly members: (string | undefined)[];
  readonly isInOrder: boolean;
}

/** Strings of an answer's headers: memory has a bound, and hardly an answer has more. */
const MOST = 64;

/**
 * Writes headers that come after those of `namesBefore`, if there are any: then with the comma
 * between. Those of most answers in a row are alike, but for a value or two.
 */
export function createHeaderMembers(namesBefore: readonly string[]): HeaderMembers {
  /** By how many strings there are. */
  const last: (Written | undefined)[] = [];

  return (headers) => {
    let written = last[headers.length];
    if (written === undefined || !hasSameNames(headers, written.headers)) {
      written = newlyWritten(headers, namesBefore);
      if (headers.length <= MOST) last[headers.length] = written;
    }
    return written.isInOrder ? textOf(written, headers) : undefined;
  };
}

function hasSameNames(a: readonly string[], b: readonly string[]): boolean {
  for (let i = 0; i < a.length; i += 2) if (a[i] !== b[i]) return false;
  return true;
}

function newlyWritten(headers: readonly string[], namesBefore: readonly string[]): Written {
  const names = headers.filter((_, i) => i % 2 === 0);
  return {
    headers: [...headers],
    names: names.map((name, i) => {
      const comma = i === 0 && namesBefore.length === 0 ? "" : ",";
      return inOnePiece([comma, quoted(name), ":"]);
    }),
    members: names.map(() => undefined),
    isInOrder: areInOrder([...namesBefore, ...names]),
  };
}

function textOf({ headers: before, names, members }: Written, headers: readonly string[]): string {
  let text = "";
  for (let n = 0; n < names.length; n += 1) {
    const i = 2 * n + 1;
    const value = headers[i] as string;
    let member: string | undefined;
    if (before[i] === value) {
      member = members[n] ?? inOnePiece([names[n] as string, quoted(value)]);
    }
    text += member ?? `${names[n]}${quoted(value)}`;
    before[i] = value;
    members[n] = member;
  }
  return text;
}

/** What is put into many texts, which are copied piece by piece. */
function inOnePiece(parts: readonly string[]): string {
  return parts.join("");
}

/** Whether an object has members of these names in this order. */
function areInOrder(names: readonly string[]): boolean {
  const inObject = Object.keys(headersObject(names.flatMap((name) => [name, ""])));
  return names.every((name, i) => name === inObject[i]);
}

/** Headers, names and values in turn, as an object. */
export function headersObject(headers: readonly string[]): Record<string, string> {
  const object: Record<string, string> = {};
  for (let i = 0; i < headers.length; i += 2) {
    object[headers[i] as string] = headers[i + 1] as string;
  }
  return object;
}
