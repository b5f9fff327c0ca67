import { readHeaderName } from "./header-name.ts";
import type { VersionRule } from "./policy.ts";
import {
  missing,
  type Place,
  readChoice,
  readObject,
  readText,
  readTexts,
  report,
  shown,
  type TextForm,
  within,
} from "./shape.ts";

const VERSION: TextForm = { pattern: /^[!-~]{1,64}$/, expected: 'a version such as "2.0"' };

/** Reads what one definition says of versions; `null`: there are none. */
export function readVersion(value: unknown, place: Place): Partial<VersionRule> | null {
  if (value === null) return null;
  const object = readObject(value, place, ["header", "supported", "default", "unsupported"]);
  const { header, supported, unsupported } = object;
  const rule: { -readonly [Member in keyof VersionRule]?: VersionRule[Member] } = {};
  if (header !== undefined) rule.header = readHeaderName(header, within(place, "header"));
  if (supported !== undefined) {
    rule.supported = readTexts(supported, within(place, "supported"), VERSION, 100);
  }
  if (object.default !== undefined) {
    rule.default = readText(object.default, within(place, "default"), VERSION);
  }
  if (unsupported !== undefined) {
    rule.unsupported = readChoice(unsupported, within(place, "unsupported"), ["refuse", "default"]);
  }
  return rule;
}

/** Lays rules over each other, member by member, and reports what the outcome lacks. */
export function mergeVersion(
  basesFirst: readonly (Partial<VersionRule> | null | undefined)[],
  place: Place,
): VersionRule | null {
  let merged: Partial<VersionRule> | undefined;
  for (const version of basesFirst) {
    if (version === null) merged = undefined;
    else if (version !== undefined) merged = { ...merged, ...version };
  }
  if (merged === undefined) return null;
  const here = within(place, "version");
  const rule: VersionRule = {
    header: merged.header ?? missing(here, "header", ""),
    supported: merged.supported ?? missing(here, "supported", []),
    default: merged.default ?? missing(here, "default", ""),
    unsupported: merged.unsupported ?? "refuse",
  };
  if (rule.default !== "" && merged.supported !== undefined) {
    if (!rule.supported.includes(rule.default)) {
      const supported = rule.supported.map(shown).join(", ");
      report(within(here, "default"), `${shown(rule.default)} is not supported; ${supported} are`);
    }
  }
  return rule;
}
