import type { AccountKind } from "../domain/account.ts";
import type { Policy } from "./policy.ts";
import { PolicyError } from "./policy-error.ts";

/** Whether an account may use a family of endpoints, and whether a higher plan would help. */
export type Entitlement = "yes" | "entitlement_missing" | "plan_insufficient";

/** Ranks plans once: an answer is three lookups. Throws `PolicyError` for an unknown plan. */
export function compileEntitlements({
  entitlements,
  plans,
}: Pick<Policy, "entitlements" | "plans">): (
  kind: AccountKind,
  plan: string | null,
  family: string | null,
) => Entitlement {
  const ranks = new Map(plans.map((plan, i) => [plan, i]));
  const rankOf = (plan: string | null) => (plan === null ? -1 : (ranks.get(plan) ?? -1));
  const lowest = new Map<string, ReadonlyMap<string, number>>();
  for (const [kind, families] of Object.entries(entitlements)) {
    for (const [family, plan] of Object.entries(families)) {
      if (plan === null || ranks.has(plan)) continue;
      const path = `entitlements.${kind}[${JSON.stringify(family)}]`;
      throw new PolicyError([{ path, text: `${JSON.stringify(plan)} is not a plan of this API` }]);
    }
    const entries = Object.entries(families).map(
      ([family, plan]) => [family, rankOf(plan)] as const,
    );
    lowest.set(kind, new Map(entries));
  }

  if (lowest.size === 0) return () => "yes";
  return (kind, plan, family) => {
    const families = lowest.get(kind);
    if (families === undefined) return "yes";
    const needed = families.get(family ?? "");
    if (needed === undefined) return "entitlement_missing";
    return rankOf(plan) < needed ? "plan_insufficient" : "yes";
  };
}
