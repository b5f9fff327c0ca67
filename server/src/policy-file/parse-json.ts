import { PolicyFileError, shownPath } from "./policy-file-error.ts";

/**
 * Parses a policy that is written as JSON.
 *
 * @throws {PolicyFileError} With line and column, also where an object has a member twice: of the two
 * `JSON.parse` takes the last, and who reads the file may see the first.
 */
export function parseJson(file: string, text: string): unknown {
  const json = text.replace(/^\uFEFF/, "");
  const value = parse(file, json);
  const repeated = repeatedMember(json);
  if (repeated === undefined) return value;
  const lines = json.slice(0, repeated.index).split("\n");
  const place = `${shownPath(file)}:${lines.length}:${(lines.at(-1) ?? "").length + 1}`;
  throw new PolicyFileError(place, `says ${JSON.stringify(repeated.name)} twice in one object`);
}

function parse(file: string, json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const [said, line, column] = / ?\(line (\d+) column (\d+)\)/.exec(message) ?? [];
    const place = said === undefined ? "" : `:${line}:${column}`;
    throw new PolicyFileError(`${shownPath(file)}${place}`, message.replace(said ?? "", ""));
  }
}

/** The first member that its object has already; the text is valid JSON. */
function repeatedMember(
  json: string,
): { readonly name: string; readonly index: number } | undefined {
  const open: Set<string>[] = [];
  for (const { 0: token, 1: text = "", 2: colon, index } of json.matchAll(
    /("[^"\\]*(?:\\.[^"\\]*)*")(\s*:)?|[{}]/g,
  )) {
    if (token === "{") open.push(new Set());
    else if (token === "}") open.pop();
    else if (colon !== undefined) {
      const name: string = JSON.parse(text);
      if (open.at(-1)?.has(name)) return { name, index };
      open.at(-1)?.add(name);
    }
  }
  return undefined;
}
