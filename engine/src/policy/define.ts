import type { KeyFormat } from "../domain/credential.ts";
import type { LimitSpec, LimitSubject } from "../domain/limit.ts";
import type { SignatureRule, TokenRule } from "../domain/token-rules.ts";
import type { RefuseWhen } from "../limits/compiled-limit.ts";
import type { OAuthRule } from "./oauth-rule.ts";
import type { EndpointRule, LimitKind, POLICY_FORMAT, Policy, VersionRule } from "./policy.ts";
import type { VerifierRule } from "./verifier-rule.ts";

/**
 * An API as its authors describe it: a profile, a profile with changes, or written out. What
 * `extends` names is taken over, except slug and hosts: members of `scopes`, `limits`, `keyFormat`
 * and `version` are replaced one by one, lists as a whole, and `endpoints` come before the base's.
 * A `Policy` is one too.
 */
export interface ApiDefinition {
  /** `[a-z][a-z0-9-]{0,31}`: the mount, `/{slug}`. */
  readonly slug: string;
  /** Without it, `renderer`, `schemes` and `keyFormat` must be given. */
  readonly extends?: ApiDefinition | ProfileName;
  /** Host names whose root is this API's mount. */
  readonly hosts?: readonly string[];
  /** The profile whose renderer writes the answers. */
  readonly renderer?: string;
  /** Ways to present a credential, in the order of their challenges. */
  readonly schemes?: readonly string[];
  readonly keyFormat?: Partial<KeyFormat>;
  /** A key may stand in `Authorization` without `Bearer` before it; default not. */
  readonly bareKeys?: boolean;
  /** A text is the scope's title. */
  readonly scopes?: Readonly<Record<string, string | ScopeDefinition>>;
  /** The first that matches decides. */
  readonly endpoints?: readonly EndpointDefinition[];
  /** What holds where no endpoint matches; default `authenticated`. */
  readonly otherwise?: Policy["otherwise"];
  /** `null`: not limited, whatever the base says. */
  readonly limits?: Readonly<Partial<Record<LimitKind, LimitDefinition | null>>>;
  /**
   * How many unknown credentials an address may present before it is not listened to; default
   * 60 a minute. An empty list: any number.
   */
  readonly failures?: readonly LimitSpec[];
  /** `null`, the default: the API has no version header. */
  readonly version?: Partial<VersionRule> | null;
  readonly requestIds?: Policy["requestIds"];
  /** Several credentials in one request; default `refuse`. */
  readonly several?: Policy["several"];
  /** JWTs of customers; default at most 24 hours ahead, 30 seconds of clock difference. */
  readonly tokens?: Partial<TokenRule>;
  /** Signatures of requests; default at most 60 seconds ahead, 5 seconds of clock difference. */
  readonly signatures?: Partial<SignatureRule>;
  /** The header that names the account acted for, in lower case. */
  readonly accountHeader?: string | null;
  /** Schemes whose credentials no scope binds. */
  readonly unscoped?: readonly string[];
  /** Lowest first. */
  readonly plans?: readonly string[];
  /** Families of endpoints that each kind of account may use, and from which plan on. */
  readonly entitlements?: Policy["entitlements"];
  /** When a key ends whose expiry has come; default `instant`. */
  readonly keyExpiry?: Policy["keyExpiry"];
  /** What holds while shared counters cannot be asked; default `local`. */
  readonly countersAway?: Policy["countersAway"];
  /** Which answers tell where the caller's limit stands; default `counted`. */
  readonly limitsShown?: Policy["limitsShown"];
  /** Which endpoints tokens of applications that act for users reach; default `any`. */
  readonly delegated?: Policy["delegated"];
  /** Whether new applications of kind platform are made; default `open`. */
  readonly platformSignups?: Policy["platformSignups"];
  /** Where the portal may lead back to, such as `https://app.acme.com`; default nowhere. */
  readonly returnUrls?: readonly string[];
  /** The vendor's own page on which people sign in; `null`, the default: they do so here. */
  readonly signInUrl?: string | null;
  /** As whose own customers see the dashboard; `null`, the default: as Latchkey's. */
  readonly branding?: BrandingDefinition | null;
  /** Processes that decide in their own memory; default: they hold no secrets. */
  readonly verifiers?: Partial<VerifierRule>;
  /** How webhooks are written and signed; default `standard`. */
  readonly webhookFormat?: Policy["webhookFormat"];
  /** What happens to a key that is reported as leaked; default `revoke`. */
  readonly leakedKeys?: Policy["leakedKeys"];
  /** How much of a limit is used when its account is told, 50 to 99; default 80. */
  readonly limitNearPercent?: Policy["limitNearPercent"];
  /** The API's own authorization server; `null`, the default: it has none. */
  readonly oauth?: Partial<OAuthRule> | null;
  readonly policyFormat?: typeof POLICY_FORMAT;
}

/** Whose dashboard it is to customers. */
export interface BrandingDefinition {
  readonly name: string;
  /** `https` without a query, or a `data:` image of at most 32 KiB. */
  readonly logoUrl?: string | null;
  /** `#rrggbb`, in lower case. */
  readonly colour?: string | null;
}

/** The name of a profile, for files that cannot import one (`.json`). */
export type ProfileName = string;

/** A scope that satisfies others. */
export interface ScopeDefinition {
  readonly title: string;
  /** Other scopes it satisfies: names, `read:*`, or `*` for all. */
  readonly implies?: readonly string[];
  /** Scopes it satisfies only on a resource that the principal owns. */
  readonly impliesOnOwn?: readonly string[];
}

/** What the endpoints that match a pattern ask; without more, a valid credential. */
export interface EndpointDefinition {
  /**
   * `"GET /v2/users/**"`; without a method: all. `{name}` and `*` are one segment, a final `**` any
   * rest, none included.
   */
  readonly match: string;
  /** No credential is needed; a bad one is still refused. */
  readonly anonymous?: boolean;
  readonly scopes?: readonly string[];
  /**
   * What the token of an application that acts for a user needs here in place of `scopes`; `[]`:
   * nothing.
   */
  readonly delegated?: readonly string[];
  /** The path parameter that names the owner of the resource. */
  readonly owner?: string | null;
  /** Kinds of principals that it is for; default all. */
  readonly accepts?: EndpointRule["accepts"];
  /** Default `account`. */
  readonly context?: EndpointRule["context"];
  /** The path parameter that may name the account acted for. */
  readonly account?: string | null;
  /** The family of endpoints that `entitlements` speak of. */
  readonly family?: string | null;
}

/** The limit of one way of authenticating. */
export interface LimitDefinition {
  readonly per: LimitSubject;
  /** `"200/minute"`, or in full; a single text is named `default`, others after their unit. */
  readonly windows: readonly LimitSpec[];
  /** `any`, the default: every window must pass. `all`: only all windows together refuse. */
  readonly refuseWhen?: RefuseWhen;
}

/** What a policy file exports. */
export interface LatchkeyDefinition {
  readonly apis: readonly ApiDefinition[];
}

/** Gives an API its type while it is written; `readPolicies` checks it when the server starts. */
export function defineApi(api: ApiDefinition): ApiDefinition {
  return api;
}

/** Gives a policy file its type while it is written. */
export function defineLatchkey(latchkey: LatchkeyDefinition): LatchkeyDefinition {
  return latchkey;
}
