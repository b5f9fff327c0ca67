import { describe, expect, test } from "vitest";
import type { AccountState } from "./domain/account.ts";
import type { CredentialState } from "./domain/credential.ts";
import type { Decision } from "./domain/decision.ts";
import type { ApiRequest } from "./domain/request.ts";
import { createEngine, type EngineParts } from "./engine.ts";
import { SOLE_WRITER } from "./freshness/lease.ts";
import { createMemoryLimiter, type Limiter } from "./limits/limiter.ts";
import { policyOf } from "./policy/validate.ts";
import { profiles } from "./profiles/index.ts";
import { ACCOUNT, aCredential, sourceOf } from "./testing/known-key.ts";
import { secretDigest } from "./tokens/digest.ts";
import { newKey } from "./tokens/key-format.ts";

const NOW = 1_800_000_000_000;
const POLICY = policyOf(profiles.standard);
const { key: KEY } = newKey(POLICY.keyFormat, "live");
const { key: NEVER_ISSUED } = newKey(POLICY.keyFormat, "live");

const CREDENTIAL = aCredential({ scopes: ["read:users"] });

interface World {
  credential?: Partial<CredentialState>;
  account?: Partial<AccountState>;
  parts?: Partial<EngineParts>;
}

/** An engine whose source knows one key, and how often it was asked. */
function anEngine({ credential, account, parts }: World = {}) {
  const asked: string[] = [];
  const digest = Buffer.from(secretDigest(KEY)).toString("hex");
  const engine = createEngine({
    policy: POLICY,
    source: sourceOf(async (_scheme, presented) => {
      const hex = Buffer.from(presented).toString("hex");
      asked.push(hex);
      const known = hex === digest;
      return {
        asOf: 1,
        credential: known ? { ...CREDENTIAL, ...credential } : undefined,
        account: known ? { ...ACCOUNT, plan: "pro", ...account } : undefined,
        material: undefined,
      };
    }),
    oneTime: { claim: async () => true, isClaimed: async () => false },
    lease: SOLE_WRITER,
    limiter: createMemoryLimiter(),
    clock: () => NOW,
    requireTls: false,
    capacity: 1024,
    ...parts,
  });
  return { engine, asked };
}

function aRequest(request: Partial<ApiRequest> = {}): ApiRequest {
  return {
    method: "GET",
    target: "/v2/users",
    headers: ["Authorization", `Bearer ${KEY}`],
    address: "192.0.2.1",
    secure: true,
    ...request,
  };
}

async function reasonFor(world: World, request: Partial<ApiRequest> = {}): Promise<string> {
  const decision = await anEngine(world).engine.decide(aRequest(request));
  return decision.outcome === "deny" ? decision.reason : "allowed";
}

test("allows a key with the scope, and says who it is", async () => {
  const decision = await anEngine().engine.decide(aRequest());
  expect(decision).toMatchObject({
    outcome: "allow",
    principal: {
      kind: "account",
      accountId: "acct_1",
      userId: null,
      scopes: ["read:users"],
      plan: "pro",
      mode: "live",
      credentialId: "key_1",
      scheme: "api-key",
    },
    requirement: { match: "GET /v2/users/**" },
    apiVersion: "2.0",
  });
});

test("answers without a promise once it knows the key, and asks only once", async () => {
  const { engine, asked } = anEngine();
  const first = engine.decide(aRequest());
  expect(first).toBeInstanceOf(Promise);
  await first;
  for (let i = 0; i < 3; i += 1)
    expect(engine.decide(aRequest())).toMatchObject({ outcome: "allow" });
  expect(asked).toHaveLength(1);
});

