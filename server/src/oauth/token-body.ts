import type { IncomingMessage } from "node:http";
import { marked } from "./jwt-access-tokens.ts";

/** The most that the library reads of a form. */
const MOST_BYTES = 56 * 1024;
const FORM = "application/x-www-form-urlencoded";

const JSON_TYPE = /^application\/json\s*(?:;|$)/i;
const FORM_TYPE = /^application\/x-www-form-urlencoded\s*(?:;|$)/i;

/**
 * Lets a flat JSON object stand for the form that RFC 6749 asks for, with the same checks after it.
 * Where a request is about a token, lets that be a JWT: the library takes none, but ours are rows
 * as any other. False: it is no such object, or too long, and its sender has to be told so.
 */
export async function acceptBody(
  request: IncomingMessage,
  { isAboutToken }: { readonly isAboutToken: boolean },
): Promise<boolean> {
  const type = request.headers["content-type"] ?? "";
  const isJson = JSON_TYPE.test(type);
  if (!isJson && !(isAboutToken && FORM_TYPE.test(type))) return true;
  const text = await readText(request);
  if (text === undefined) return false;
  const form = isJson ? formOf(text) : new URLSearchParams(text);
  if (form === undefined) return false;
  // Sent twice it is refused, whatever it is.
  const [token, second] = form.getAll("token");
  if (isAboutToken && token !== undefined && second === undefined) {
    form.set("token", marked(token));
  }
  const bytes = Buffer.from(form.toString());
  request.headers["content-type"] = FORM;
  request.headers["content-length"] = String(bytes.length);
  Object.defineProperties(request, {
    readable: { value: true },
    iterator: { value: () => [bytes] },
  });
  return true;
}

async function readText(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    length += chunk.length;
    if (length > MOST_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function formOf(text: string): URLSearchParams | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) return undefined;
  const form = new URLSearchParams();
  for (const [name, value] of Object.entries(parsed)) {
    const values: readonly unknown[] = Array.isArray(value) ? value : [value];
    for (const each of values) {
      if (each === null) continue;
      if (typeof each === "object") return undefined;
      form.append(name, String(each));
    }
  }
  return form;
}
