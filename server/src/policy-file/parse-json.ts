import { PolicyFileError, shownPath } from "./policy-file-error.ts";

/** Parses a policy that is written as JSON. Throws `PolicyFileError` with line and column. */
export function parseJson(file: string, text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const [said, line, column] = / ?\(line (\d+) column (\d+)\)/.exec(message) ?? [];
    const place = said === undefined ? "" : `:${line}:${column}`;
    throw new PolicyFileError(`${shownPath(file)}${place}`, message.replace(said ?? "", ""));
  }
}
