import type { AccountKind } from "../domain/account.ts";
import type { KeyFormat } from "../domain/credential.ts";
import type { LimitSubject, Window } from "../domain/limit.ts";
import type { Requirement } from "../domain/requirement.ts";
import type { SignatureRule, TokenRule } from "../domain/token-rules.ts";
import type { RefuseWhen } from "../limits/compiled-limit.ts";
import type { Branding } from "./branding-rule.ts";
import type { OAuthRule } from "./oauth-rule.ts";
import type { VerifierRule } from "./verifier-rule.ts";

/** Bumped when a verifier of an older release could misread a policy. */
export const POLICY_FORMAT = 1;

/**
 * How one API authenticates and authorizes: plain data, complete, the same in every process.
 * Schemes and the renderer are names of code that ships with the engine.
 */
export interface Policy {
  readonly policyFormat: typeof POLICY_FORMAT;
  readonly slug: string;
  /** Host names whose root is this API's mount. */
  readonly hosts: readonly string[];
  /** The profile whose renderer writes the answers. */
  readonly renderer: string;
  /** In the order of their challenges. */
  readonly schemes: readonly string[];
  readonly keyFormat: KeyFormat;
  /** A key may stand in `Authorization` without `Bearer` before it. */
  readonly bareKeys: boolean;
  readonly scopes: Readonly<Record<string, ScopeRule>>;
  /** The first that matches decides. */
  readonly endpoints: readonly EndpointRule[];
  /** What holds where no endpoint matches. */
  readonly otherwise: "authenticated" | "anonymous" | "refuse";
  /** One limit for each way of authenticating; a kind that is absent is not limited. */
  readonly limits: Readonly<Partial<Record<LimitKind, LimitRule>>>;
  /** How many unknown credentials an address may present before it is not listened to. */
  readonly failures: readonly Window[];
  readonly version: VersionRule | null;
  /** `accept`: a clean client's id is kept; `make`: always made here. */
  readonly requestIds: "accept" | "make";
  /** Several credentials in one request: refused, or the first scheme that claims it decides. */
  readonly several: "refuse" | "first";
  /** What JWTs of customers must keep to. */
  readonly tokens: TokenRule;
  /** What signatures of requests must keep to. */
  readonly signatures: SignatureRule;
  /** The header that names the account acted for, in lower case; `null`: there is none. */
  readonly accountHeader: string | null;
  /** Schemes whose credentials no scope binds. */
  readonly unscoped: readonly string[];
  /** Lowest first. */
  readonly plans: readonly string[];
  /**
   * For each kind of account the families of endpoints it may use, with the lowest plan that it
   * takes, or `null` for any. What is not named is refused; without the kind, nothing is.
   */
  readonly entitlements: Readonly<Partial<Record<AccountKind, Entitlements>>>;
  /** `day`: a key that expires lives to the end of that day (UTC). */
  readonly keyExpiry: "instant" | "day";
  /** What holds while shared counters cannot be asked. */
  readonly countersAway: "open" | "closed" | "local";
  /** `always`: refusals that count for nothing tell too where the caller's limit stands. */
  readonly limitsShown: "counted" | "always";
  /** `scoped`: tokens of applications that act for users reach no endpoint that names no scope. */
  readonly delegated: "any" | "scoped";
  /** `closed`: no application of kind platform is made any more; those there are work on. */
  readonly platformSignups: "open" | "closed";
  /**
   * Where the portal may lead back to: origins, with a path all below it. `https://*` is any host,
   * and a loopback host without a port has any.
   */
  readonly returnUrls: readonly string[];
  /** Where people sign in instead, as the vendor's own page hands them off; `null`: here. */
  readonly signInUrl: string | null;
  /** As whose own customers see the dashboard; `null`: as Latchkey's. */
  readonly branding: Branding | null;
  /** Processes that decide in their own memory. */
  readonly verifiers: VerifierRule;
  /** How webhooks are written and signed: the document whose receivers take them. */
  readonly webhookFormat: "standard" | "savvycal" | "calcom";
  /** What happens to a key that is reported as leaked: it ends, or its account is told. */
  readonly leakedKeys: "revoke" | "tell";
  /** How much of a limit is used when its account is told. */
  readonly limitNearPercent: number;
  /** The API's own authorization server; `null`: it has none. */
  readonly oauth: OAuthRule | null;
}

/** From a family of endpoints to the lowest plan that opens it; `null`: any, or none at all. */
export type Entitlements = Readonly<Record<string, string | null>>;

/** A way of authenticating, as limits tell them apart. */
export type LimitKind = "apiKey" | "oauth" | "jwt" | "anonymous";

/** The limit of one way of authenticating. */
export interface LimitRule {
  readonly per: LimitSubject;
  readonly windows: readonly Window[];
  /** `any`, the default: all windows must pass. `all`: a request is refused when none passes. */
  readonly refuseWhen?: RefuseWhen;
}

/** One scope: what it is called and which others it is as good as. */
export interface ScopeRule {
  readonly title: string;
  /** Other scopes it satisfies: names, `read:*`, or `*` for all. */
  readonly implies: readonly string[];
  /** Scopes it satisfies only on a resource that the principal owns: `write:*`. */
  readonly impliesOnOwn: readonly string[];
}

/**
 * What the endpoints that match a pattern ask of a request. The pattern: `"GET /v2/users/**"`;
 * without a method: all. `{name}` and `*` are one segment, a final `**` any rest, none included.
 */
export type EndpointRule = Requirement;

/** How a request names the version of the API that it was written for. */
export interface VersionRule {
  /** In lower case. */
  readonly header: string;
  readonly supported: readonly string[];
  readonly default: string;
  /** What an unlisted version gets: a 400 that lists the supported ones, or the default. */
  readonly unsupported: "refuse" | "default";
}
