import { suggestion } from "./nearest-name.ts";
import type { ScopeRule } from "./policy.ts";
import { scopesMatching } from "./scopes.ts";
import {
  type Place,
  type Placed,
  readObject,
  readRecord,
  readText,
  readTexts,
  report,
  shown,
  type TextForm,
  within,
} from "./shape.ts";
import { SCOPE } from "./text-forms.ts";

/** Scopes of one API, those of its bases included. */
const MOST_SCOPES = 500;

const SCOPE_PATTERN: TextForm = {
  pattern: /^(?:\*|[A-Za-z0-9][!#-)+-[\]-~]{0,127}\*?)$/,
  expected: 'a scope, the beginning of some ("read:*") or "*" for all',
};
const TITLE: TextForm = { pattern: /^[^\r\n]{1,200}$/, expected: "a line of 1 to 200 characters" };

/** Reads the scopes that one definition adds or replaces. */
export function readScopes(value: unknown, place: Place): Map<string, Placed<ScopeRule>> {
  const scopes = new Map<string, Placed<ScopeRule>>();
  for (const [name, found] of Object.entries(readRecord(value, place))) {
    const here = within(place, name);
    if (readText(name, here, SCOPE) === "") continue;
    scopes.set(name, { part: readScope(found, here), place: here });
  }
  return scopes;
}

function readScope(value: unknown, place: Place): ScopeRule {
  if (typeof value === "string") {
    return { title: readText(value, place, TITLE), implies: [], impliesOnOwn: [] };
  }
  const object = readObject(value, place, ["title", "implies", "impliesOnOwn"]);
  const { title, implies = [], impliesOnOwn = [] } = object;
  return {
    title: readText(title, within(place, "title"), TITLE),
    implies: readTexts(implies, within(place, "implies"), SCOPE_PATTERN, MOST_SCOPES),
    impliesOnOwn: readTexts(
      impliesOnOwn,
      within(place, "impliesOnOwn"),
      SCOPE_PATTERN,
      MOST_SCOPES,
    ),
  };
}

/** Reports too many scopes, and what they imply that the API does not have. */
export function checkScopes(scopes: ReadonlyMap<string, Placed<ScopeRule>>, place: Place): void {
  if (scopes.size > MOST_SCOPES) {
    report(within(place, "scopes"), `are ${scopes.size}; at most ${MOST_SCOPES} are allowed`);
  }
  const names = [...scopes.keys()];
  for (const { part, place: here } of scopes.values()) {
    for (const member of ["implies", "impliesOnOwn"] as const) {
      for (const [i, pattern] of part[member].entries()) {
        const at = within(within(here, member), i);
        if (!pattern.endsWith("*")) checkScope(pattern, at, names);
        else if (scopesMatching(pattern, names).length === 0) {
          report(at, `${shown(pattern)} stands for no scope of this API`);
        }
      }
    }
  }
}

/** Reports a name that is no scope of the API. */
export function checkScope(name: string, place: Place, names: readonly string[]): void {
  if (names.includes(name)) return;
  report(place, `${shown(name)} is not a scope of this API${suggestion(name, names)}`);
}
