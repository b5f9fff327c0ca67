import type { AccountKind } from "../domain/account.ts";
import type { KeyFormat } from "../domain/credential.ts";
import type { Window } from "../domain/limit.ts";
import type { SignatureRule, TokenRule } from "../domain/token-rules.ts";
import { type Branding, readBranding } from "./branding-rule.ts";
import type { ApiDefinition } from "./define.ts";
import { readEndpoints } from "./endpoint-rules.ts";
import { readHeaderName } from "./header-name.ts";
import { readFailures, readLimits } from "./limit-rules.ts";
import { type OAuthRule, readOAuth } from "./oauth-rule.ts";
import { readEntitlements, readPlans } from "./plan-rules.ts";
import {
  type EndpointRule,
  type Entitlements,
  type LimitKind,
  type LimitRule,
  POLICY_FORMAT,
  type Policy,
  type ScopeRule,
  type VersionRule,
} from "./policy.ts";
import { readScopes } from "./scope-rules.ts";
import {
  type Place,
  type Placed,
  readChoice,
  readFlag,
  readInteger,
  readObject,
  readText,
  readTexts,
  report,
  shown,
  type TextForm,
  within,
} from "./shape.ts";
import { NAME, PAGE_URL, RETURN_URL } from "./text-forms.ts";
import { readSignatures, readTokens } from "./token-rules.ts";
import { readVerifiers, type VerifierRule } from "./verifier-rule.ts";
import { readVersion } from "./version-rule.ts";

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
  readonly bareKeys: boolean | undefined;
  readonly scopes: ReadonlyMap<string, Placed<ScopeRule>>;
  readonly endpoints: readonly Placed<EndpointRule>[];
  readonly otherwise: Policy["otherwise"] | undefined;
  readonly limits: ReadonlyMap<LimitKind, LimitRule | null>;
  readonly failures: readonly Window[] | undefined;
  readonly version: Partial<VersionRule> | null | undefined;
  readonly requestIds: Policy["requestIds"] | undefined;
  readonly several: Policy["several"] | undefined;
  readonly tokens: Partial<TokenRule>;
  readonly signatures: Partial<SignatureRule>;
  readonly accountHeader: string | null | undefined;
  readonly unscoped: readonly string[] | undefined;
  readonly plans: readonly string[] | undefined;
  readonly entitlements: ReadonlyMap<AccountKind, Placed<Entitlements>>;
  readonly keyExpiry: Policy["keyExpiry"] | undefined;
  readonly countersAway: Policy["countersAway"] | undefined;
  readonly limitsShown: Policy["limitsShown"] | undefined;
  readonly delegated: Policy["delegated"] | undefined;
  readonly platformSignups: Policy["platformSignups"] | undefined;
  readonly returnUrls: readonly string[] | undefined;
  readonly signInUrl: string | null | undefined;
  readonly branding: Branding | null | undefined;
  readonly verifiers: Partial<VerifierRule>;
  readonly webhookFormat: Policy["webhookFormat"] | undefined;
  readonly leakedKeys: Policy["leakedKeys"] | undefined;
  readonly limitNearPercent: number | undefined;
  readonly oauth: Partial<OAuthRule> | null | undefined;
}

type Member = keyof ApiDefinition;

const MEMBERS = [
  "slug",
  "extends",
  "hosts",
  "renderer",
  "schemes",
  "keyFormat",
  "bareKeys",
  "scopes",
  "endpoints",
  "otherwise",
  "limits",
  "failures",
  "version",
  "requestIds",
  "several",
  "tokens",
  "signatures",
  "accountHeader",
  "unscoped",
  "plans",
  "entitlements",
  "keyExpiry",
  "countersAway",
  "limitsShown",
  "delegated",
  "platformSignups",
  "returnUrls",
  "signInUrl",
  "branding",
  "verifiers",
  "webhookFormat",
  "leakedKeys",
  "limitNearPercent",
  "oauth",
  "policyFormat",
] as const satisfies readonly Member[];
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
const KEY_PREFIX: TextForm = {
  pattern: /^[A-Za-z][A-Za-z0-9_-]{0,31}$/,
  expected: "a letter, then up to 31 letters, digits, _ and -",
};

