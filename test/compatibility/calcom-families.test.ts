import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Answer } from "../answer.ts";
import { bearer, expectFault, newClient, pairOf } from "../calcom-platform.ts";
import { type RunningServer, startServer } from "../running-server.ts";

// Checklist 6.3.34 of the compatibility document: the matrix of 1.7, in each of its versions.

/** As a deployment writes it: which version of the matrix holds is one line of the policy. */
const POLICY = `import { calcomEntitlements, defineApi, defineLatchkey, profiles } from "latchkey";

const calcom = { extends: profiles.calcom };
export default defineLatchkey({
  apis: [
    defineApi({ slug: "newer", ...calcom }),
    defineApi({ slug: "older", ...calcom, entitlements: calcomEntitlements["2025-older"] }),
    defineApi({ slug: "code", ...calcom, entitlements: calcomEntitlements.code }),
  ],
});
`;
const VERSIONS = ["older", "newer", "code"] as const;

/** The kind of account, and what it has bought. */
const CUSTOMERS = [
  ["platform", null],
  ["platform", "FREE"],
  ["platform", "STARTER"],
  ["platform", "ESSENTIALS"],
  ["platform", "SCALE"],
  ["platform", "PER_ACTIVE_USER"],
  ["platform", "ENTERPRISE"],
  ["organization", null],
  ["organization", "ESSENTIALS"],
  ["organization", "ENTERPRISE"],
  ["team", null],
  ["team", "ENTERPRISE"],
  ["account", null],
  ["account", "ENTERPRISE"],
] as const;
type Customer = (typeof CUSTOMERS)[number];

const NOT_FOR_PLATFORMS =
  "IsNotPlatformOrgGuard - Platform organizations are not permitted to perform this action.";

const ORG = "/v2/organizations/7";
const TEAM = `${ORG}/teams/5`;

/**
 * Addresses of each family, and what becomes of each customer there, in four groups: platforms,
 * organizations, teams, accounts. `y`: passes; `s`: no subscription; `p`: too low a plan; `x`: not
 * for platforms; `r`: too low a role; `m`: not a platform.
 */
const FAMILIES: Readonly<
  Record<string, { paths: readonly string[] } & Record<(typeof VERSIONS)[number], string>>
> = {
  unprefixed: {
    paths: ["/v2/event-types", "/v2/webhooks", "/v2/slots"],
    older: "yyyyyyy yyy yy yy",
    newer: "yyyyyyy yyy yy yy",
    code: "yyyyyyy yyy yy yy",
  },
  Platform: {
    paths: ["/v2/provider/app_1/anything"],
    older: "yyyyyyy mmm mm mm",
    newer: "yyyyyyy yyy mm mm",
    code: "yyyyyyy mmm mm mm",
  },
  Orgs: {
    paths: [ORG, `${ORG}/memberships`, `${TEAM}/event-types`, `${TEAM}/routing-forms/1`],
    older: "sppyyyy yyy rr rr",
    newer: "sppyyyy yyy rr rr",
    code: "sppyyyy yyy rr rr",
  },
  "Orgs / Attributes": {
    paths: [`${ORG}/attributes`, `${ORG}/attributes/1`],
    older: "xxxxxxx yyy rr rr",
    newer: "xxxxxxx yyy rr rr",
    code: "sppyyyy yyy rr rr",
  },
  "Orgs / Attributes / Options": {
    paths: [`${ORG}/attributes/1/options`, `${ORG}/attributes/options/2`],
    older: "xxxxxxx yyy rr rr",
    newer: "xxxxxxx yyy rr rr",
    code: "sppyyyy yyy rr rr",
  },
  "Orgs / Teams / Routing forms / Responses": {
    paths: [`${TEAM}/routing-forms/1/responses`, `${TEAM}/routing-forms/1/responses/2`],
    older: "xxxxxxx yyy rr rr",
    newer: "xxxxxxx yyy rr rr",
    code: "sppyyyy yyy rr rr",
  },
  "Orgs / Orgs": {
    paths: [`${ORG}/organizations`, `${ORG}/organizations/2`],
    older: "sppyyyy rrr rr rr",
    newer: "sppyyyy rrr rr rr",
    code: "spppyyy rrr rr rr",
  },
  "Orgs / Roles": {
    paths: [`${ORG}/roles`, `${TEAM}/roles/1/permissions`],
    older: "sppyyyy yyy rr rr",
    newer: "sppyyyy yyy rr rr",
    code: "spppyyy yyy rr rr",
  },
  "Orgs / Teams / Workflows": {
    paths: [`${TEAM}/workflows`],
    older: "sppyyyy yyy rr rr",
    newer: "sppyyyy yyy rr rr",
    code: "spppyyy yyy rr rr",
  },
  "Orgs / Delegation credentials": {
    paths: [`${ORG}/delegation-credentials`],
    older: "sppyyyy yyy rr rr",
    newer: "sppyyyy yyy rr rr",
    code: "spppyyy yyy rr rr",
  },
  Teams: {
    paths: ["/v2/teams", "/v2/teams/5/event-types"],
    older: "xxxxxxx rrr yy rr",
    newer: "xxxxxxx rrr yy rr",
    code: "xxxxxxx rrr yy rr",
  },
};
const ROWS = Object.entries(FAMILIES);

