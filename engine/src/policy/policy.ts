import type { KeyFormat } from "../domain/credential.ts";
import type { LimitSubject, Window } from "../domain/limit.ts";
import type { RefuseWhen } from "../limits/compiled-limit.ts";

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
}

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

/** What the endpoints that match a pattern ask of a request. */
export interface EndpointRule {
  /**
   * `"GET /v2/users/**"`; without a method: all. `{name}` and `*` are one segment, a final `**` any
   * rest, none included.
   */
  readonly match: string;
  readonly anonymous: boolean;
  readonly scopes: readonly string[];
  /** The path parameter that names the owner of the resource. */
  readonly owner: string | null;
}

/** How a request names the version of the API that it was written for. */
export interface VersionRule {
  /** In lower case. */
  readonly header: string;
  readonly supported: readonly string[];
  readonly default: string;
  /** What an unlisted version gets: a 400 that lists the supported ones, or the default. */
  readonly unsupported: "refuse" | "default";
}
