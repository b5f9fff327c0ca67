const TAG = /\{\{\s*([A-Za-z0-9_.]{1,200})\s*\}\}/g;

/**
 * A body in the words of an endpoint: `{{name}}` and `{{payload.member.member}}` become the members
 * of `values`, escaped as the inside of a JSON text; what is not there becomes nothing.
 */
export function fillTemplate(template: string, values: Readonly<Record<string, unknown>>): string {
  return template.replace(TAG, (_tag, path: string) => {
    const found = path.split(".").reduce<unknown>(memberOf, values);
    if (found === undefined || found === null) return "";
    const text = typeof found === "object" ? JSON.stringify(found) : String(found);
    return JSON.stringify(text).slice(1, -1);
  });
}

function memberOf(value: unknown, name: string): unknown {
  const hasIt = typeof value === "object" && value !== null && Object.hasOwn(value, name);
  // It was parsed from JSON: what it has of its own is data.
  return hasIt ? (value as Readonly<Record<string, unknown>>)[name] : undefined;
}
