import type { KeyFormat } from "../domain/credential.ts";
import type { LimitSubject, Window } from "../domain/limit.ts";
import { readWindows } from "./limit-specs.ts";
import {
  type EndpointRule,
  type LimitKind,
  type LimitRule,
  POLICY_FORMAT,
  type Policy,
  type ScopeRule,
  type VersionRule,
} from "./policy.ts";
import {
  type Place,
  readChoice,
  readList,
  readObject,
  readRecord,
  readText,
  readTexts,
  report,
  shown,
  type TextForm,
  within,
} from "./shape.ts";

/** One definition, read but for what depends on others: `undefined` where it says nothing. */
export interface Layer {
  readonly place: Place;
  readonly slug: string | undefined;
  /** What it extends, unread. */
  readonly base: unknown;
  readonly hosts: readonly string[];
  readonly renderer: string | undefined;
  readonly schemes: readonly string[] | undefined;
  readonly keyFormat: Partial<KeyFormat>;
  readonly scopes: ReadonlyMap<string, Placed<ScopeRule>>;
  readonly endpoints: readonly Placed<EndpointRule>[];
  readonly otherwise: Policy["otherwise"] | undefined;
  readonly limits: ReadonlyMap<LimitKind, LimitRule | null>;
  readonly failures: readonly Window[] | undefined;
  readonly version: Partial<VersionRule> | null | undefined;
  readonly requestIds: Policy["requestIds"] | undefined;
}

/** A part of a policy and where it was written. */
export interface Placed<Part> {
  readonly part: Part;
  readonly place: Place;
}

/** Endpoints of one API, those of its bases included. */
export const MOST_ENDPOINTS = 1000;
/** Scopes of one API, those of its bases included. */
export const MOST_SCOPES = 500;

const MEMBERS = [
  "slug",
  "extends",
  "hosts",
  "renderer",
  "schemes",
  "keyFormat",
  "scopes",
  "endpoints",
  "otherwise",
  "limits",
  "failures",
  "version",
  "requestIds",
  "policyFormat",
];
const KINDS = ["apiKey", "oauth", "jwt", "anonymous"] as const;
const SUBJECTS: readonly [LimitSubject, ...LimitSubject[]] = [
  "credential",
  "token",
  "user",
  "account",
  "address",
];
const RESERVED_SLUGS = ["v1", "auth", "dashboard", "healthz", "readyz", "metrics", "openapi"];