describe("authenticate", () => {
  test.each<[string, string[], string]>([
    ["nothing", [], "credential_missing"],
    ["another scheme", ["Authorization", "Basic YTpi"], "credential_malformed"],
    ["a bare key", ["Authorization", KEY], "credential_malformed"],
    ["a truncated key", ["Authorization", `Bearer ${KEY.slice(0, -1)}`], "credential_malformed"],
    ["an empty header", ["Authorization", ""], "credential_malformed"],
    ["a key never issued", ["Authorization", `Bearer ${NEVER_ISSUED}`], "credential_unknown"],
    [
      "two credentials",
      ["Authorization", `Bearer ${KEY}`, "authorization", `Bearer ${KEY}`],
      "header_duplicated",
    ],
  ])("refuses %s", async (_what, headers, reason) => {
    expect(await reasonFor({}, { headers })).toBe(reason);
  });

  test("asks the source nothing about a malformed key", async () => {
    const { engine, asked } = anEngine();
    const mistyped = KEY.slice(0, -1) + (KEY.endsWith("0") ? "1" : "0");
    await engine.decide(aRequest({ headers: ["Authorization", `Bearer ${mistyped}`] }));
    expect(asked).toEqual([]);
  });

  test("stops listening to an address that guesses, while known keys still pass", async () => {
    let now = NOW;
    const { engine } = anEngine({ parts: { clock: () => now } });
    await engine.decide(aRequest());
    const guess = () => {
      const { key } = newKey(POLICY.keyFormat, "live");
      return engine.decide(aRequest({ headers: ["Authorization", `Bearer ${key}`] }));
    };
    for (let i = 0; i < 100; i += 1) {
      expect(await guess()).toMatchObject({ reason: "credential_unknown" });
    }
    for (const [at, retryAfterSeconds] of [
      [NOW, 60],
      [NOW + 20_000, 40],
      [NOW + 20_001, 40],
      [NOW + 59_999, 1],
    ] as const) {
      now = at;
      expect(await guess()).toMatchObject({ reason: "address_throttled", retryAfterSeconds });
      expect(await engine.decide(aRequest())).toMatchObject({ outcome: "allow" });
    }
    now = NOW + 60_000;
    expect(await guess()).toMatchObject({ reason: "credential_unknown" });
  });

  test("refuses, and says so, when the source is away", async () => {
    const source = sourceOf(() => Promise.reject(new Error("away")));
    expect(await reasonFor({ parts: { source } })).toBe("source_unavailable");
  });
});

describe("authorize", () => {
  test.each<[string, World, string]>([
    ["is revoked", { credential: { revokedAt: NOW } }, "credential_revoked"],
    ["expires at this very instant", { credential: { expiresAt: NOW } }, "credential_expired"],
    ["expires a millisecond later", { credential: { expiresAt: NOW + 1 } }, "allowed"],
    ["belongs to a suspended account", { account: { status: "suspended" } }, "account_suspended"],
    ["lacks the scope", { credential: { scopes: ["write:users"] } }, "scope_insufficient"],
    [
      "has a scope this policy does not know",
      { credential: { scopes: ["x"] } },
      "scope_insufficient",
    ],
    [
      "may not come from there",
      { credential: { allowedIps: ["198.51.100.0/24"] } },
      "address_not_allowed",
    ],
    ["may come from there", { credential: { allowedIps: ["192.0.2.0/24"] } }, "allowed"],
  ])("decides about a key that %s", async (_what, world, reason) => {
    expect(await reasonFor(world)).toBe(reason);
  });

  test("refuses a restricted key when the client's address is unknown", async () => {
    const world = { credential: { allowedIps: ["0.0.0.0/0", "::/0"] } };
    expect(await reasonFor(world, { address: undefined })).toBe("address_not_allowed");
    expect(await reasonFor(world, { address: "not an address" })).toBe("address_not_allowed");
  });

  test("applies a change at once", async () => {
    const { engine } = anEngine();
    await engine.decide(aRequest());
    engine.applyCredential(2, { ...CREDENTIAL, revokedAt: NOW });
    expect(engine.decide(aRequest())).toMatchObject({ reason: "credential_revoked" });
  });

  // 6.2.6
  test.each<[string[], string, string, string | null, string]>([
    [["admin:all"], "DELETE", "/v2/projects/1", null, "allowed"],
    [["admin:all"], "GET", "/v2/users", null, "allowed"],
    [["read:all"], "GET", "/v2/users/1", null, "allowed"],
    [["read:all"], "GET", "/v2/projects", null, "allowed"],
    [["read:all"], "POST", "/v2/users", null, "scope_insufficient"],
    [["write:users"], "GET", "/v2/users", null, "scope_insufficient"],
    [["write:users"], "DELETE", "/v2/users/1", null, "scope_insufficient"],
    [["write:own"], "PATCH", "/v2/users/user_1", "user_1", "allowed"],
    [["write:own"], "PATCH", "/v2/users/user_2", "user_1", "scope_insufficient"],
    [["write:own"], "PATCH", "/v2/users/user_1", null, "scope_insufficient"],
    [["write:own"], "POST", "/v2/users/user_1", "user_1", "scope_insufficient"],
    [["write:own"], "GET", "/v2/users/user_1", "user_1", "scope_insufficient"],
    [[], "GET", "/v2/anything", null, "allowed"],
  ])("lets %j %s %s as %s: %s", async (scopes, method, target, userId, expected) => {
    expect(await reasonFor({ credential: { scopes, userId } }, { method, target })).toBe(expected);
  });
});

