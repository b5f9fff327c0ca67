import fc from "fast-check";
import { expect, test } from "vitest";
import type { Decision } from "./domain/decision.ts";
import type { ApiDefinition } from "./policy/define.ts";
import { standardApi } from "./profiles/standard.ts";
import { NOW, World } from "./testing/world.ts";

// A glance lets a request pass only where every step would have. An explanation takes all steps.

const API: ApiDefinition = {
  slug: "acme",
  extends: standardApi,
  accountHeader: "x-account",
  plans: ["basic", "pro"],
  endpoints: [
    { match: "/users", scopes: ["read:users"] },
    { match: "/members", accepts: ["user", "application"] },
    { match: "/accounts/{accountId}/users", account: "accountId" },
    { match: "/own", context: "own" },
    { match: "/gold", family: "gold" },
    { match: "/write", scopes: ["write:users"], delegated: [] },
    { match: "/strict", delegated: ["write:users"] },
    { match: "/users/{userId}", scopes: ["read:users"], owner: "userId" },
  ],
  entitlements: { account: { "": null, gold: "pro" }, platform: { "": null } },
};

/** One of these, and mostly the first. */
const mostly = <T>(usual: T, ...others: readonly T[]) =>
  fc.oneof({ weight: 4, arbitrary: fc.constant(usual) }, fc.constantFrom(usual, ...others));

const CASE = fc.record({
  kind: mostly("account" as const, "platform" as const, "organization" as const),
  status: mostly("active" as const, "suspended" as const),
  plan: mostly<string | null>("pro", "basic", null, "gone"),
  isUsers: mostly(false, true),
  isToken: fc.boolean(),
  tokenKind: fc.constantFrom("user" as const, "managed-user" as const, "application" as const),
  origins: mostly<readonly string[] | null>(null, ["https://app.example.com"]),
  scopes: mostly<readonly string[]>(["read:users", "write:users"], ["read:users"], []),
  allowedIps: mostly<readonly string[]>([], ["192.0.2.0/24"], ["198.51.100.0/24"]),
  expiresAt: mostly<number | null>(null, NOW, NOW + 1, NOW - 1),
  revokedAt: mostly<number | null>(null, NOW - 5),
  brownOut: mostly<readonly [number, number] | null>(null, [-10, 10], [10, 20]),
  target: fc.constantFrom(
    ...["/users", "/members", "/own", "/gold", "/write", "/strict", "/", "/users/me"],
    ...["/accounts/acct_000000000001/users", "/accounts/acct_0000000000ff/users"],
  ),
  named: mostly<string | null>(null, "acct_000000000001", "acct_0000000000ff"),
  origin: mostly<string | null>(null, "https://app.example.com", "https://evil.example"),
});

test("a decision at a glance is the one that all steps together come to", async () => {
  const seen = new Set<string>();
  await fc.assert(
    fc.asyncProperty(CASE, async (drawn) => {
      const world = new World(API);
      const account = world.account({ kind: drawn.kind, status: drawn.status, plan: drawn.plan });
      const user = world.user([account.id]);
      const { scopes, allowedIps, expiresAt, revokedAt, brownOut, origins } = drawn;
      const brownOuts =
        brownOut === null ? [] : [{ from: NOW + brownOut[0], to: NOW + brownOut[1] }];
      const state = {
        ...{ accountId: account.id, scopes, allowedIps, expiresAt, revokedAt, brownOuts },
        rotatedAt: brownOut === null ? null : NOW - 100,
        userId: drawn.isUsers ? user.id : null,
      };
      const secret = drawn.isToken
        ? world.accessToken(state, { kind: drawn.tokenKind, origins }).token
        : world.key(state).key;
      const asked = {
        target: drawn.target,
        headers: {
          authorization: `Bearer ${secret}`,
          ...(drawn.named === null ? {} : { "x-account": drawn.named }),
          ...(drawn.origin === null ? {} : { origin: drawn.origin }),
        },
      };
      const decided = await world.decide(asked);
      expect(withoutCounts(decided)).toEqual(
        withoutCounts(await world.decide(asked, { explain: true })),
      );
      seen.add(decided.outcome === "deny" ? decided.reason : "allowed");
    }),
    { numRuns: 3000 },
  );
  expect([...seen]).toEqual(
    expect.arrayContaining([
      ...["allowed", "account_suspended", "account_unknown", "address_not_allowed"],
      ...["credential_browned_out", "credential_expired", "credential_revoked"],
      ...["entitlement_missing", "origin_refused", "plan_insufficient"],
      ...["principal_kind_refused", "scope_insufficient"],
    ]),
  );
});

/** An explanation counts nothing. */
function withoutCounts(decision: Decision) {
  return { ...decision, limit: undefined, trace: undefined };
}
