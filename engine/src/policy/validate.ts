import type { KeyFormat } from "../domain/credential.ts";
import type { Window } from "../domain/limit.ts";
import { type ApiDefinition, defineLatchkey } from "./define.ts";
import { type Layer, MOST_ENDPOINTS, MOST_SCOPES, type Placed, readLayer } from "./layer.ts";
import { suggestion } from "./nearest-name.ts";
import { parameterIndex, readPattern } from "./pattern.ts";
import {
  type EndpointRule,
  type LimitKind,
  type LimitRule,
  POLICY_FORMAT,
  type Policy,
  type ScopeRule,
  type VersionRule,
} from "./policy.ts";
import { PolicyError, type Problem } from "./policy-error.ts";
import { scopesMatching } from "./scopes.ts";
import { type Place, readList, readObject, report, shown, within } from "./shape.ts";

/** What a policy file may refer to by name. */
export interface Known {
  /** The file, for messages. */
  readonly file?: string;
  /** Profiles that `extends` may name. */
  readonly profiles?: Readonly<Record<string, ApiDefinition>>;
  /** Schemes there are; not checked without. */
  readonly schemes?: readonly string[];
  /** Renderers there are; not checked without. */
  readonly renderers?: readonly string[];
}

const MOST_APIS = 100;
const DEEPEST = 8;
const DEFAULT_FAILURES: readonly Window[] = [
  { name: "default", max: 60, windowSeconds: 60, blockSeconds: 0 },
];

/**
 * Checks what a policy file exports, whatever its type, and completes it to policies. Throws
 * `PolicyError` with every problem: its path in the file, what was found and what was expected.
 */
export function readPolicies(exported: unknown, known: Known = {}): readonly Policy[] {
  const problems: Problem[] = [];
  const root: Place = { path: "", problems };
  const { apis } = readObject(exported, { path: "the policy", problems }, ["apis"]);
  const place = within(root, "apis");
  const definitions = problems.length > 0 ? [] : readList(apis, place, MOST_APIS);
  if (problems.length === 0 && definitions.length === 0) report(place, "has no API");

  const layers = definitions.map((definition, i) =>
    readLayers(definition, within(place, i), known),
  );
  const policies = layers.map((each) => complete(each, known));
  reportRepeats(layers.map(([own]) => own));
  if (problems.length > 0) throw new PolicyError(problems, known.file);
  return policies;
}

/** Completes one definition, as `readPolicies` does. */
export function policyOf(definition: ApiDefinition, known: Known = {}): Policy {
  const [policy] = readPolicies(defineLatchkey({ apis: [definition] }), known);
  if (policy === undefined) throw new Error("one definition is one policy");
  return policy;
}

/** A definition and all it extends, the definition first. */
function readLayers(definition: unknown, place: Place, known: Known): readonly [Layer, ...Layer[]] {
  const own = readLayer(definition, place);
  const layers: [Layer, ...Layer[]] = [own];
  for (let layer = own; layer.base !== undefined; ) {
    const here = within(layer.place, "extends");
    const base = typeof layer.base === "string" ? profile(layer.base, here, known) : layer.base;
    if (base === undefined) break;
    if (layers.length > DEEPEST) {
      report(here, `extends more than ${DEEPEST} definitions in a row`);
      break;
    }
    layer = readLayer(base, here);
    layers.push(layer);
  }
  return layers;
}

function profile(name: string, place: Place, { profiles = {} }: Known): unknown {
  if (Object.hasOwn(profiles, name)) return profiles[name];
  report(place, `${shown(name)} is not a profile${hintOf(name, Object.keys(profiles))}`);
  return undefined;
}

/** Lays the layers over each other and checks what depends on more than one member. */
function complete(layers: readonly [Layer, ...Layer[]], known: Known): Policy {
  const [own] = layers;
  const { place } = own;
  const basesFirst = [...layers].reverse();
  const keyFormat: Partial<KeyFormat> = Object.assign({}, ...basesFirst.map((l) => l.keyFormat));
  const scopes = new Map(basesFirst.flatMap((layer) => [...layer.scopes]));
  const endpoints = layers.flatMap((layer) => layer.endpoints);

  const policy: Policy = {
    policyFormat: POLICY_FORMAT,
    slug: own.slug ?? missing(place, "slug", ""),
    hosts: own.hosts,
    renderer: first(layers, "renderer") ?? missing(place, "renderer", ""),
    schemes: first(layers, "schemes") ?? missing(place, "schemes", []),
    keyFormat: {
      live: keyFormat.live ?? missing(place, "keyFormat.live", ""),
      test: keyFormat.test ?? missing(place, "keyFormat.test", ""),
    },
    scopes: Object.fromEntries([...scopes].map(([name, { part }]) => [name, part])),
    endpoints: endpoints.map(({ part }) => part),
    otherwise: first(layers, "otherwise") ?? "authenticated",
    limits: mergeLimits(basesFirst),
    failures: first(layers, "failures") ?? DEFAULT_FAILURES,
    version: mergeVersion(basesFirst, place),
    requestIds: first(layers, "requestIds") ?? "accept",
  };

  checkNames(policy, place, known);
  checkScopes(scopes, place);
  checkEndpoints(endpoints, [...scopes.keys()], place);
  for (const layer of layers) reportRepeatedPatterns(layer.endpoints);
  return policy;
}

