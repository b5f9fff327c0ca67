import { describe, expect, test } from "vitest";
import { compilePolicy } from "./compile.ts";
import type { EndpointRule, Policy } from "./policy.ts";
import { PolicyError } from "./policy-error.ts";

function aPolicy(policy: Partial<Policy> = {}): Policy {
  return {
    policyFormat: 1,
    slug: "acme",
    hosts: [],
    renderer: "standard",
    schemes: ["api-key"],
    keyFormat: { live: "lk_live_", test: "lk_test_", form: "checksummed" },
    bareKeys: false,
    scopes: { "admin:all": { title: "All", implies: ["*"], impliesOnOwn: [] } },
    endpoints: [],
    otherwise: "authenticated",
    limits: { apiKey: { per: "account", windows: [WINDOW] } },
    failures: [{ ...WINDOW, name: "failures" }],
    version: null,
    requestIds: "accept",
    several: "refuse",
    tokens: { maxLifetimeSeconds: 86_400, skewSeconds: 30, audience: [] },
    signatures: { maxLifetimeSeconds: 60, skewSeconds: 5, oneTime: false },
    accountHeader: null,
    unscoped: [],
    plans: [],
    entitlements: {},
    keyExpiry: "instant",
    countersAway: "local",
    limitsShown: "counted",
    delegated: "any",
    platformSignups: "open",
    branding: null,
    returnUrls: [],
    signInUrl: null,
    verifiers: { limits: "local", staleSeconds: 0, holdSecrets: false },
    webhookFormat: "standard",
    leakedKeys: "revoke",
    limitNearPercent: 80,
    oauth: null,
    ...policy,
  };
}

const WINDOW = { name: "default", max: 5, windowSeconds: 60, blockSeconds: 0 };

test("the digest depends on what the policy says, not on the order of its members", () => {
  const { digest } = compilePolicy(aPolicy());
  expect(digest).toMatch(/^[0-9a-f]{64}$/);
  const backwards = Object.fromEntries(Object.entries(aPolicy()).reverse());
  expect(compilePolicy(backwards as unknown as Policy).digest).toBe(digest);
  expect(compilePolicy(aPolicy({ otherwise: "refuse" })).digest).not.toBe(digest);
});

test("the digest is the SHA-256 of the canonical JSON", async () => {
  const { createHash } = await import("node:crypto");
  const text =
    '{"accountHeader":null,"bareKeys":false,"branding":null,"countersAway":"local","delegated":"any","endpoints":[],' +
    '"entitlements":{},"failures":[],"hosts":[],"keyExpiry":"instant",' +
    '"keyFormat":{"form":"checksummed","live":"lk_live_","test":"lk_test_"},' +
    '"leakedKeys":"revoke","limitNearPercent":80,"limits":{},"limitsShown":"counted",' +
    '"oauth":null,"otherwise":"authenticated","plans":[],"platformSignups":"open","policyFormat":1,"renderer":"standard",' +
    '"requestIds":"accept","returnUrls":[],"schemes":["api-key"],' +
    '"scopes":{"admin:all":{"implies":["*"],"impliesOnOwn":[],"title":"Tout — é"}},' +
    '"several":"refuse","signInUrl":null,"signatures":{"maxLifetimeSeconds":60,"oneTime":false,"skewSeconds":5},' +
    '"slug":"acme","tokens":{"audience":[],"maxLifetimeSeconds":86400,"skewSeconds":30},' +
    '"unscoped":[],"verifiers":{"holdSecrets":false,"limits":"local","staleSeconds":0},' +
    '"version":null,"webhookFormat":"standard"}';
  const scopes = { "admin:all": { title: "Tout — é", implies: ["*"], impliesOnOwn: [] } };
  expect(compilePolicy(aPolicy({ scopes, limits: {}, failures: [] })).digest).toBe(
    createHash("sha256").update(text, "utf8").digest("hex"),
  );
});

test("a kind that the policy does not name is not limited", () => {
  const compiled = compilePolicy(aPolicy());
  expect(compiled.limitOf("apiKey")).toMatchObject({ per: "account", windows: [WINDOW] });
  expect(compiled.limitOf("jwt")).toBeUndefined();
  expect(compiled.limitOf("constructor")).toBeUndefined();
});

test("a credential's own windows replace its kind's, and keep whom they count", () => {
  const all = { per: "account", windows: [WINDOW], refuseWhen: "all" } as const;
  const compiled = compilePolicy(aPolicy({ limits: { apiKey: all } }));
  expect(compiled.customLimit("apiKey", ["7/hour"])).toMatchObject({
    per: "account",
    refuseWhen: "all",
    windows: [{ name: "default", max: 7, windowSeconds: 3600 }],
  });
  expect(compiled.customLimit("jwt", ["7/hour"])).toMatchObject({ per: "credential" });
});