/** Reads one definition, reporting every member that is unknown or of the wrong form. */
export function readLayer(value: unknown, place: Place): Layer {
  const object = readObject(value, place, MEMBERS);
  /** Reads a member if it is there. */
  function member<T>(name: Member, read: (value: unknown, place: Place) => T): T | undefined {
    return object[name] === undefined ? undefined : read(object[name], within(place, name));
  }
  function choice<Choice extends string>(name: Member, choices: readonly [Choice, ...Choice[]]) {
    return member(name, (found, here) => readChoice(found, here, choices));
  }
  member("policyFormat", (found, here) => {
    if (found !== POLICY_FORMAT) {
      report(here, `found ${shown(found)}; this release reads ${POLICY_FORMAT}`);
    }
  });
  // What a mistyped `profiles.standrad` is; no compiler has looked at the file.
  if (Object.hasOwn(object, "extends") && object.extends === undefined) {
    const here = within(place, "extends");
    report(here, "found undefined; expected a profile, its name or another definition");
  }
  return {
    place,
    base: object.extends,
    slug: member("slug", readSlug),
    hosts: member("hosts", (found, here) => readTexts(found, here, HOST, 20)) ?? [],
    renderer: member("renderer", (found, here) => readText(found, here, NAME)),
    schemes: member("schemes", (found, here) => readTexts(found, here, NAME, 20)),
    keyFormat: member("keyFormat", readKeyFormat) ?? {},
    bareKeys: member("bareKeys", readFlag),
    scopes: member("scopes", readScopes) ?? new Map(),
    endpoints: member("endpoints", readEndpoints) ?? [],
    otherwise: choice("otherwise", ["authenticated", "anonymous", "refuse"]),
    limits: member("limits", readLimits) ?? new Map(),
    failures: member("failures", readFailures),
    version: member("version", readVersion),
    requestIds: choice("requestIds", ["accept", "make"]),
    several: choice("several", ["refuse", "first"]),
    tokens: member("tokens", readTokens) ?? {},
    signatures: member("signatures", readSignatures) ?? {},
    accountHeader: member("accountHeader", (found, here) =>
      found === null ? null : readHeaderName(found, here),
    ),
    unscoped: member("unscoped", (found, here) => readTexts(found, here, NAME, 20)),
    plans: member("plans", readPlans),
    entitlements: member("entitlements", readEntitlements) ?? new Map(),
    keyExpiry: choice("keyExpiry", ["instant", "day"]),
    countersAway: choice("countersAway", ["open", "closed", "local"]),
    limitsShown: choice("limitsShown", ["counted", "always"]),
    delegated: choice("delegated", ["any", "scoped"]),
    platformSignups: choice("platformSignups", ["open", "closed"]),
    returnUrls: member("returnUrls", (found, here) => readTexts(found, here, RETURN_URL, 20)),
    signInUrl: member("signInUrl", (found, here) =>
      found === null ? null : readText(found, here, PAGE_URL),
    ),
    branding: member("branding", readBranding),
    verifiers: member("verifiers", readVerifiers) ?? {},
    webhookFormat: choice("webhookFormat", ["standard", "savvycal", "calcom"]),
    leakedKeys: choice("leakedKeys", ["revoke", "tell"]),
    limitNearPercent: member("limitNearPercent", (found, here) => readInteger(found, here, 50, 99)),
    oauth: member("oauth", readOAuth),
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
  const object = readObject(value, place, ["live", "test", "form"]);
  const { live, test, form } = object;
  return {
    ...(live !== undefined && { live: readText(live, within(place, "live"), KEY_PREFIX) }),
    ...(test !== undefined && { test: readText(test, within(place, "test"), KEY_PREFIX) }),
    ...(form !== undefined && {
      form: readChoice(form, within(place, "form"), ["checksummed", "hex"]),
    }),
  };
}
