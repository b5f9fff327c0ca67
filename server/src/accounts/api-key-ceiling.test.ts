import { compilePolicy, policyOf, profiles } from "@latchkey/engine";
import { expect, test } from "vitest";
import { type KeyCeiling, requireWithin, underCeiling } from "./api-key-ceiling.ts";
import type { ApiKeyDraft } from "./api-keys.ts";

const POLICY = compilePolicy(policyOf({ extends: profiles.standard, slug: "standard" }));
const CEILING: KeyCeiling = {
  accountId: "acct_1",
  userId: null,
  limits: null,
  scopes: ["read:all", "write:users"],
  expiresAt: 2000,
  allowedIps: ["192.0.2.0/24", "2001:db8::/32"],
  mode: "live",
  signing: "optional",
};
const DRAFT: ApiKeyDraft = { name: "x", accountId: "acct_1" };

test("what the draft leaves open is the ceiling's, but scopes are none", () => {
  expect(underCeiling(DRAFT, CEILING, POLICY)).toEqual({
    limits: null,
    scopes: [],
    expiresAt: 2000,
    allowedIps: ["192.0.2.0/24", "2001:db8::/32"],
    mode: "live",
    signing: "optional",
  });
});

test("an unlimited ceiling takes nothing away", () => {
  const ceiling: KeyCeiling = {
    ...CEILING,
    scopes: ["admin:all"],
    expiresAt: null,
    allowedIps: [],
  };
  const wanted = {
    scopes: ["admin:all", "delete:users"],
    expiresAt: 9e12,
    allowedIps: ["0.0.0.0/0"],
    mode: "test",
  } as const;
  expect(underCeiling({ ...DRAFT, ...wanted }, ceiling, POLICY)).toMatchObject(wanted);
});

test.each([
  ["off", "off", "off", true],
  ["off", "optional", "off", false],
  ["optional", "required", "optional", false],
  ["optional", "optional", "optional", true],
  ["required", "off", "required", true],
  [undefined, "required", "required", true],
] as const)(
  "a key with signing %s made by one with %s: %s, allowed %s",
  (wanted, held, is, may) => {
    const ceiling = { ...CEILING, signing: held };
    const draft = { ...DRAFT, ...(wanted !== undefined && { signing: wanted }) };
    if (may) expect(underCeiling(draft, ceiling, POLICY)).toMatchObject({ signing: is });
    else expect(() => underCeiling(draft, ceiling, POLICY)).toThrow("signing is more than");
  },
);

test.each<[string, Partial<ApiKeyDraft>]>([
  ["the same expiry", { expiresAt: 2000 }],
  ["a scope that is held", { scopes: ["write:users"] }],
  ["a scope that is implied", { scopes: ["read:projects", "read:all"] }],
  ["a block inside", { allowedIps: ["192.0.2.128/25", "2001:db8:1::/48", "192.0.2.7"] }],
  ["the same block", { allowedIps: ["192.0.2.0/24"] }],
  ["test below live", { mode: "test" }],
])("lets %s be", (_what, changes) => {
  expect(underCeiling({ ...DRAFT, ...changes }, CEILING, POLICY)).toMatchObject(changes);
});

test.each<[string, Partial<ApiKeyDraft>, Partial<KeyCeiling>, string]>([
  ["another account", { accountId: "acct_2" }, {}, "accountId"],
  ["a scope that is not held", { scopes: ["read:users", "delete:users"] }, {}, "scopes[1]"],
  ["all scopes", { scopes: ["admin:all"] }, {}, "scopes[0]"],
  [
    "a wider scope of parts held",
    { scopes: ["read:all"] },
    { scopes: ["read:users", "read:projects"] },
    "scopes[0]",
  ],
  [
    "a scope held on one's own only",
    { scopes: ["write:projects"] },
    { scopes: ["write:own"] },
    "scopes[0]",
  ],
  ["a later expiry", { expiresAt: 2001 }, {}, "expiresAt"],
  ["live below test", { mode: "live" }, { mode: "test" }, "mode"],
  ["a wider block", { allowedIps: ["192.0.0.0/16"] }, {}, "allowedIps[0]"],
  ["a block beside", { allowedIps: ["192.0.2.0/25", "192.0.3.0/25"] }, {}, "allowedIps[1]"],
  ["everything of IPv6", { allowedIps: ["::/0"] }, {}, "allowedIps[0]"],
  ["an IPv6 block beside", { allowedIps: ["2001:db9::/48"] }, {}, "allowedIps[0]"],
])("refuses %s", (_what, changes, lower, field) => {
  expect(() => underCeiling({ ...DRAFT, ...changes }, { ...CEILING, ...lower }, POLICY)).toThrow(
    expect.objectContaining({ code: "FORBIDDEN", details: { field } }),
  );
});

test("an empty list under a ceiling with blocks is the ceiling's list, not everywhere", () => {
  const { allowedIps } = underCeiling({ ...DRAFT, allowedIps: [] }, CEILING, POLICY);
  expect(allowedIps).toEqual(CEILING.allowedIps);
});

test.each<[string, Partial<KeyCeiling>, string | undefined]>([
  ["as much as the ceiling", {}, undefined],
  ["less", { scopes: ["read:users"], expiresAt: 1999, allowedIps: ["192.0.2.7/32"] }, undefined],
  ["a scope that the policy has dropped", { scopes: ["gone"] }, undefined],
  ["another scope", { scopes: ["admin:all"] }, "scopes[0]"],
  ["no expiry", { expiresAt: null }, "expiresAt"],
  ["a later expiry", { expiresAt: 2001 }, "expiresAt"],
  ["use from anywhere", { allowedIps: [] }, "allowedIps"],
  ["use from elsewhere", { allowedIps: ["198.51.100.0/24"] }, "allowedIps[0]"],
  ["another account", { accountId: "acct_2" }, "accountId"],
  ["a user", { userId: "user_1" }, "userId"],
])("weighs an existing key with %s", (_what, changes, field) => {
  const weigh = () => requireWithin({ ...CEILING, ...changes }, CEILING, POLICY);
  if (field === undefined) expect(weigh).not.toThrow();
  else
    expect(weigh).toThrowError(expect.objectContaining({ code: "FORBIDDEN", details: { field } }));
});

test("a test key's maker may not touch a live one", () => {
  const weigh = () => requireWithin(CEILING, { ...CEILING, mode: "test" }, POLICY);
  expect(weigh).toThrowError(expect.objectContaining({ details: { field: "mode" } }));
});

test("a key made under a limit has the same limit, and one with another is out of reach", () => {
  const ceiling: KeyCeiling = { ...CEILING, limits: ["3/hour"] };
  expect(underCeiling({ ...DRAFT, limits: null }, ceiling, POLICY).limits).toEqual(["3/hour"]);
  expect(() => requireWithin(CEILING, ceiling, POLICY)).toThrowError(
    expect.objectContaining({ details: { field: "limits" } }),
  );
});
