import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Decision } from "./domain/decision.ts";
import type { CounterPlace } from "./limits/counter-place.ts";
import { createMemoryLimiter, type Limiter, type Spent } from "./limits/limiter.ts";
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
  signing: mostly("off" as const, "required" as const),
  boundKey: mostly<string | null>(null, "a key's thumbprint"),
  secure: mostly(true, false),
  version: mostly<string | null>(null, "2.0", "9.9"),
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
      const world = new World(API, { requireTls: true });
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
        ? world.accessToken(state, { kind: drawn.tokenKind, origins, boundKey: drawn.boundKey })
            .token
        : world.key({ ...state, signing: drawn.signing }).key;
      const asked = {
        target: drawn.target,
        secure: drawn.secure,
        headers: {
          authorization: `Bearer ${secret}`,
          ...(drawn.named === null ? {} : { "x-account": drawn.named }),
          ...(drawn.origin === null ? {} : { origin: drawn.origin }),
          ...(drawn.version === null ? {} : { "x-api-version": drawn.version }),
        },
      };
      const first = withoutCounts(await world.decide(asked));
      // Only of what memory knows a glance can tell.
      const { authorization } = asked.headers;
      await world.decide({ secure: true, target: "/", headers: { authorization } });
      const decided = await world.decide(asked);
      expect(withoutCounts(decided)).toEqual(first);
      expect(withoutCounts(await world.decide(asked, { explain: true }))).toEqual(first);
      seen.add(decided.outcome === "deny" ? decided.reason : "allowed");
    }),
    { numRuns: 3000 },
  );
  expect([...seen]).toEqual(
    expect.arrayContaining([
      ...["allowed", "account_suspended", "account_unknown", "address_not_allowed"],
      ...["credential_browned_out", "credential_expired", "credential_revoked"],
      ...["entitlement_missing", "origin_refused", "plan_insufficient"],
      ...["principal_kind_refused", "scope_insufficient", "transport_insecure"],
      ...["api_version_unsupported", "signature_missing", "dpop_proof_missing"],
    ]),
  );
});

test("what came before changes nothing, whoever sent it", async () => {
  const kinds = [
    "plain",
    "revoked",
    "pinned",
    "platform",
    "token",
    "of a user",
    "unknown",
  ] as const;
  const sent = fc.record({
    whose: fc.constantFrom(...kinds),
    as: mostly("Bearer", "DPoP", "Basic"),
    target: fc.constantFrom("/users", "/members", "/write", "//"),
    named: mostly<string | null>(null, "acct_0000000000ff"),
  });
  const seen = new Set<string>();
  await fc.assert(
    fc.asyncProperty(fc.array(sent, { minLength: 4, maxLength: 12 }), async (requests) => {
      const world = new World(API);
      const { id: accountId } = world.account({ plan: "pro" });
      const platform = world.account({ kind: "platform", plan: "pro" });
      const user = world.user([accountId]);
      const scopes = ["read:users"];
      const { key: unknown } = new World(API).key({ accountId });
      const secrets: Record<(typeof kinds)[number], string> = {
        plain: world.key({ accountId, scopes }).key,
        revoked: world.key({ accountId, scopes, revokedAt: NOW - 1 }).key,
        pinned: world.key({ accountId, scopes, allowedIps: ["198.51.100.0/24"] }).key,
        platform: world.key({ accountId: platform.id, scopes }).key,
        token: world.accessToken({ accountId, scopes }, { kind: "application" }).token,
        "of a user": world.key({ accountId, scopes, userId: user.id }).key,
        unknown,
      };
      for (const { whose, as, target, named } of requests) {
        const authorization = `${as} ${secrets[whose]}`;
        const account = named === null ? {} : { "x-account": named };
        const asked = { target, headers: { authorization, ...account } };
        const decided = withoutCounts(await world.decide(asked));
        expect(decided).toEqual(withoutCounts(await world.decide(asked, { explain: true })));
        seen.add(decided.outcome === "deny" ? decided.reason : "allowed");
      }
    }),
    { numRuns: 300 },
  );
  expect([...seen]).toEqual(
    expect.arrayContaining([
      ...["allowed", "credential_revoked", "address_not_allowed", "account_missing"],
      ...["credential_unknown", "path_malformed", "scope_insufficient", "dpop_token_unbound"],
    ]),
  );
});

