import { quoted } from "../domain/quoted.ts";

/**
 * Headers, names and values in turn, as members of an object: in the text that `JSON.stringify`
 * makes of one to which they were added. `undefined` where it has them in another order, or fewer.
 */
export type HeaderMembers = (headers: readonly string[]) => string | undefined;

/** Headers that were written last, and how. */
interface Written {
  readonly headers: string[];
  readonly members: string[];
  readonly isInOrder: boolean;
  text: string;
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
    if (written === undefined || !isSame(headers, written.headers, 0)) {
      const isInOrder = areInOrder([...namesBefore, ...headers.filter((_, i) => i % 2 === 0)]);
      written = { headers: [], members: [], isInOrder, text: "" };
      update(written, headers);
      if (headers.length <= MOST) last[headers.length] = written;
    } else if (!isSame(headers, written.headers, 1)) {
      update(written, headers);
    }
    return written.isInOrder ? written.text : undefined;
  };

  function update(written: Written, headers: readonly string[]): void {
    for (let i = 0; i < headers.length; i += 2) {
      const [name = "", value = ""] = [headers[i], headers[i + 1]];
      if (written.headers[i + 1] === value) continue;
      written.headers[i] = name;
      written.headers[i + 1] = value;
      written.members[i / 2] = `${quoted(name)}:${quoted(value)}`;
    }
    const parts = namesBefore.length === 0 ? written.members : ["", ...written.members];
    // In one piece: it is put into many texts, which are copied piece by piece.
    written.text = parts.join(",");
  }
}

/** Compares the names, or from 1 on the values. */
function isSame(a: readonly string[], b: readonly string[], from: 0 | 1): boolean {
  for (let i = from; i < a.length; i += 2) if (a[i] !== b[i]) return false;
  return true;
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
