import { STATUS_CODES } from "node:http";

/** What would end a header's line, or is no character of one (RFC 9110 §5.5). */
const UNFIT = /[^\t\x20-\x7e\x80-\xff]/;
const NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** Beginnings of lines by the name in them: few names are ever answered with, again and again. */
const beginnings = new Map<string, string>();
const MAX_BEGINNINGS = 256;

/**
 * The head of an answer as Node would write it, in latin-1: `headers`, then date and what becomes of
 * the connection.
 * @throws {TypeError} For a header that is none.
 */
export function plainAnswerHead(
  status: number,
  headers: readonly string[],
  { date, keptSeconds }: { readonly date: string; readonly keptSeconds: number | undefined },
): string {
  let text = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? "unknown"}`;
  for (let i = 0; i < headers.length; i += 2) {
    const value = headers[i + 1] as string;
    if (UNFIT.test(value)) throw new TypeError(`The value of ${headers[i]} is no header's.`);
    text = text + beginningOf(headers[i] as string) + value;
  }
  text += `\r\nDate: ${date}\r\n`;
  return keptSeconds === undefined
    ? `${text}Connection: close\r\n\r\n`
    : `${text}Connection: keep-alive\r\nKeep-Alive: timeout=${keptSeconds}\r\n\r\n`;
}

function beginningOf(name: string): string {
  const known = beginnings.get(name);
  if (known !== undefined) return known;
  if (!NAME.test(name)) throw new TypeError("This is no header's name.");
  const beginning = `\r\n${name}: `;
  if (beginnings.size < MAX_BEGINNINGS) beginnings.set(name, beginning);
  return beginning;
}