test("own windows that are alike are the same limit, however they were written", () => {
  const compiled = compilePolicy(aPolicy());
  const limit = compiled.customLimit("apiKey", ["7/hour"]);
  const full = { windowSeconds: 3600, max: 7, name: "default", blockSeconds: 0 };
  expect(compiled.customLimit("apiKey", [full])).toBe(limit);
  expect(compiled.customLimit("apiKey", ["8/hour"])).not.toBe(limit);
  expect(compiled.customLimit("jwt", ["7/hour"]).id).not.toBe(limit.id);
});

test.each([
  ["200/minute", 60],
  [{ name: "default", max: 200, windowSeconds: 60 }, 60],
  [{ name: "default", max: 200, windowSeconds: 60, blockSeconds: 5 }, 5],
  ["200/hour", 0],
])(
  "own window %j blocks like its kind's of the same length, unless it says: %d s",
  (spec, block) => {
    const windows = [{ name: "default", max: 120, windowSeconds: 60, blockSeconds: 60 }];
    const compiled = compilePolicy(aPolicy({ limits: { apiKey: { per: "credential", windows } } }));
    expect(compiled.customLimit("apiKey", [spec]).windows[0]?.blockSeconds).toBe(block);
  },
);

test("a limit's id tells APIs, kinds and windows apart, and survives compiling anew", () => {
  const ids = [
    compilePolicy(aPolicy()).limitOf("apiKey")?.id,
    compilePolicy(aPolicy({ slug: "other" })).limitOf("apiKey")?.id,
    compilePolicy(aPolicy()).failureLimit?.id,
    compilePolicy(aPolicy()).customLimit("apiKey", ["6/minute"]).id,
  ];
  expect(new Set(ids).size).toBe(4);
  expect(compilePolicy(aPolicy()).limitOf("apiKey")?.id).toBe(ids[0]);
});

test("failures are counted per address, or not at all", () => {
  expect(compilePolicy(aPolicy()).failureLimit).toMatchObject({ per: "address" });
  expect(compilePolicy(aPolicy({ failures: [] })).failureLimit).toBeUndefined();
});

test("data of another format is refused", () => {
  const policy = { ...aPolicy(), policyFormat: 2 } as unknown as Policy;
  expect(() => compilePolicy(policy)).toThrow("policyFormat: found 2; this release reads 1");
});

test.each([
  [{ endpoints: [aRule({ scopes: ["nope"] })] }, "endpoints[0].scopes[0]"],
  [{ endpoints: [aRule({ match: "nope" })] }, "endpoints[0].match"],
  [{ endpoints: [aRule({ owner: "nope" })] }, "endpoints[0].owner"],
  [{ endpoints: [aRule({ account: "nope" })] }, "endpoints[0].account"],
  [{ entitlements: { team: { Teams: "GOLD" } }, plans: ["FREE"] }, 'entitlements.team["Teams"]'],
  [{ limits: { jwt: { per: "token" as const, windows: [] } } }, "limits.jwt.windows"],
])("a policy that nobody checked is refused: %j", (changes, path) => {
  expect(() => compilePolicy(aPolicy(changes))).toThrow(PolicyError);
  expect(() => compilePolicy(aPolicy(changes))).toThrow(path);
});

function aRule(rule: Partial<EndpointRule>): EndpointRule {
  return {
    match: "/a",
    anonymous: false,
    scopes: [],
    owner: null,
    accepts: [],
    context: "account",
    account: null,
    family: null,
    ...rule,
  };
}

describe("entitlements", () => {
  const compiled = compilePolicy(
    aPolicy({
      plans: ["LOW", "MIDDLE", "HIGH"],
      endpoints: [aRule({ family: "Orgs" })],
      entitlements: {
        platform: { "": null, Orgs: "MIDDLE", Low: "LOW" },
        organization: {},
      },
    }),
  );

  test.each([
    ["platform", null, null, "yes"],
    ["platform", "LOW", null, "yes"],
    ["platform", null, "Orgs", "plan_insufficient"],
    ["platform", "LOW", "Orgs", "plan_insufficient"],
    ["platform", "MIDDLE", "Orgs", "yes"],
    ["platform", "HIGH", "Orgs", "yes"],
    ["platform", "unheard of", "Orgs", "plan_insufficient"],
    ["platform", "unheard of", "Low", "plan_insufficient"],
    ["platform", null, "Low", "plan_insufficient"],
    ["platform", "LOW", "Low", "yes"],
    ["platform", "HIGH", "Teams", "entitlement_missing"],
    ["platform", "HIGH", "constructor", "entitlement_missing"],
    ["organization", "HIGH", null, "entitlement_missing"],
    ["team", null, null, "yes"],
    ["team", null, "Orgs", "yes"],
  ] as const)("a %s on plan %s, of family %s: %s", (kind, plan, family, verdict) => {
    expect(compiled.entitled(kind, plan, family)).toBe(verdict);
  });

  test("without any, everything is allowed", () => {
    expect(compilePolicy(aPolicy()).entitled("account", null, "Orgs")).toBe("yes");
  });
});
