import { isUtf8 } from "node:buffer";
import type { IncomingMessage } from "node:http";
import { readStrictObject } from "@latchkey/engine";
import { marked } from "./jwt-access-tokens.ts";

/** The most that the library reads of a form. */
const MOST_BYTES = 56 * 1024;
const FORM = "application/x-www-form-urlencoded";

const JSON_TYPE = /^application\/json\s*(?:;|$)/i;
const FORM_TYPE = /^application\/x-www-form-urlencoded\s*(?:;|$)/i;

/**
 * Lets a flat JSON object stand for the form that RFC 6749 asks for, with the same checks after it.
 * Where a request is about a token, lets that be a JWT: the library takes none, but ours are rows
 * as any other. Answers what is wrong with a body, for its sender.
 */
export async function acceptBody(
  request: IncomingMessage,
  { isAboutToken }: { readonly isAboutToken: boolean },
): Promise<string | undefined> {
  const type = request.headers["content-type"] ?? "";
  const isJson = JSON_TYPE.test(type);
  if (!isJson && !(isAboutToken && FORM_TYPE.test(type))) return undefined;
  const body = await readBody(request);
  if (body === undefined) return `the body is longer than ${MOST_BYTES / 1024} KiB`;
  const form = isJson ? formOf(body) : new URLSearchParams(body.toString());
  if (form === undefined) return "the body must be a flat JSON object, with no member twice";
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
  return undefined;
}

async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    length += chunk.length;
    if (length > MOST_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** A repeated parameter would be refused in a form; in JSON another reader could see the first. */
function formOf(body: Buffer): URLSearchParams | undefined {
  const object = isUtf8(body) ? readStrictObject(body.toString()) : undefined;
  if (object === undefined) return undefined;
  const form = new URLSearchParams();
  for (const [name, value] of Object.entries(object)) {
    const values: readonly unknown[] = Array.isArray(value) ? value : [value];
    for (const each of values) {
      if (each === null) continue;
      if (typeof each === "object") return undefined;
      form.append(name, String(each));
    }
  }
  return form;
}