test("what was found for a Bearer token is nothing to a DPoP token", async () => {
  for (let bearers = 1; bearers <= 6; bearers += 1) {
    const world = new World(API);
    const { id: accountId } = world.account();
    const { key } = world.key({ accountId, revokedAt: NOW - 1 });
    const { token } = world.accessToken({ accountId });
    for (let i = 0; i < bearers; i += 1) {
      const refused = { headers: { authorization: `Bearer ${key}` } };
      expect(await world.verdict(refused)).toBe("credential_revoked");
    }
    for (let i = 0; i < 6; i += 1) {
      const asked = { target: "/members", headers: { authorization: `DPoP ${token}` } };
      expect(await world.verdict(asked)).toBe("dpop_token_unbound");
    }
  }
});

describe("a client that the path names claims its request", () => {
  const CLIENTS: ApiDefinition = {
    ...API,
    schemes: ["client-secret-headers", "api-key", "anonymous"],
    endpoints: [
      { match: "/clients/{clientId}/**" },
      { match: "/gold", family: "gold" },
      { match: "/members", accepts: ["user"] },
    ],
  };
  const targets = ["/clients/app_none/x", "/members", "/", "/clients/app_none"];

  test.each(["refuse", "first"] as const)("whoever asked before: several %s", async (several) => {
    for (const before of targets) {
      const world = new World({ ...CLIENTS, several });
      const { id: accountId } = world.account({ plan: "pro" });
      const { key } = world.key({ accountId });
      const authorization = `Bearer ${key}`;
      await world.decide({ headers: { authorization } });
      await world.decide({ target: before, headers: { authorization } });
      const headers = { authorization, "x-cal-secret-key": "wrong" };
      const expected = several === "refuse" ? "credential_ambiguous" : "credential_unknown";
      for (const target of ["/clients/app_none/x", "/clients/app_none"]) {
        expect(await world.verdict({ target, headers })).toBe(expected);
      }
    }
  });

  test("and is not taken for the key that is sent with it", async () => {
    for (const before of targets) {
      const world = new World({ ...CLIENTS, several: "first" });
      const { id: accountId } = world.account({ plan: "pro" });
      const { key } = world.key({ accountId });
      const client = world.client(world.account({ plan: "pro" }).id);
      const authorization = `Bearer ${key}`;
      await world.decide({ headers: { authorization } });
      await world.decide({ target: before, headers: { authorization } });
      const asked = {
        target: `/clients/${client.id}/x`,
        headers: { authorization, "x-cal-secret-key": client.secret },
      };
      for (let time = 0; time < 3; time += 1) {
        expect(await world.decide(asked)).toMatchObject({
          outcome: "allow",
          principal: { kind: "application", credentialId: client.id },
        });
      }
    }
  });
});

describe("whoever counts, a glance says what was counted", () => {
  const STATE = { exceeded: false, bucket: -1, ticket: 0 } as const;
  const WINDOW = { name: "minute", limit: 2, remaining: 1, windowSeconds: 60, resetAt: NOW };
  const limit = { ...STATE, at: NOW, windows: [WINDOW], decisive: WINDOW, retryAt: undefined };
  const counted = { ...limit, decidedBy: "redis" } as const;

  test.each<[string, Spent, string]>([
    ["passes", counted, "allowed"],
    ["is over", { ...counted, exceeded: true, retryAt: NOW + 1 }, "rate_limited"],
    ["may pass uncounted", "uncounted", "allowed"],
    ["may not pass uncounted", "unavailable", "counters_unavailable"],
  ])("%s", async (_what, spent, verdict) => {
    for (const spend of [() => spent, async () => spent]) {
      let spends = 0;
      const count = () => {
        spends += 1;
        return spend();
      };
      const world = new World(API, { limiter: { spend: count, peek: count } });
      const { key } = world.key({ accountId: world.account({ plan: "pro" }).id });
      const headers = { authorization: `Bearer ${key}` };
      for (let known = 1; known <= 3; known += 1) {
        const decided = await world.decide({ headers });
        expect(decided.outcome === "deny" ? decided.reason : "allowed").toBe(verdict);
        expect(decided.limit).toBe(typeof spent === "string" ? undefined : spent);
        expect(spends).toBe(known);
      }
    }
  });
});

