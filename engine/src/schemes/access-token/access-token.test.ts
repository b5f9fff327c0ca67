import { expect, test } from "vitest";
import { calcomApi } from "../../profiles/calcom/calcom.ts";
import { NOW, World } from "../../testing/world.ts";

const API = { ...calcomApi, endpoints: [], entitlements: {}, delegated: "any" } as const;
const PLATFORM = { id: "acct_1", kind: "platform" } as const;
const STATE = { accountId: "acct_1", userId: "user_1", expiresAt: NOW + 1 };
const ORIGINS = ["https://app.example.com", "https://*.example.org"];

function aWorld(): World {
  const world = new World(API);
  world.account(PLATFORM);
  return world;
}

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

test.each([
  ["managed-user", "user_1", { kind: "application", id: "app_1" }],
  ["user", "user_1", { kind: "application", id: "app_1" }],
  ["application", null, null],
] as const)("a token of the kind %s says whom it is from", async (kind, userId, actor) => {
  const world = aWorld();
  const { token, id } = world.accessToken({ ...STATE, userId }, { kind });
  expect(await world.decide({ headers: bearer(token) })).toMatchObject({
    outcome: "allow",
    principal: { kind, userId, actor, applicationId: "app_1", credentialId: id },
  });
});

test.each([
  ["ends at this very instant", { expiresAt: NOW }, "credential_expired"],
  ["was ended", { revokedAt: NOW }, "credential_revoked"],
  ["was ended, then expired", { revokedAt: NOW - 2, expiresAt: NOW - 1 }, "credential_revoked"],
])("refuses a token that %s", async (_what, change, reason) => {
  const world = aWorld();
  const { token, id } = world.accessToken(STATE);
  expect(await world.verdict({ headers: bearer(token) })).toBe("allowed");
  world.change(id, change);
  expect(await world.verdict({ headers: bearer(token) })).toBe(reason);
});

test.each([
  ["without an origin", {}, "allowed"],
  ["from a registered one", { origin: "https://app.example.com" }, "allowed"],
  ["from one that a pattern takes in", { Origin: "https://a.example.org" }, "allowed"],
  ["from another", { origin: "https://evil.example" }, "origin_refused"],
  ["from a page that has none", { origin: "null" }, "origin_refused"],
  [
    "from a registered one and another",
    { origin: "https://app.example.com", Origin: "https://evil.example" },
    "origin_refused",
  ],
])("a token for some origins, %s", async (_what, headers: Record<string, string>, verdict) => {
  const world = aWorld();
  const { token } = world.accessToken(STATE, { origins: ORIGINS });
  expect(await world.verdict({ headers: { ...bearer(token), ...headers } })).toBe(verdict);
});

test("what its application may do, and from where, holds from the moment it changes", async () => {
  const world = aWorld();
  const { token, id } = world.accessToken({ ...STATE, scopes: ["PROFILE_READ"] });
  const headers = { ...bearer(token), origin: "https://evil.example" };
  expect(await world.decide({ headers })).toMatchObject({
    principal: { scopes: ["PROFILE_READ"] },
  });
  const state = { kind: "managed-user", grantId: null, boundKey: null } as const;
  world.change(id, { scopes: [], token: { ...state, origins: ORIGINS } });
  expect(await world.verdict({ headers })).toBe("origin_refused");
  expect(await world.decide({ headers: bearer(token) })).toMatchObject({
    principal: { scopes: [] },
  });
});
