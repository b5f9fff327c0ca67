import type { Principal } from "../domain/principal.ts";
import { type Pattern, parameterIndex, readPattern } from "./pattern.ts";
import type { EndpointRule } from "./policy.ts";
import { checkScope } from "./scope-rules.ts";
import {
  hintOf,
  type Place,
  type Placed,
  readChoice,
  readFlag,
  readList,
  readObject,
  readText,
  readTexts,
  report,
  shown,
  type TextForm,
  within,
} from "./shape.ts";
import { FAMILY, SCOPE } from "./text-forms.ts";

/** Endpoints of one API, those of its bases included. */
const MOST_ENDPOINTS = 1000;

const MEMBERS = [
  "match",
  "anonymous",
  "scopes",
  "delegated",
  "owner",
  "accepts",
  "context",
  "account",
  "family",
] as const;
const PRINCIPALS: readonly [Principal["kind"], ...Principal["kind"][]] = [
  "account",
  "user",
  "platform",
  "managed-user",
  "application",
  "anonymous",
];
const MATCH: TextForm = { pattern: /^./, expected: 'a pattern such as "GET /v2/users/**"' };
const PARAMETER: TextForm = { pattern: /^.{1,64}$/, expected: "the name of a path parameter" };

/** Reads the endpoints of one definition, in their order. */
export function readEndpoints(value: unknown, place: Place): readonly Placed<EndpointRule>[] {
  return readList(value, place, MOST_ENDPOINTS).map((found, i) => {
    const here = within(place, i);
    return { part: readEndpoint(found, here), place: here };
  });
}

function readEndpoint(value: unknown, place: Place): EndpointRule {
  const object = readObject(value, place, MEMBERS);
  const { match, anonymous = false, scopes = [], accepts = [], context = "account" } = object;
  const { delegated } = object;
  const textOrNull = (member: (typeof MEMBERS)[number], form: TextForm) => {
    const found = object[member] ?? null;
    return found === null ? null : readText(found, within(place, member), form);
  };
  const kinds = within(place, "accepts");
  return {
    match: readText(match, within(place, "match"), MATCH),
    anonymous: readFlag(anonymous, within(place, "anonymous")),
    scopes: readTexts(scopes, within(place, "scopes"), SCOPE, 32),
    ...(delegated !== undefined && {
      delegated: readTexts(delegated, within(place, "delegated"), SCOPE, 32),
    }),
    owner: textOrNull("owner", PARAMETER),
    accepts: readList(accepts, kinds, PRINCIPALS.length).map((kind, i) =>
      readChoice(kind, within(kinds, i), PRINCIPALS),
    ),
    context: readChoice(context, within(place, "context"), ["account", "own"]),
    account: textOrNull("account", PARAMETER),
    family: textOrNull("family", FAMILY),
  };
}

/** Reports too many endpoints, patterns that are none, and names that the API does not have. */
export function checkEndpoints(
  endpoints: readonly Placed<EndpointRule>[],
  scopeNames: readonly string[],
  place: Place,
): void {
  if (endpoints.length > MOST_ENDPOINTS) {
    const text = `are ${endpoints.length} with the base's; at most ${MOST_ENDPOINTS} are allowed`;
    report(within(place, "endpoints"), text);
  }
  for (const { part, place: here } of endpoints) {
    for (const member of ["scopes", "delegated"] as const) {
      for (const [i, scope] of (part[member] ?? []).entries()) {
        checkScope(scope, within(within(here, member), i), scopeNames);
      }
    }
    if (part.anonymous && part.scopes.length > 0) {
      report(here, "is anonymous and asks for scopes, which no anonymous request has");
    }
    if (part.match === "") continue;
    const reading = readPattern(part.match);
    if ("pattern" in reading) checkParameters(part, reading.pattern, here);
    else report(within(here, "match"), `${shown(part.match)} ${reading.fault}`);
  }
}

function checkParameters(rule: EndpointRule, pattern: Pattern, place: Place): void {
  for (const member of ["owner", "account"] as const) {
    const name = rule[member];
    if (name === null || name === "" || parameterIndex(pattern, name) !== -1) continue;
    const parameters = pattern.segments.flatMap((segment) =>
      segment.kind === "one" && segment.name !== null ? [segment.name] : [],
    );
    const text = `${shown(name)} is not a parameter of ${shown(rule.match)}`;
    report(within(place, member), text + hintOf(name, parameters));
  }
}

/** Reports the same pattern twice in one list: the second would never match. */
export function reportRepeatedPatterns(endpoints: readonly Placed<EndpointRule>[]): void {
  const firsts = new Map<string, Place>();
  for (const { part, place } of endpoints) {
    // It has none, and was reported for that.
    if (part.match === "") continue;
    const before = firsts.get(part.match);
    if (before === undefined) firsts.set(part.match, place);
    else report(within(place, "match"), `never matches: ${before.path} is the same pattern`);
  }
}
