import type { IncomingMessage } from "node:http";

/** The most that the library reads of a form. */
const MOST_BYTES = 56 * 1024;
const FORM = "application/x-www-form-urlencoded";

/**
 * Lets a flat JSON object stand for the form that RFC 6749 asks for, with the same checks after it.
 * False: it is no such object, and its sender has to be told so.
 */
export async function acceptJson(request: IncomingMessage): Promise<boolean> {
  const type = request.headers["content-type"] ?? "";
  if (!/^application\/json\s*(?:;|$)/i.test(type)) return true;
  const form = formOf(await readText(request));
  if (form === undefined) return false;
  const bytes = Buffer.from(form);
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

function formOf(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
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
  return form.toString();
}
