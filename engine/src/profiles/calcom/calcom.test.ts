import { describe, expect, test } from "vitest";
import { satisfies } from "../../domain/scope.ts";
import { compilePolicy } from "../../policy/compile.ts";
import { policyOf } from "../../policy/validate.ts";
import { requirementFor } from "../../testing/requirement-for.ts";
import { calcomApi } from "./calcom.ts";

const POLICY = policyOf(calcomApi);
const COMPILED = compilePolicy(POLICY);
const KEYS = ["account", "user", "platform"];

test("says what the documents say", () => {
  expect(POLICY).toMatchObject({
    keyFormat: { live: "cal_live_", test: "cal_", form: "hex" },
    several: "first",
    bareKeys: true,
    keyExpiry: "day",
    requestIds: "make",
    unscoped: ["api-key"],
  });
  const window = { name: "default", windowSeconds: 60, blockSeconds: 60 };
  expect(POLICY.limits).toEqual({
    apiKey: { per: "credential", windows: [{ ...window, max: 120 }], refuseWhen: "all" },
    oauth: { per: "token", windows: [{ ...window, max: 500 }] },
    anonymous: { per: "address", windows: [{ ...window, max: 120 }] },
  });
});

describe("an endpoint", () => {
  test.each([
    ["GET", "/v2/me", ["PROFILE_READ"], [], false],
    ["PATCH", "/v2/me", ["PROFILE_WRITE"], [], false],
    ["GET", "/v2/bookings", ["BOOKING_READ"], [], false],
    ["POST", "/v2/bookings", [], [], true],
    ["POST", "/v2/bookings/1/cancel", ["BOOKING_WRITE"], [], false],
    ["GET", "/v2/slots/available", [], [], true],
    ["POST", "/v2/slots/reservations", [], [], false],
    ["GET", "/v2/event-types/1", ["EVENT_TYPE_READ"], [], false],
    ["DELETE", "/v2/event-types/1", ["EVENT_TYPE_WRITE"], [], false],
    ["GET", "/v2/schedules/default", ["SCHEDULE_READ"], [], false],
    ["POST", "/v2/schedules", ["SCHEDULE_WRITE"], [], false],
    ["GET", "/v2/calendars/busy-times", ["APPS_READ"], [], false],
    ["POST", "/v2/calendars/x/save", ["APPS_WRITE"], [], false],
    ["POST", "/v2/api-keys/refresh", [], KEYS, false],
    ["POST", "/v2/auth/oauth2/token", [], [], true],
    ["GET", "/v2/auth/oauth2/clients/app_1", [], [], false],
    ["GET", "/v2/provider/app_1", [], [], true],
    ["GET", "/v2/provider/app_1/access-token", [], [], false],
    ["POST", "/v2/oauth-clients", [], [...KEYS, "application"], false],
    ["PATCH", "/v2/oauth-clients/app_1", [], [...KEYS, "application"], false],
    ["POST", "/v2/oauth-clients/app_1/users", [], ["application"], false],
    ["POST", "/v2/oauth/app_1/refresh", [], ["application"], false],
  ])("%s %s asks for %j, of %j, anonymous: %s", (method, target, scopes, accepts, anonymous) => {
    const requirement = requirementFor(COMPILED, method, target).requirement;
    expect(requirement).toMatchObject({ scopes, accepts, anonymous });
  });

  test.each([
    ["/v2/oauth-clients/app_1/users/5/force-refresh", "app_1", undefined],
    ["/v2/provider/app_2", "app_2", undefined],
    ["/v2/organizations/acct_1/teams/5", undefined, "acct_1"],
    ["/v2/organizations/acct_1", undefined, "acct_1"],
    ["/v2/me", undefined, undefined],
  ])("of %s: the client is %s, the account %s", (target, client, account) => {
    const { requirement, path } = requirementFor(COMPILED, "GET", target);
    expect(path.segment(requirement?.clientSegment ?? -1)).toBe(client);
    expect(path.segment(requirement?.accountSegment ?? -1)).toBe(account);
  });
});

describe("a scope", () => {
  const names = COMPILED.scopes.names;

  test("for an organization is good for its teams, and for nothing else", () => {
    const organizations = names.filter((name) => name.startsWith("ORG_"));
    expect(organizations).toHaveLength(8);
    expect(names.filter((name) => name.startsWith("TEAM_"))).toHaveLength(10);
    for (const name of organizations) {
      const held = COMPILED.scopes.set([name]);
      const satisfied = names.filter((other) => satisfies(held, COMPILED.scopes.needed([other])));
      expect(satisfied.toSorted()).toEqual([name, name.replace("ORG_", "TEAM_")].toSorted());
    }
  });

  test("that is no organization's is good for itself alone", () => {
    for (const name of names.filter((each) => !each.startsWith("ORG_"))) {
      const held = COMPILED.scopes.set([name]);
      const satisfied = names.filter((other) => satisfies(held, COMPILED.scopes.needed([other])));
      expect(satisfied).toEqual([name]);
    }
  });

  test("has the bit of its place in the mask of permissions", () => {
    expect(names.slice(0, 10)).toEqual([
      "EVENT_TYPE_READ",
      "EVENT_TYPE_WRITE",
      "BOOKING_READ",
      "BOOKING_WRITE",
      "SCHEDULE_READ",
      "SCHEDULE_WRITE",
      "APPS_READ",
      "APPS_WRITE",
      "PROFILE_READ",
      "PROFILE_WRITE",
    ]);
  });
});