function first<Member extends keyof Layer>(
  layers: readonly Layer[],
  member: Member,
): Layer[Member] | undefined {
  return layers.find((layer) => layer[member] !== undefined)?.[member];
}

function missing<Value>(place: Place, member: string, value: Value): Value {
  const remedy = member === "slug" ? "name the API" : "give it, or extend a profile that does";
  report({ ...place, path: `${place.path}.${member}` }, `is missing; ${remedy}`);
  return value;
}

function mergeLimits(basesFirst: readonly Layer[]): Policy["limits"] {
  const limits: Partial<Record<LimitKind, LimitRule>> = {};
  for (const [kind, rule] of basesFirst.flatMap((layer) => [...layer.limits])) {
    if (rule === null) delete limits[kind];
    else limits[kind] = rule;
  }
  return limits;
}

function mergeVersion(basesFirst: readonly Layer[], place: Place): VersionRule | null {
  let merged: Partial<VersionRule> | undefined;
  for (const { version } of basesFirst) {
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

function checkNames(policy: Policy, place: Place, { schemes, renderers }: Known): void {
  const here = within(place, "schemes");
  for (const [i, scheme] of policy.schemes.entries()) {
    if (schemes !== undefined && !schemes.includes(scheme)) {
      report(within(here, i), `${shown(scheme)} is not a scheme${hintOf(scheme, schemes)}`);
    }
    if (policy.schemes.indexOf(scheme) !== i) report(within(here, i), "is listed twice");
  }
  const { renderer, keyFormat } = policy;
  if (renderers !== undefined && renderer !== "" && !renderers.includes(renderer)) {
    const text = `${shown(renderer)} is not a renderer${hintOf(renderer, renderers)}`;
    report(within(place, "renderer"), text);
  }
  if (keyFormat.live !== "" && keyFormat.live === keyFormat.test) {
    report(within(place, "keyFormat"), `has ${shown(keyFormat.live)} for both modes`);
  }
}

function checkScopes(scopes: ReadonlyMap<string, Placed<ScopeRule>>, place: Place): void {
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

function checkScope(name: string, place: Place, names: readonly string[]): void {
  if (names.includes(name)) return;
  report(place, `${shown(name)} is not a scope of this API${suggestion(name, names)}`);
}

function checkEndpoints(
  endpoints: readonly Placed<EndpointRule>[],
  names: readonly string[],
  place: Place,
): void {
  if (endpoints.length > MOST_ENDPOINTS) {
    const text = `are ${endpoints.length} with the base's; at most ${MOST_ENDPOINTS} are allowed`;
    report(within(place, "endpoints"), text);
  }
  for (const { part, place: here } of endpoints) {
    for (const [i, scope] of part.scopes.entries()) {
      checkScope(scope, within(within(here, "scopes"), i), names);
    }
    if (part.anonymous && part.scopes.length > 0) {
      report(here, "is anonymous and asks for scopes, which no anonymous request has");
    }
    if (part.match === "") continue;
    const reading = readPattern(part.match);
    if ("fault" in reading) {
      report(within(here, "match"), `${shown(part.match)} ${reading.fault}`);
    } else if (part.owner !== null && part.owner !== "") {
      if (parameterIndex(reading.pattern, part.owner) !== -1) continue;
      const parameters = reading.pattern.segments.flatMap((segment) =>
        segment.kind === "one" && segment.name !== null ? [segment.name] : [],
      );
      const text = `${shown(part.owner)} is not a parameter of ${shown(part.match)}`;
      report(within(here, "owner"), text + hintOf(part.owner, parameters));
    }
  }
}

/** The same pattern twice in one list: the second would never match. */
function reportRepeatedPatterns(endpoints: readonly Placed<EndpointRule>[]): void {
  const firsts = new Map<string, Place>();
  for (const { part, place } of endpoints) {
    const before = firsts.get(part.match);
    if (before === undefined) firsts.set(part.match, place);
    else report(within(place, "match"), `never matches: ${before.path} is the same pattern`);
  }
}

function reportRepeats(layers: readonly Layer[]): void {
  const slugs = new Map<string, Place>();
  const hosts = new Map<string, Place>();
  for (const { slug, hosts: own, place } of layers) {
    if (slug !== undefined && slug !== "") reportRepeat(slugs, slug, within(place, "slug"));
    for (const [i, host] of own.entries()) {
      reportRepeat(hosts, host, within(within(place, "hosts"), i));
    }
  }
}

function reportRepeat(seen: Map<string, Place>, name: string, place: Place): void {
  const before = seen.get(name);
  if (before === undefined) seen.set(name, place);
  else report(place, `${shown(name)} is taken by ${before.path}`);
}

function hintOf(name: string, names: readonly string[]): string {
  return suggestion(name, names) || (names.length === 0 ? "" : `; expected ${names.join(", ")}`);
}