test("tells the limiter where the counters were found", async () => {
  const counters = createMemoryLimiter();
  const places: (CounterPlace | undefined)[] = [];
  const spent: CounterPlace[] = [];
  const limiter: Limiter = {
    ...counters,
    spend(limit, key, now, place) {
      places.push(place && { bucket: place.bucket, ticket: place.ticket });
      const state = counters.spend(limit, key, now, place);
      spent.push({ bucket: state.bucket, ticket: state.ticket });
      return state;
    },
  };
  const world = new World(API, { limiter });
  const { id: accountId } = world.account({ plan: "pro" });
  const own = { accountId, limits: ["100/hour"] };
  const { key: first, id } = world.key(own);
  const { key: second } = world.key(own);
  for (const key of [first, second, first, second, first]) {
    await world.decide({ headers: { authorization: `Bearer ${key}` } });
  }
  expect(places.slice(2)).toEqual([spent[0], spent[1], spent[0]]);
  expect(spent.slice(2)).toEqual([spent[0], spent[1], spent[0]]);

  // A change of a credential forgets it, until it is counted again.
  world.change(id, { expiresAt: NOW + 1 });
  for (let time = 0; time < 3; time += 1) {
    await world.decide({ headers: { authorization: `Bearer ${first}` } });
  }
  expect(places.slice(5).map((place) => place?.bucket)).toEqual([-1, 0, 0]);
});

describe("requests are counted in one place, at a glance or step by step", () => {
  const ACCEPTED = ["account", "user", "application"] as const;

  test.each(
    (["credential", "token", "user", "account", "address"] as const).flatMap((per) =>
      (["a key", "a user's key", "a token"] as const).map((what) => [per, what] as const),
    ),
  )("per %s, with %s", async (per, what) => {
    const limit = { per, windows: ["6/hour"] };
    const endpoints = [
      { match: "/steps", accepts: ACCEPTED },
      { match: "/glance" },
      { match: "/gold", family: "gold" },
    ];
    const world = new World({ ...API, endpoints, limits: { apiKey: limit, oauth: limit } });
    const { id: accountId } = world.account({ plan: "pro" });
    const userId = what === "a user's key" ? world.user([accountId]).id : null;
    const secret =
      what === "a token"
        ? world.accessToken({ accountId }, { kind: "application" }).token
        : world.key({ accountId, userId }).key;
    const headers = { authorization: `Bearer ${secret}` };
    const left: (number | undefined)[] = [];
    for (let i = 0; i < 8; i += 1) {
      const target = i % 2 === 0 ? "/glance" : "/steps";
      await world.decide({ target, headers }, { explain: true });
      left.push((await world.decide({ target, headers })).limit?.decisive.remaining);
    }
    expect(left).toEqual([5, 4, 3, 2, 1, 0, 0, 0]);
    for (const target of ["/glance", "/steps"]) {
      const refused = await world.decide({ target, headers });
      expect(refused).toMatchObject({ reason: "rate_limited", retryAfterSeconds: 3600 });
      const explained = await world.decide({ target, headers }, { explain: true });
      expect(withoutCounts(refused)).toEqual(withoutCounts(explained));
      expect(refused.limit?.windows).toEqual(explained.limit?.windows);
    }
  });

  test.each([
    ["credential", 3],
    ["token", 3],
    ["user", 6],
    ["account", 6],
    ["address", 6],
  ] as const)("per %s, two keys of a user spend %d of one allowance", async (per, spent) => {
    const endpoints = [
      { match: "/steps", accepts: ACCEPTED },
      { match: "/gold", family: "gold" },
    ];
    const limits = { apiKey: { per, windows: ["100/hour"] } };
    const world = new World({ ...API, endpoints, limits });
    const { id: accountId } = world.account({ plan: "pro" });
    const userId = world.user([accountId]).id;
    const keys = [world.key({ accountId, userId }).key, world.key({ accountId, userId }).key];
    let last: Decision | undefined;
    for (const target of ["/", "/", "/steps"]) {
      for (const key of keys) {
        last = await world.decide({ target, headers: { authorization: `Bearer ${key}` } });
      }
    }
    expect(last?.limit?.decisive.remaining).toBe(100 - spent);
  });
});

/** An explanation counts nothing. */
function withoutCounts(decision: Decision) {
  return { ...decision, limit: undefined, trace: undefined };
}
