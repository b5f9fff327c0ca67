import type { LimitSubject, Window } from "../domain/limit.ts";
import { readWindows } from "./limit-specs.ts";
import type { LimitKind, LimitRule, Policy } from "./policy.ts";
import { type Place, readChoice, readObject, within } from "./shape.ts";

const KINDS = ["apiKey", "oauth", "jwt", "anonymous"] as const;
const SUBJECTS: readonly [LimitSubject, ...LimitSubject[]] = [
  "credential",
  "token",
  "user",
  "account",
  "address",
];

/** How many unknown credentials an address may present where nothing else is said. */
export const DEFAULT_FAILURES: readonly Window[] = [
  { name: "default", max: 60, windowSeconds: 60, blockSeconds: 0 },
];

/** Reads the limits that one definition replaces; `null`: the kind is not limited. */
export function readLimits(value: unknown, place: Place): Map<LimitKind, LimitRule | null> {
  const object = readObject(value, place, KINDS);
  const limits = new Map<LimitKind, LimitRule | null>();
  for (const kind of KINDS) {
    const found = object[kind];
    if (found === undefined) continue;
    limits.set(kind, found === null ? null : readLimit(found, within(place, kind)));
  }
  return limits;
}

function readLimit(value: unknown, place: Place): LimitRule {
  const object = readObject(value, place, ["per", "windows", "refuseWhen"]);
  const per = readChoice(object.per, within(place, "per"), SUBJECTS);
  const windows = readWindows(object.windows, within(place, "windows"));
  const refuseWhen = readChoice(object.refuseWhen ?? "any", within(place, "refuseWhen"), [
    "any",
    "all",
  ]);
  return refuseWhen === "any" ? { per, windows } : { per, windows, refuseWhen };
}

/** Reads windows of which there may be none: then nothing is counted. */
export function readFailures(value: unknown, place: Place): readonly Window[] {
  return Array.isArray(value) && value.length === 0 ? [] : readWindows(value, place);
}

/** Lays limits over each other, kind by kind. */
export function mergeLimits(
  basesFirst: readonly ReadonlyMap<LimitKind, LimitRule | null>[],
): Policy["limits"] {
  const limits: Partial<Record<LimitKind, LimitRule>> = {};
  for (const [kind, rule] of basesFirst.flatMap((each) => [...each])) {
    if (rule === null) delete limits[kind];
    else limits[kind] = rule;
  }
  return limits;
}
