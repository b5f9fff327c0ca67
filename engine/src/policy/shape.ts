import { suggestion } from "./nearest-name.ts";
import type { Problem } from "./policy-error.ts";

/** Where in a policy file something stands, and where to put what is wrong with it. */
export interface Place {
  readonly path: string;
  readonly problems: Problem[];
}

/** A part of a policy and where it was written. */
export interface Placed<Part> {
  readonly part: Part;
  readonly place: Place;
}

/** The place of a member of an object, or of an element of a list. */
export function within(place: Place, member: string | number): Place {
  const { path, problems } = place;
  if (typeof member === "number") return { path: `${path}[${member}]`, problems };
  if (!/^[A-Za-z_]\w*$/.test(member)) {
    return { path: `${path}[${JSON.stringify(member)}]`, problems };
  }
  return { path: path === "" ? member : `${path}.${member}`, problems };
}

/** Adds a problem: what was found and what was expected. */
export function report(place: Place, text: string): void {
  place.problems.push({ path: place.path, text });
}

/** Reports that a member without a default is not there, and gives `value` back to go on with. */
export function missing<Value>(place: Place, member: string, value: Value): Value {
  const remedy = member === "slug" ? "name the API" : "give it, or extend a profile that does";
  report({ ...place, path: `${place.path}.${member}` }, `is missing; ${remedy}`);
  return value;
}

/** What may have been meant by `name`: the nearest of `names`, else all of them. */
export function hintOf(name: string, names: readonly string[]): string {
  return suggestion(name, names) || (names.length === 0 ? "" : `; expected ${names.join(", ")}`);
}

/** A value as an error message shows it: on one line, and not for long. */
export function shown(value: unknown): string {
  if (value === undefined) return "nothing";
  if (typeof value === "function") return "a function";
  if (typeof value === "bigint") return `${value}n`;
  // JSON has no words for NaN and Infinity.
  if (typeof value === "number" || typeof value === "symbol") return String(value);
  if (typeof value === "object" && !/^(?:Object|Array|Null)$/.test(kindOf(value))) {
    return `a ${kindOf(value)}`;
  }
  let text: string;
  try {
    text = JSON.stringify(value) ?? "nothing";
  } catch {
    return Array.isArray(value) ? "a list" : "an object";
  }
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}

/** The object at `place`, every member of which must be known; no members if it is none. */
export function readObject(
  value: unknown,
  place: Place,
  members: readonly string[],
): Readonly<Record<string, unknown>> {
  const object = readRecord(value, place);
  for (const member of Object.keys(object)) {
    if (members.includes(member)) continue;
    const hint = suggestion(member, members) || `; expected one of ${members.join(", ")}`;
    report(within(place, member), `is not known here${hint}`);
  }
  return object;
}

/**
 * The object at `place` with members of any name; no members if it is none. A promise or a map is
 * none: it holds nothing where members are looked for, and would be taken for an empty object.
 */
export function readRecord(value: unknown, place: Place): Readonly<Record<string, unknown>> {
  if (/^(?:Object|Module)$/.test(kindOf(value))) {
    return { ...(value as Record<string, unknown>) };
  }
  report(place, `found ${shown(value)}; expected an object`);
  return {};
}

/** What the language calls it: `Object` also of a class, `Array`, `Module`, `Promise`, `Map`. */
function kindOf(value: unknown): string {
  return Object.prototype.toString.call(value).slice("[object ".length, -1);
}

/** The list at `place`, empty if it is none or too long. */
export function readList(value: unknown, place: Place, most: number): readonly unknown[] {
  if (!Array.isArray(value)) {
    report(place, `found ${shown(value)}; expected a list`);
    return [];
  }
  if (value.length > most) {
    report(place, `has ${value.length} elements; at most ${most} are allowed`);
    return [];
  }
  // A comma too many leaves a gap, which loops would pass over.
  return Array.from(value);
}

/** What a text must look like. */
export interface TextForm {
  readonly pattern: RegExp;
  /** `a host name such as "api.acme.com"`. */
  readonly expected: string;
  /** It is an address, of which no pattern says whether there is one: ports end, and numbers too. */
  readonly isUrl?: true;
}

/** The text at `place`, empty if it has not that form. */
export function readText(value: unknown, place: Place, form: TextForm): string {
  if (typeof value === "string" && isOfForm(value, form)) return value;
  report(place, `found ${shown(value)}; expected ${form.expected}`);
  return "";
}

/** Any host will do for `*`. */
function isOfForm(text: string, { pattern, isUrl }: TextForm): boolean {
  return pattern.test(text) && (isUrl === undefined || URL.canParse(text.replace("//*", "//any")));
}

/** The texts at `place`, without those that have not that form. */
export function readTexts(value: unknown, place: Place, form: TextForm, most: number): string[] {
  const list = readList(value, place, most);
  return list
    .map((element, i) => readText(element, within(place, i), form))
    .filter((text) => text !== "");
}

/** One of the choices, the first if it is none of them. */
export function readChoice<Choice extends string>(
  value: unknown,
  place: Place,
  choices: readonly [Choice, ...Choice[]],
): Choice {
  const choice = choices.find((each) => each === value);
  if (choice !== undefined) return choice;
  const hint = typeof value === "string" ? suggestion(value, choices) : "";
  const expected = `expected ${choices.map((each) => JSON.stringify(each)).join(" or ")}`;
  report(place, `found ${shown(value)}; ${expected}${hint}`);
  return choices[0];
}

/** The integer at `place`, the least allowed if it is none of `from` to `to`. */
export function readInteger(value: unknown, place: Place, from: number, to: number): number {
  if (typeof value === "number" && Number.isInteger(value) && value >= from && value <= to) {
    return value;
  }
  report(place, `found ${shown(value)}; expected an integer from ${from} to ${to}`);
  return from;
}

/** The truth value at `place`, false if it is none. */
export function readFlag(value: unknown, place: Place): boolean {
  if (typeof value !== "boolean") {
    report(place, `found ${shown(value)}; expected true or false`);
  }
  return value === true;
}
