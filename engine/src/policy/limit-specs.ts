import type { LimitSpec, Window } from "../domain/limit.ts";
import { suggestion } from "./nearest-name.ts";
import { PolicyError, type Problem } from "./policy-error.ts";
import {
  type Place,
  readInteger,
  readObject,
  readText,
  report,
  shown,
  type TextForm,
  within,
} from "./shape.ts";

const MOST_WINDOWS = 8;
const LARGEST_MAX = 1_000_000_000;
const LONGEST_WINDOW = 31 * 86_400;
const LONGEST_BLOCK = 86_400;
const EXAMPLE = '"200/minute"';

const UNITS: Readonly<Record<string, { readonly seconds: number; readonly name: string }>> = {
  second: { seconds: 1, name: "burst" },
  minute: { seconds: 60, name: "minute" },
  hour: { seconds: 3600, name: "hour" },
  day: { seconds: 86_400, name: "day" },
};

const WINDOW_NAME: TextForm = {
  pattern: /^[A-Za-z][A-Za-z0-9_-]{0,31}$/,
  expected: "a letter, then up to 31 letters, digits, - and _",
};
const MEMBERS = ["name", "max", "windowSeconds", "blockSeconds"];

/**
 * Turns limits as people write them into windows. A text is named after its unit (`second` is
 * `burst`), a single one `default`. Throws `PolicyError` that names the index.
 */
export function parseLimitSpecs(specs: readonly LimitSpec[], path = "limits"): readonly Window[] {
  const { windows, problems } = readLimitSpecs(specs, path);
  if (problems.length > 0) throw new PolicyError(problems);
  return windows;
}

/** The same for input of any type, with every problem there is instead of an exception. */
export function readLimitSpecs(
  specs: unknown,
  path: string,
): { readonly windows: readonly Window[]; readonly problems: readonly Problem[] } {
  const problems: Problem[] = [];
  return { windows: readWindows(specs, { path, problems }), problems };
}

/** The same inside a policy; what is wrong is reported, and left out. */
export function readWindows(specs: unknown, place: Place): readonly Window[] {
  if (!Array.isArray(specs) || specs.length === 0) {
    report(place, `found ${shown(specs)}; expected a list of limits such as [${EXAMPLE}]`);
    return [];
  }
  if (specs.length > MOST_WINDOWS) {
    report(place, `has ${specs.length} windows; at most ${MOST_WINDOWS} are allowed`);
    return [];
  }
  const windows: Window[] = [];
  const places = new Map<string, number>();
  for (const [i, spec] of specs.entries()) {
    const here = within(place, i);
    const window =
      typeof spec === "string" ? readRate(spec, specs.length === 1, here) : readWindow(spec, here);
    if (window === undefined) continue;
    const first = places.get(window.name);
    if (first !== undefined) {
      const remedy = "give one a name of its own: {name, max, windowSeconds}";
      report(here, `is named ${shown(window.name)} like [${first}]; ${remedy}`);
    }
    places.set(window.name, i);
    windows.push(window);
  }
  return windows;
}

/** `"200/minute"`. */
function readRate(text: string, single: boolean, place: Place): Window | undefined {
  const slash = text.indexOf("/");
  const digits = text.slice(0, slash);
  const max = /^[1-9][0-9]{0,9}$/.test(digits) ? Number(digits) : 0;
  if (slash === -1 || max < 1 || max > LARGEST_MAX) {
    const expected = `a number from 1 to ${LARGEST_MAX}, "/" and a unit, such as ${EXAMPLE}`;
    report(place, `found ${shown(text)}; expected ${expected}`);
    return undefined;
  }
  const unitName = text.slice(slash + 1);
  const unit = Object.hasOwn(UNITS, unitName) ? UNITS[unitName] : undefined;
  if (unit === undefined) {
    const units = Object.keys(UNITS);
    const hint = suggestion(unitName, units) || `; expected one of ${units.join(", ")}`;
    report(place, `${shown(text)} has the unknown unit ${shown(unitName)}${hint}`);
    return undefined;
  }
  const name = single ? "default" : unit.name;
  return { name, max, windowSeconds: unit.seconds, blockSeconds: 0 };
}

function readWindow(spec: unknown, place: Place): Window | undefined {
  if (typeof spec !== "object" || spec === null || Array.isArray(spec)) {
    const expected = `${EXAMPLE} or {name, max, windowSeconds, blockSeconds?}`;
    report(place, `found ${shown(spec)}; expected ${expected}`);
    return undefined;
  }
  const before = place.problems.length;
  const { name, max, windowSeconds, blockSeconds = 0 } = readObject(spec, place, MEMBERS);
  const window: Window = {
    name: readText(name, within(place, "name"), WINDOW_NAME),
    max: readInteger(max, within(place, "max"), 1, LARGEST_MAX),
    windowSeconds: readInteger(windowSeconds, within(place, "windowSeconds"), 1, LONGEST_WINDOW),
    blockSeconds: readInteger(blockSeconds, within(place, "blockSeconds"), 0, LONGEST_BLOCK),
  };
  return place.problems.length > before ? undefined : window;
}
