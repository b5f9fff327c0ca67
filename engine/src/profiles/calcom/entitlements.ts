import type { AccountKind } from "../../domain/account.ts";
import type { Entitlements, Policy } from "../../policy/policy.ts";

/** Lowest first. */
export const calcomPlans = [
  "FREE",
  "STARTER",
  "ESSENTIALS",
  "SCALE",
  "PER_ACTIVE_USER",
  "ENTERPRISE",
] as const;

/** From which plan on, on `any` plan or without one, or `no`: not at all. */
type Cell = (typeof calcomPlans)[number] | "any" | "no";
type Row = Readonly<Record<AccountKind, Cell>>;

/** For each family of endpoints, as the documents name them, who may use it. "" is unprefixed. */
type Matrix = Readonly<Record<keyof typeof OLDER, Row>>;

const ORGS: Row = { platform: "ESSENTIALS", organization: "any", team: "no", account: "no" };
const NOT_FOR_PLATFORMS: Row = { ...ORGS, platform: "no" };

/** The older text. Delegation credentials, roles and workflows are part of "Orgs" in it. */
const OLDER = {
  "": { platform: "any", organization: "any", team: "any", account: "any" },
  Platform: { platform: "any", organization: "no", team: "no", account: "no" },
  Orgs: ORGS,
  "Orgs / Attributes": NOT_FOR_PLATFORMS,
  "Orgs / Attributes / Options": NOT_FOR_PLATFORMS,
  "Orgs / Delegation credentials": ORGS,
  "Orgs / Orgs": { ...ORGS, organization: "no" },
  "Orgs / Roles": ORGS,
  "Orgs / Teams / Routing forms / Responses": NOT_FOR_PLATFORMS,
  "Orgs / Teams / Workflows": ORGS,
  Teams: { platform: "no", organization: "no", team: "any", account: "no" },
} as const satisfies Readonly<Record<string, Row>>;

/** Of 15 December 2025: "Platform" is no longer among what organizations may not use. */
const NEWER: Matrix = { ...OLDER, Platform: { ...OLDER.Platform, organization: "any" } };

/** What the code of that time checks, where it differs from both texts. */
const CODE: Matrix = {
  ...OLDER,
  "Orgs / Attributes": ORGS,
  "Orgs / Attributes / Options": ORGS,
  "Orgs / Teams / Routing forms / Responses": ORGS,
  "Orgs / Delegation credentials": { ...ORGS, platform: "SCALE" },
  "Orgs / Orgs": { ...OLDER["Orgs / Orgs"], platform: "SCALE" },
  "Orgs / Roles": { ...ORGS, platform: "SCALE" },
  "Orgs / Teams / Workflows": { ...ORGS, platform: "SCALE" },
};

/** Which families each kind of account may use, in two dated versions and as the code has it. */
export const calcomEntitlements = {
  "2025-older": entitlementsIn(OLDER),
  "2025-12-15": entitlementsIn(NEWER),
  code: entitlementsIn(CODE),
};

function entitlementsIn(matrix: Matrix): Policy["entitlements"] {
  const column = (kind: AccountKind): Entitlements =>
    Object.fromEntries(
      Object.entries(matrix)
        .filter(([, row]) => row[kind] !== "no")
        .map(([family, row]) => [family, row[kind] === "any" ? null : row[kind]]),
    );
  return {
    account: column("account"),
    platform: column("platform"),
    organization: column("organization"),
    team: column("team"),
  };
}
