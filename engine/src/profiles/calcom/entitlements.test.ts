import { describe, expect, test } from "vitest";
import type { AccountKind } from "../../domain/account.ts";
import { compilePolicy } from "../../policy/compile.ts";
import { policyOf } from "../../policy/validate.ts";
import { requirementFor } from "../../testing/requirement-for.ts";
import { calcomApi } from "./calcom.ts";
import { calcomEntitlements, calcomPlans } from "./entitlements.ts";

/** Of each kind on each plan: `y` allowed, `n` never, `p` with a higher plan. */
const CUSTOMERS: readonly (readonly [AccountKind, string | null])[] = [
  ["platform", null],
  ["platform", "STARTER"],
  ["platform", "ESSENTIALS"],
  ["platform", "SCALE"],
  ["platform", "ENTERPRISE"],
  ["organization", null],
  ["organization", "ENTERPRISE"],
  ["team", null],
  ["team", "ENTERPRISE"],
  ["account", null],
  ["account", "ENTERPRISE"],
];

const ORG = "/v2/organizations/acct_1";
const TEAM = `${ORG}/teams/5`;

/** One row for each family, with addresses in it and what each customer may do in each version. */
const ROWS = [
  [
    "",
    ["/v2/bookings", "/v2/event-types/1", "/v2/me", "/v2/webhooks", "/v2/provider/a"],
    {
      "2025-older": "yyyyy yy yy yy",
      "2025-12-15": "yyyyy yy yy yy",
      code: "yyyyy yy yy yy",
    },
  ],
  [
    "Platform",
    [
      "/v2/oauth-clients",
      "/v2/oauth-clients/a",
      "/v2/oauth-clients/a/users/1/force-refresh",
      "/v2/oauth/a/refresh",
      "/v2/provider/a/access-token",
    ],
    {
      "2025-older": "yyyyy nn nn nn",
      "2025-12-15": "yyyyy yy nn nn",
      code: "yyyyy nn nn nn",
    },
  ],
  [
    "Orgs",
    [ORG, `${ORG}/teams`, `${TEAM}/event-types`, `${TEAM}/routing-forms/1`, `${ORG}/memberships`],
    {
      "2025-older": "ppyyy yy nn nn",
      "2025-12-15": "ppyyy yy nn nn",
      code: "ppyyy yy nn nn",
    },
  ],
  [
    "Orgs / Attributes",
    [`${ORG}/attributes`, `${ORG}/attributes/1`],
    {
      "2025-older": "nnnnn yy nn nn",
      "2025-12-15": "nnnnn yy nn nn",
      code: "ppyyy yy nn nn",
    },
  ],
  [
    "Orgs / Attributes / Options",
    [
      `${ORG}/attributes/1/options`,
      `${ORG}/attributes/1/options/2`,
      `${ORG}/attributes/options/7`,
      `${ORG}/attributes/slugs/x/options/assigned`,
    ],
    {
      "2025-older": "nnnnn yy nn nn",
      "2025-12-15": "nnnnn yy nn nn",
      code: "ppyyy yy nn nn",
    },
  ],
  [
    "Orgs / Teams / Routing forms / Responses",
    [`${TEAM}/routing-forms/1/responses`, `${TEAM}/routing-forms/1/responses/2`],
    {
      "2025-older": "nnnnn yy nn nn",
      "2025-12-15": "nnnnn yy nn nn",
      code: "ppyyy yy nn nn",
    },
  ],
  [
    "Orgs / Orgs",
    [`${ORG}/organizations`, `${ORG}/organizations/2`],
    {
      "2025-older": "ppyyy nn nn nn",
      "2025-12-15": "ppyyy nn nn nn",
      code: "pppyy nn nn nn",
    },
  ],
  [
    "Orgs / Roles",
    [`${ORG}/roles/1/permissions`, `${TEAM}/roles`],
    {
      "2025-older": "ppyyy yy nn nn",
      "2025-12-15": "ppyyy yy nn nn",
      code: "pppyy yy nn nn",
    },
  ],
  [
    "Orgs / Teams / Workflows",
    [`${TEAM}/workflows/1`],
    {
      "2025-older": "ppyyy yy nn nn",
      "2025-12-15": "ppyyy yy nn nn",
      code: "pppyy yy nn nn",
    },
  ],
  [
    "Orgs / Delegation credentials",
    [`${ORG}/delegation-credentials`],
    {
      "2025-older": "ppyyy yy nn nn",
      "2025-12-15": "ppyyy yy nn nn",
      code: "pppyy yy nn nn",
    },
  ],
  [
    "Teams",
    ["/v2/teams", "/v2/teams/5/event-types"],
    {
      "2025-older": "nnnnn nn yy nn",
      "2025-12-15": "nnnnn nn yy nn",
      code: "nnnnn nn yy nn",
    },
  ],
] as const;

const VERSIONS = ["2025-older", "2025-12-15", "code"] as const;
const LETTERS = { yes: "y", entitlement_missing: "n", plan_insufficient: "p" } as const;

describe.each(VERSIONS)("in the version %s", (version) => {
  const entitlements = calcomEntitlements[version];
  const compiled = compilePolicy(policyOf({ slug: "acme", extends: calcomApi, entitlements }));

  test.each(ROWS)("%j is open to whom the document says", (family, targets, expected) => {
    for (const target of targets) {
      const { requirement } = requirementFor(compiled, "GET", target);
      expect(requirement?.family ?? "", target).toBe(family);
      const letters = CUSTOMERS.map(
        ([kind, plan]) => LETTERS[compiled.entitled(kind, plan, requirement?.family ?? null)],
      ).join("");
      expect(letters, target).toBe(expected[version].replaceAll(" ", ""));
    }
  });
});

test("the profile has the newer version, and every family of its endpoints is in it", () => {
  const policy = policyOf(calcomApi);
  expect(policy.entitlements).toEqual(calcomEntitlements["2025-12-15"]);
  expect(policy.plans).toEqual(calcomPlans);
  const families = new Set(policy.endpoints.map(({ family }) => family ?? ""));
  expect([...families].toSorted()).toEqual(ROWS.map(([family]) => family).toSorted());
});