let server: RunningServer;
let folder: string;
/** By API and customer. */
const keys = new Map<string, string>();

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "latchkey-families-"));
  writeFileSync(path.join(folder, "latchkey.config.ts"), POLICY);
  server = await startServer({ folder });
  for (const api of VERSIONS) {
    for (const customer of CUSTOMERS) {
      const [kind, plan] = customer;
      const account = { id: idOf(customer), name: "Customer", kind };
      await server.create(api, "accounts", plan === null ? account : { ...account, plan });
      const { key } = await server.issueKey({ accountId: account.id }, api);
      keys.set(`${api} ${account.id}`, key);
    }
  }
});
afterAll(async () => {
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
});

function idOf([kind, plan]: Customer): string {
  return `acct_${kind}${(plan ?? "none").toLowerCase().replaceAll("_", "")}`;
}

function ask(api: string, target: string, headers: Readonly<Record<string, string>>) {
  return server.ask({ path: `/${api}${target}`, headers });
}

/** What each letter but `y` says, up to the ids of the path; `lowest` is the plan that would do. */
function messages(id: string, plan: string | null, lowest: string | null, target: string) {
  const role = target.startsWith(ORG) ? "ORG_MEMBER" : "TEAM_MEMBER";
  const organization = target.startsWith(ORG) ? "7" : "null";
  return {
    s: `PlatformPlanGuard - No platform subscription found for organization with id=${id}.`,
    p:
      `PlatformPlanGuard - organization with id=${id} does not have required plan for this ` +
      `operation. Minimum plan is ${lowest} while the organization has ${plan}.`,
    x: NOT_FOR_PLATFORMS,
    r:
      `RolesGuard - user with id=${id} does not have the minimum required role=${role} ` +
      `within organization with id=${organization} team with id=`,
    m: "OrganizationRolesGuard - Organization is not a platform (SHP).",
  };
}

/** The letter of an answer; the answer itself where none stands for it. */
function letterOf(
  { status, text, json }: Answer,
  id: string,
  said: Record<string, string>,
): string {
  if (status === 200) return json.principal?.accountId === id ? "y" : text;
  if (status !== 403 || json.error.code !== "ForbiddenException") return text;
  const { message } = json.error;
  const isSaid = (letter: string) =>
    letter === "r" ? message.startsWith(said[letter]) : message === said[letter];
  return Object.keys(said).find(isSaid) ?? text;
}

describe.each(VERSIONS)("6.3.34 in the %s version", (api) => {
  test.each(ROWS)("%s", async (_family, { paths, [api]: expected }) => {
    const [, lowest] = CUSTOMERS[expected.indexOf("y")] ?? CUSTOMERS[0];
    for (const target of paths) {
      const letters: string[] = [];
      for (const customer of CUSTOMERS) {
        const id = idOf(customer);
        const answer = await ask(api, target, bearer(keys.get(`${api} ${id}`) ?? ""));
        letters.push(letterOf(answer, id, messages(id, customer[1], lowest, target)));
      }
      const [platforms, organizations, teams, accounts] = [0, 7, 10, 12].map((from, i, all) =>
        letters.slice(from, all[i + 1]).join(""),
      );
      const row = [platforms, organizations, teams, accounts].join(" ");
      expect([target, row]).toEqual([target, expected]);
    }
  });
});

