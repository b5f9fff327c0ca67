import type { KeyFormat } from "../domain/credential.ts";
import { type ApiDefinition, defineLatchkey } from "./define.ts";
import { checkEndpoints, reportRepeatedPatterns } from "./endpoint-rules.ts";
import { type Layer, readLayer } from "./layer.ts";
import { DEFAULT_FAILURES, mergeLimits } from "./limit-rules.ts";
import { mergeOAuth } from "./oauth-rule.ts";
import { checkEntitlements, entitlementsOf } from "./plan-rules.ts";
import { POLICY_FORMAT, type Policy } from "./policy.ts";
import { PolicyError, type Problem } from "./policy-error.ts";
import { checkScopes } from "./scope-rules.ts";
import {
  hintOf,
  missing,
  type Place,
  readList,
  readObject,
  report,
  shown,
  within,
} from "./shape.ts";
import { DEFAULT_SIGNATURES, DEFAULT_TOKENS } from "./token-rules.ts";
import { DEFAULT_VERIFIERS } from "./verifier-rule.ts";
import { mergeVersion } from "./version-rule.ts";

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
  const entitlements = new Map(basesFirst.flatMap((layer) => [...layer.entitlements]));

  const policy: Policy = {
    policyFormat: POLICY_FORMAT,
    slug: own.slug ?? missing(place, "slug", ""),
    hosts: own.hosts,
    renderer: first(layers, "renderer") ?? missing(place, "renderer", ""),
    schemes: first(layers, "schemes") ?? missing(place, "schemes", []),
    keyFormat: {
      live: keyFormat.live ?? missing(place, "keyFormat.live", ""),
      test: keyFormat.test ?? missing(place, "keyFormat.test", ""),
      form: keyFormat.form ?? "checksummed",
    },
    bareKeys: first(layers, "bareKeys") ?? false,
    scopes: Object.fromEntries([...scopes].map(([name, { part }]) => [name, part])),
    endpoints: endpoints.map(({ part }) => part),
    otherwise: first(layers, "otherwise") ?? "authenticated",
    limits: mergeLimits(basesFirst.map(({ limits }) => limits)),
    failures: first(layers, "failures") ?? DEFAULT_FAILURES,
    version: mergeVersion(
      basesFirst.map(({ version }) => version),
      place,
    ),
    requestIds: first(layers, "requestIds") ?? "accept",
    several: first(layers, "several") ?? "refuse",
    tokens: Object.assign({}, DEFAULT_TOKENS, ...basesFirst.map(({ tokens }) => tokens)),
    signatures: Object.assign(
      {},
      DEFAULT_SIGNATURES,
      ...basesFirst.map(({ signatures }) => signatures),
    ),
    accountHeader: first(layers, "accountHeader") ?? null,
    unscoped: first(layers, "unscoped") ?? [],
    plans: first(layers, "plans") ?? [],
    entitlements: entitlementsOf(entitlements),
    keyExpiry: first(layers, "keyExpiry") ?? "instant",
    countersAway: first(layers, "countersAway") ?? "local",
    limitsShown: first(layers, "limitsShown") ?? "counted",
    delegated: first(layers, "delegated") ?? "any",
    platformSignups: first(layers, "platformSignups") ?? "open",
    returnUrls: first(layers, "returnUrls") ?? [],
    signInUrl: first(layers, "signInUrl") ?? null,
    branding: first(layers, "branding") ?? null,
    verifiers: Object.assign(
      {},
      DEFAULT_VERIFIERS,
      ...basesFirst.map(({ verifiers }) => verifiers),
    ),
    webhookFormat: first(layers, "webhookFormat") ?? "standard",
    leakedKeys: first(layers, "leakedKeys") ?? "revoke",
    limitNearPercent: first(layers, "limitNearPercent") ?? 80,
    oauth: mergeOAuth(
      basesFirst.map(({ oauth }) => oauth),
      place,
    ),
  };

  checkNames(policy, place, known);
  checkScopes(scopes, place);
  checkEndpoints(endpoints, [...scopes.keys()], place);
  checkEntitlements(entitlements, { plans: policy.plans, endpoints });
  for (const layer of layers) reportRepeatedPatterns(layer.endpoints);
  return policy;
}

function first<Member extends keyof Layer>(
  layers: readonly Layer[],
  member: Member,
): Layer[Member] | undefined {
  return layers.find((layer) => layer[member] !== undefined)?.[member];
}

function checkNames(policy: Policy, place: Place, { schemes, renderers }: Known): void {
  for (const member of ["schemes", "unscoped"] as const) {
    const here = within(place, member);
    for (const [i, scheme] of policy[member].entries()) {
      if (schemes !== undefined && !schemes.includes(scheme)) {
        report(within(here, i), `${shown(scheme)} is not a scheme${hintOf(scheme, schemes)}`);
      }
      if (policy[member].indexOf(scheme) !== i) report(within(here, i), "is listed twice");
    }
  }
  const { renderer, keyFormat, accountHeader, version } = policy;
  if (renderers !== undefined && renderer !== "" && !renderers.includes(renderer)) {
    const text = `${shown(renderer)} is not a renderer${hintOf(renderer, renderers)}`;
    report(within(place, "renderer"), text);
  }
  if (accountHeader !== null && accountHeader !== "" && accountHeader === version?.header) {
    const text = `${shown(accountHeader)} names the version, too; choose another`;
    report(within(place, "accountHeader"), text);
  }
  if (keyFormat.live !== "" && keyFormat.live === keyFormat.test) {
    report(within(place, "keyFormat"), `has ${shown(keyFormat.live)} for both modes`);
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
