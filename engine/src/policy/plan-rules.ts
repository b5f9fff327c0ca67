import { ACCOUNT_KINDS, type AccountKind } from "../domain/account.ts";
import type { EndpointRule, Entitlements, Policy } from "./policy.ts";
import {
  hintOf,
  type Place,
  type Placed,
  readObject,
  readRecord,
  readText,
  readTexts,
  report,
  shown,
  within,
} from "./shape.ts";
import { FAMILY, PLAN } from "./text-forms.ts";

const MOST_PLANS = 100;
const MOST_FAMILIES = 200;

/** Reads the plans of one definition, lowest first. */
export function readPlans(value: unknown, place: Place): readonly string[] {
  const plans = readTexts(value, place, PLAN, MOST_PLANS);
  for (const [i, plan] of plans.entries()) {
    if (plans.indexOf(plan) !== i) report(within(place, i), "is listed twice");
  }
  return plans;
}

/** Reads what one definition says of some kinds of accounts. */
export function readEntitlements(
  value: unknown,
  place: Place,
): Map<AccountKind, Placed<Entitlements>> {
  const object = readObject(value, place, ACCOUNT_KINDS);
  const entitlements = new Map<AccountKind, Placed<Entitlements>>();
  for (const kind of ACCOUNT_KINDS) {
    if (object[kind] === undefined) continue;
    const here = within(place, kind);
    entitlements.set(kind, { part: readFamilies(object[kind], here), place: here });
  }
  return entitlements;
}

function readFamilies(value: unknown, place: Place): Entitlements {
  const families = Object.entries(readRecord(value, place));
  if (families.length > MOST_FAMILIES) {
    report(place, `has ${families.length} families; at most ${MOST_FAMILIES} are allowed`);
    return {};
  }
  return Object.fromEntries(
    families.map(([family, plan]) => {
      const here = within(place, family);
      // "" is the unnamed family.
      if (family !== "") readText(family, here, FAMILY);
      return [family, plan === null ? null : readText(plan, here, PLAN)];
    }),
  );
}

/** Reports families that no endpoint has, and plans that the API does not have. */
export function checkEntitlements(
  entitlements: ReadonlyMap<AccountKind, Placed<Entitlements>>,
  { plans, endpoints }: { plans: readonly string[]; endpoints: readonly Placed<EndpointRule>[] },
): void {
  const families = new Set(endpoints.flatMap(({ part }) => part.family ?? []));
  for (const { part, place } of entitlements.values()) {
    for (const [family, plan] of Object.entries(part)) {
      const here = within(place, family);
      if (family !== "" && !families.has(family)) {
        const text = `${shown(family)} is the family of no endpoint`;
        report(here, text + hintOf(family, [...families]));
      }
      if (plan !== null && plan !== "" && !plans.includes(plan)) {
        report(here, `${shown(plan)} is not a plan of this API${hintOf(plan, plans)}`);
      }
    }
  }
}

/** What a policy says of each kind of account. */
export function entitlementsOf(
  entitlements: ReadonlyMap<AccountKind, Placed<Entitlements>>,
): Policy["entitlements"] {
  return Object.fromEntries([...entitlements].map(([kind, { part }]) => [kind, part]));
}