describe("hygiene and version", () => {
  test.each([
    "/v2/../admin",
    "/v2/%2e%2e/admin",
    "/v2//users",
    "/v2/users%2fadmin",
    "/v2\\users",
    "/v2/users%00",
    "/v2/%zz",
    "v2/users",
    "",
  ])("refuses the path %j", async (target) => {
    expect(await reasonFor({}, { target })).toBe("path_malformed");
  });

  test("refuses plain HTTP where TLS is required, whatever the credential", async () => {
    const parts = { requireTls: true };
    expect(await reasonFor({ parts }, { secure: false })).toBe("transport_insecure");
    expect(await reasonFor({ parts }, { secure: true })).toBe("allowed");
  });

  test("refuses a version the policy does not list", async () => {
    const headers = ["Authorization", `Bearer ${KEY}`, "X-API-Version"];
    expect(await reasonFor({}, { headers: [...headers, "2.0"] })).toBe("allowed");
    expect(await reasonFor({}, { headers: [...headers, "1.0"] })).toBe("api_version_unsupported");
  });
});

describe("limit", () => {
  const spend = async (decide: () => Decision | Promise<Decision>, times: number) => {
    const outcomes: string[] = [];
    for (let i = 0; i < times; i += 1) outcomes.push((await decide()).outcome);
    return outcomes;
  };

  test("counts a key's own windows in place of its kind's", async () => {
    const { engine } = anEngine({ credential: { limits: ["2/minute"] } });
    const decide = () => engine.decide(aRequest());
    expect(await spend(decide, 3)).toEqual(["allow", "allow", "deny"]);
    expect(await decide()).toMatchObject({ reason: "rate_limited", retryAfterSeconds: 60 });
  });

  test("counts a rotated key and its successor together", async () => {
    const { key } = newKey(POLICY.keyFormat, "live");
    const { engine } = anEngine({
      parts: {
        source: sourceOf(async (_scheme, digest) => ({
          asOf: 1,
          credential: {
            ...CREDENTIAL,
            id: Buffer.from(digest).equals(secretDigest(key)) ? "key_2" : "key_1",
            limits: ["2/minute"],
          },
          account: ACCOUNT,
          material: undefined,
        })),
      },
    });
    const decide = (with_: string) =>
      engine.decide(aRequest({ headers: ["Authorization", `Bearer ${with_}`] }));
    await decide(KEY);
    await decide(key);
    expect(await decide(KEY)).toMatchObject({ reason: "rate_limited" });
    expect(await decide(key)).toMatchObject({ reason: "rate_limited" });
  });

  test.each(["credential", "token", "user", "account"] as const)(
    "counts who shows none by the address, where its limit is per %s",
    async (per) => {
      const limits = { anonymous: { per, windows: ["1/minute"] } };
      const own = { slug: "acme", extends: profiles.standard, otherwise: "anonymous" } as const;
      const { engine } = anEngine({ parts: { policy: policyOf({ ...own, limits }) } });
      const from = (address: string) =>
        engine.decide(aRequest({ target: "/", headers: [], address }));
      expect(await from("192.0.2.1")).toMatchObject({ outcome: "allow" });
      expect(await from("198.51.100.7")).toMatchObject({ outcome: "allow" });
      expect(await from("192.0.2.1")).toMatchObject({ reason: "rate_limited" });
    },
  );

  test("spends nothing on a request that is refused for another reason", async () => {
    const { engine } = anEngine({ credential: { limits: ["2/minute"] } });
    await spend(() => engine.decide(aRequest({ method: "DELETE" })), 5);
    expect(await spend(() => engine.decide(aRequest()), 3)).toEqual(["allow", "allow", "deny"]);
  });

  test("tells with a refusal that counts for nothing how it stands, where the policy says so", async () => {
    const always = { policy: policyOf({ ...profiles.standard, limitsShown: "always" }) };
    const refused = { method: "DELETE" };
    const counted = anEngine({ credential: { limits: ["2/minute"] } }).engine;
    expect(await counted.decide(aRequest(refused))).toMatchObject({ limit: undefined });
    const { engine } = anEngine({ credential: { limits: ["2/minute"] }, parts: always });
    const standing = (remaining: number, limit: number) => ({
      limit: { decisive: { remaining, limit } },
      retryAfterSeconds: undefined,
    });
    expect(await engine.decide(aRequest(refused))).toMatchObject(standing(2, 2));
    await spend(() => engine.decide(aRequest()), 3);
    expect(await engine.decide(aRequest(refused))).toMatchObject(standing(0, 2));
    expect(await engine.decide(aRequest({ headers: [] }))).toMatchObject(standing(100, 100));
  });

  test("tells an address that guesses the same of a new secret as of one that it tried", async () => {
    const failures = ["1/minute"];
    const always = policyOf({ ...profiles.standard, limitsShown: "always", failures });
    const { engine } = anEngine({ parts: { policy: always } });
    const ask = (key: string) =>
      engine.decide(aRequest({ headers: ["Authorization", `Bearer ${key}`] }));
    expect(await ask(NEVER_ISSUED)).toMatchObject({ reason: "credential_unknown" });
    const tried = await ask(NEVER_ISSUED);
    expect(tried).toMatchObject({
      reason: "address_throttled",
      limit: { decisive: { remaining: 100, limit: 100 } },
    });
    expect(await ask(newKey(POLICY.keyFormat, "live").key)).toEqual(tried);
  });

  test("looks at everything again when counting took time, and counts once", async () => {
    const counters = createMemoryLimiter();
    const counted: number[] = [];
    const limiter: Limiter = {
      ...counters,
      async spend(...asked) {
        const state = counters.spend(...asked);
        counted.push(state.decisive.remaining);
        return state;
      },
    };
    const { engine } = anEngine({ credential: { limits: ["2/minute"] }, parts: { limiter } });
    const decide = () => engine.decide(aRequest());
    expect(await spend(decide, 1)).toEqual(["allow"]);
    const waiting = decide();
    engine.applyCredential(2, { ...CREDENTIAL, limits: ["2/minute"], revokedAt: NOW });
    expect(await waiting).toMatchObject({ reason: "credential_revoked" });
    expect(counted).toEqual([1, 0]);
  });

  test("explains without spending, and without any part of the secret", async () => {
    const { engine } = anEngine({ credential: { limits: ["1/minute"] } });
    const explained = [];
    for (let i = 0; i < 3; i += 1) {
      explained.push(await engine.decide(aRequest(), { explain: true }));
    }
    expect(explained.map(({ outcome }) => outcome)).toEqual(["allow", "allow", "allow"]);
    const text = JSON.stringify(explained);
    for (let i = 8; i + 8 <= KEY.length; i += 1) expect(text).not.toContain(KEY.slice(i, i + 8));
    expect(await spend(() => engine.decide(aRequest()), 2)).toEqual(["allow", "deny"]);
  });
});