const SLUG: TextForm = {
  pattern: /^[a-z][a-z0-9-]{0,31}$/,
  expected: "a lower-case letter, then up to 31 lower-case letters, digits and hyphens",
};
const HOST: TextForm = {
  pattern:
    /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/,
  expected: 'a host name in lower case, without port, such as "api.acme.com"',
};
const NAME: TextForm = {
  pattern: /^[a-z][a-z0-9-]{0,63}$/,
  expected: "a name in lower case",
};
const KEY_PREFIX: TextForm = {
  pattern: /^[A-Za-z][A-Za-z0-9_-]{0,31}$/,
  expected: "a letter, then up to 31 letters, digits, _ and -",
};
const SCOPE: TextForm = {
  // RFC 6749 §3.3, without "*", which stands for other scopes.
  pattern: /^[A-Za-z0-9][!#-)+-[\]-~]{0,127}$/,
  expected: "a scope: 1 to 128 visible characters without *, quotes and backslashes",
};
const SCOPE_PATTERN: TextForm = {
  pattern: /^(?:\*|[A-Za-z0-9][!#-)+-[\]-~]{0,127}\*?)$/,
  expected: 'a scope, the beginning of some ("read:*") or "*" for all',
};
const TITLE: TextForm = { pattern: /^[^\r\n]{1,200}$/, expected: "a line of 1 to 200 characters" };
const PARAMETER: TextForm = { pattern: /^.{1,64}$/, expected: "the name of a path parameter" };
const MATCH: TextForm = { pattern: /^./, expected: 'a pattern such as "GET /v2/users/**"' };
const HEADER: TextForm = {
  pattern: /^[a-z0-9][a-z0-9-]{0,63}$/,
  expected: "the name of a header in lower case",
};
const VERSION: TextForm = { pattern: /^[!-~]{1,64}$/, expected: 'a version such as "2.0"' };

/** Reads one definition, reporting every member that is unknown or of the wrong form. */
export function readLayer(value: unknown, place: Place): Layer {
  const object = readObject(value, place, MEMBERS);
  /** Reads a member if it is there. */
  function member<T>(name: string, read: (value: unknown, place: Place) => T): T | undefined {
    return object[name] === undefined ? undefined : read(object[name], within(place, name));
  }
  member("policyFormat", (found, here) => {
    if (found !== POLICY_FORMAT) {
      report(here, `found ${shown(found)}; this release reads ${POLICY_FORMAT}`);
    }
  });
  return {
    place,
    base: object.extends,
    slug: member("slug", readSlug),
    hosts: member("hosts", (found, here) => readTexts(found, here, HOST, 20)) ?? [],
    renderer: member("renderer", (found, here) => readText(found, here, NAME)),
    schemes: member("schemes", (found, here) => readTexts(found, here, NAME, 20)),
    keyFormat: member("keyFormat", readKeyFormat) ?? {},
    scopes: member("scopes", readScopes) ?? new Map(),
    endpoints: member("endpoints", readEndpoints) ?? [],
    otherwise: member("otherwise", (found, here) =>
      readChoice(found, here, ["authenticated", "anonymous", "refuse"]),
    ),
    limits: member("limits", readLimits) ?? new Map(),
    failures: member("failures", readFailures),
    version: member("version", (found, here) => (found === null ? null : readVersion(found, here))),
    requestIds: member("requestIds", (found, here) => readChoice(found, here, ["accept", "make"])),
  };
}

function readSlug(value: unknown, place: Place): string {
  const slug = readText(value, place, SLUG);
  if (RESERVED_SLUGS.includes(slug)) {
    report(place, `${shown(slug)} is a path of Latchkey's own; choose another`);
  }
  return slug;
}

function readKeyFormat(value: unknown, place: Place): Partial<KeyFormat> {
  const object = readObject(value, place, ["live", "test"]);
  const format: { live?: string; test?: string } = {};
  for (const mode of ["live", "test"] as const) {
    const found = object[mode];
    if (found !== undefined) format[mode] = readText(found, within(place, mode), KEY_PREFIX);
  }
  return format;
}

function readScopes(value: unknown, place: Place): Map<string, Placed<ScopeRule>> {
  const scopes = new Map<string, Placed<ScopeRule>>();
  for (const [name, found] of Object.entries(readRecord(value, place))) {
    const here = within(place, name);
    if (readText(name, here, SCOPE) === "") continue;
    if (typeof found === "string") {
      const title = readText(found, here, TITLE);
      scopes.set(name, { part: { title, implies: [], impliesOnOwn: [] }, place: here });
      continue;
    }
    const object = readObject(found, here, ["title", "implies", "impliesOnOwn"]);
    const { title, implies = [], impliesOnOwn = [] } = object;
    const part = {
      title: readText(title, within(here, "title"), TITLE),
      implies: readTexts(implies, within(here, "implies"), SCOPE_PATTERN, MOST_SCOPES),
      impliesOnOwn: readTexts(
        impliesOnOwn,
        within(here, "impliesOnOwn"),
        SCOPE_PATTERN,
        MOST_SCOPES,
      ),
    };
    scopes.set(name, { part, place: here });
  }
  return scopes;
}

function readEndpoints(value: unknown, place: Place): readonly Placed<EndpointRule>[] {
  return readList(value, place, MOST_ENDPOINTS).map((found, i) => {
    const here = within(place, i);
    const object = readObject(found, here, ["match", "anonymous", "scopes", "owner"]);
    const { match, anonymous = false, scopes = [], owner = null } = object;
    if (typeof anonymous !== "boolean") {
      report(within(here, "anonymous"), `found ${shown(anonymous)}; expected true or false`);
    }
    const part: EndpointRule = {
      match: readText(match, within(here, "match"), MATCH),
      anonymous: anonymous === true,
      scopes: readTexts(scopes, within(here, "scopes"), SCOPE, 32),
      owner: owner === null ? null : readText(owner, within(here, "owner"), PARAMETER),
    };
    return { part, place: here };
  });
}

function readLimits(value: unknown, place: Place): Map<LimitKind, LimitRule | null> {
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

function readFailures(value: unknown, place: Place): readonly Window[] {
  return Array.isArray(value) && value.length === 0 ? [] : readWindows(value, place);
}

function readVersion(value: unknown, place: Place): Partial<VersionRule> {
  const object = readObject(value, place, ["header", "supported", "default", "unsupported"]);
  const { header, supported, unsupported } = object;
  const rule: { -readonly [Member in keyof VersionRule]?: VersionRule[Member] } = {};
  if (header !== undefined) rule.header = readText(header, within(place, "header"), HEADER);
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
