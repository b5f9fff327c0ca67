import type { AccountKind } from "../domain/account.ts";
import { BoundedMap } from "../domain/bounded-map.ts";
import type { LimitSpec, Window } from "../domain/limit.ts";
import type { CompiledLimit } from "../limits/compiled-limit.ts";
import { digestOf } from "./digest.ts";
import { compileEntitlements, type Entitlement } from "./entitlement.ts";
import { limitOf } from "./limit-id.ts";
import { parseLimitSpecs } from "./limit-specs.ts";
import { compileMatcher, type Matcher } from "./match.ts";
import { type LimitKind, type LimitRule, POLICY_FORMAT, type Policy } from "./policy.ts";
import { PolicyError } from "./policy-error.ts";
import { compileScopes, type ScopeRegistry } from "./scopes.ts";

const MOST_CUSTOM_LIMITS = 10_000;

/** A policy ready to decide with. Immutable: a changed policy is compiled anew. */
export interface CompiledPolicy extends Matcher {
  readonly policy: Policy;
  /** SHA-256 in hex of the policy's canonical JSON: two processes with the same decide alike. */
  readonly digest: string;
  readonly scopes: ScopeRegistry;
  /** The limit of one way of authenticating; `undefined`: not limited. */
  limitOf(kind: string): CompiledLimit | undefined;
  /**
   * A credential's own windows in place of its kind's, counted per what the kind's are; the same
   * object for the same windows. Throws `PolicyError` for specs that are none.
   */
  customLimit(kind: string, specs: readonly LimitSpec[]): CompiledLimit;
  /**
   * Whether an account may use a family of endpoints (`null`: the unnamed one). A plan that the
   * policy does not name counts as lower than every plan.
   */
  entitled(kind: AccountKind, plan: string | null, family: string | null): Entitlement;
  /** How many unknown credentials an address may present; `undefined`: any number. */
  readonly failureLimit: CompiledLimit | undefined;
}

/** Throws `PolicyError` for data that is no policy of this format: unknown scopes, bad patterns. */
export function compilePolicy(policy: Policy): CompiledPolicy {
  if (policy.policyFormat !== POLICY_FORMAT) {
    const text = `found ${policy.policyFormat}; this release reads ${POLICY_FORMAT}`;
    throw new PolicyError([{ path: "policyFormat", text }]);
  }
  const scopes = compileScopes(policy.scopes);
  const matcher = compileMatcher(policy, scopes);
  const limits = new Map(
    Object.entries(policy.limits).map(([kind, rule]) => [kind, compileLimit(policy, kind, rule)]),
  );
  const custom = new BoundedMap<string, CompiledLimit>(MOST_CUSTOM_LIMITS);

  return {
    policy,
    digest: digestOf(policy),
    scopes,
    ...matcher,
    limitOf: (kind) => limits.get(kind),

    customLimit(kind, specs) {
      const rule = policy.limits[kind as LimitKind];
      const windows = withBlocks(parseLimitSpecs(specs), specs, rule);
      const limit = compileLimit(policy, kind, { per: "credential", ...rule, windows });
      const known = custom.get(limit.id);
      if (known !== undefined) return known;
      custom.set(limit.id, limit);
      return limit;
    },

    entitled: compileEntitlements(policy),

    failureLimit:
      policy.failures.length === 0
        ? undefined
        : compileLimit(policy, "failures", { per: "address", windows: policy.failures }),
  };
}

/** A window that says nothing of a block has that of its kind's window of the same length. */
function withBlocks(
  windows: readonly Window[],
  specs: readonly LimitSpec[],
  rule: LimitRule | undefined,
): readonly Window[] {
  return windows.map((window, i) => {
    const spec = specs[i];
    if (typeof spec === "object" && spec.blockSeconds !== undefined) return window;
    const same = rule?.windows.find(({ windowSeconds }) => windowSeconds === window.windowSeconds);
    return { ...window, blockSeconds: same?.blockSeconds ?? window.blockSeconds };
  });
}

function compileLimit(policy: Policy, kind: string, rule: LimitRule): CompiledLimit {
  const { per, windows, refuseWhen = "any" } = rule;
  if (windows.length === 0) {
    throw new PolicyError([{ path: `limits.${kind}.windows`, text: "found none" }]);
  }
  return limitOf(policy.slug, { kind, per, refuseWhen, windows });
}
