/** In UTF-16 units. Far more than an event has: only a template that repeats it comes so far. */
const LONGEST = 262_144;

const TAG = /\{\{\s*([A-Za-z0-9_.]{1,200})\s*\}\}/g;

/**
 * A body in the words of an endpoint: `{{name}}` and `{{payload.member.member}}` become the members
 * of `values`, escaped as the inside of a JSON text; what is not there becomes nothing. `null`: it
 * would be longer than 256 KiB, which a few words can ask for that name a large value often.
 */
export function fillTemplate(
  template: string,
  values: Readonly<Record<string, unknown>>,
): string | null {
  let length = template.length;
  const filled = template.replace(TAG, (_tag, path: string) => {
    if (length > LONGEST) return "";
    const found = path.split(".").reduce<unknown>(memberOf, values);
    if (found === undefined || found === null) return "";
    const text = typeof found === "object" ? JSON.stringify(found) : String(found);
    const written = JSON.stringify(text).slice(1, -1);
    length += written.length;
    return written;
  });
  return length > LONGEST ? null : filled;
}

function memberOf(value: unknown, name: string): unknown {
  const hasIt = typeof value === "object" && value !== null && Object.hasOwn(value, name);
  // It was parsed from JSON: what it has of its own is data.
  return hasIt ? (value as Readonly<Record<string, unknown>>)[name] : undefined;
}