test("6.3.34 clients have their platform's plan: below ESSENTIALS no Orgs", async () => {
  for (const [plan, status] of [
    ["FREE", 403],
    ["STARTER", 403],
    ["ESSENTIALS", 200],
    ["SCALE", 200],
    ["ENTERPRISE", 200],
  ] as const) {
    const id = idOf(["platform", plan]);
    const client = await newClient(server, id, { api: "newer" });
    const answer = await ask("newer", `${ORG}/teams`, pairOf(client));
    expect([plan, answer.status]).toEqual([plan, status]);
    if (status === 200) {
      expect(answer.json.principal).toMatchObject({ kind: "application", accountId: id, plan });
      continue;
    }
    const message =
      `PlatformPlanGuard - organization with id=${id} does not have required plan for this ` +
      `operation. Minimum plan is ESSENTIALS while the organization has ${plan}.`;
    expectFault(answer, { status, message, path: `${ORG}/teams` });
  }
});

test.each([
  `${ORG}/attributes`,
  `${ORG}/attributes/1/options`,
  `${TEAM}/routing-forms/1/responses`,
])("6.3.34 %s is for no client of a platform, whatever its plan", async (target) => {
  for (const plan of ["ESSENTIALS", "ENTERPRISE"] as const) {
    const client = await newClient(server, idOf(["platform", plan]), { api: "newer" });
    const answer = await ask("newer", target, pairOf(client));
    expectFault(answer, { status: 403, message: NOT_FOR_PLATFORMS, path: target });
  }
});

test("6.3.34 in the code's own matrix the message names SCALE where that is asked", async () => {
  const id = idOf(["platform", "ESSENTIALS"]);
  const answer = await ask("code", `${ORG}/roles`, bearer(keys.get(`code ${id}`) ?? ""));
  const message =
    `PlatformPlanGuard - organization with id=${id} does not have required plan for this ` +
    "operation. Minimum plan is SCALE while the organization has ESSENTIALS.";
  expectFault(answer, { status: 403, message, path: `${ORG}/roles` });
});

test("6.3.34 a new plan holds from the next request on", async () => {
  const account = { id: "acct_grows", name: "Grows", kind: "platform", plan: "STARTER" };
  await server.create("newer", "accounts", account);
  const { key } = await server.issueKey({ accountId: account.id }, "newer");
  const status = async () => (await ask("newer", `${ORG}/teams`, bearer(key))).status;
  const statuses = [await status()];
  for (const plan of ["ESSENTIALS", "STARTER", "SCALE", null]) {
    await server.operator("PATCH", `/v1/apis/newer/accounts/${account.id}`, { plan });
    statuses.push(await status());
  }
  expect(statuses).toEqual([403, 200, 403, 200, 403]);
});

test("6.3.34 an organization is reached under its own id, and under no other's", async () => {
  const keyOf = (customer: Customer) => bearer(keys.get(`newer ${idOf(customer)}`) ?? "");
  const own = idOf(["organization", "ENTERPRISE"]);
  const target = `/v2/organizations/${own}/teams`;
  const { status, json } = await ask("newer", target, keyOf(["organization", "ENTERPRISE"]));
  expect([status, json.principal?.accountId]).toEqual([200, own]);
  for (const id of [own, "acct_nobody"]) {
    const foreign = `/v2/organizations/${id}/teams`;
    for (const stranger of [
      ["organization", null],
      ["platform", "ENTERPRISE"],
    ] as const) {
      const answer = await ask("newer", foreign, keyOf(stranger));
      expectFault(answer, { status: 404, message: `Cannot GET ${foreign}`, path: foreign });
    }
  }
});
