import { describe, expect, test } from "vitest";
import { defineApi } from "./policy/define.ts";
import { standardApi } from "./profiles/standard.ts";
import { aToken, NOW, World } from "./testing/world.ts";

// What somebody tried, or could try, to get more than is theirs.

const exp = NOW / 1000 + 30;
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

const EVERY_WAY = defineApi({
  slug: "acme",
  extends: standardApi,
  schemes: [
    "client-secret-headers",
    "api-key",
    "customer-jwt",
    "shared-secret-jwt",
    "signed-request",
    "anonymous",
  ],
  accountHeader: "x-account",
});

describe("a signature", () => {
  test("that was verified as one is no token, without the key it belongs to", async () => {
    const world = new World(EVERY_WAY);
    const { id: accountId } = world.account();
    const user = world.user([accountId]);
    const { key, secret } = world.key({ accountId, scopes: ["admin:all"], signing: "required" });
    const app = world.organizationKey(world.account({ kind: "organization" }).id);
    const signature = aToken({ key, exp, sub: user.id }, secret);
    const appSignature = aToken({ key: app.appKey, exp, sub: user.id }, app.secret);
    expect(await world.verdict({ headers: { "x-api-key": key, "x-signature": signature } })).toBe(
      "allowed",
    );
    await world.verdict({
      headers: { "x-api-key": key, "x-app-key": app.appKey, "x-app-signature": appSignature },
    });
    const asked = { method: "DELETE", target: "/v2/projects/1" };
    for (const token of [signature, appSignature]) {
      expect(await world.verdict({ ...asked, headers: bearer(token) })).toBe(
        "token_issuer_missing",
      );
    }
  });

  test("whose jti is no text could be used again: it is refused", async () => {
    const world = new World({ ...EVERY_WAY, signatures: { oneTime: true } });
    const { id: accountId } = world.account();
    const { key, secret } = world.key({ accountId, signing: "required" });
    for (const jti of [1, null, {}, [], "", "j".repeat(1025)]) {
      const headers = { "x-api-key": key, "x-signature": aToken({ key, exp, jti }, secret) };
      expect([jti, await world.verdict({ headers })]).toEqual([jti, "token_malformed"]);
    }
  });

  test("over the limit is not used up, and one whose key ends meanwhile does not pass", async () => {
    const claimed: string[] = [];
    let during: () => void = () => undefined;
    const oneTime = {
      claim: async (key: string) => {
        claimed.push(key);
        during();
        return true;
      },
      isClaimed: async () => false,
    };
    const world = new World({ ...EVERY_WAY, signatures: { oneTime: true } }, { oneTime });
    const { id: accountId } = world.account();
    const made = world.key({ accountId, signing: "required", limits: ["2/hour"] });
    const ask = (jti: string) =>
      world.verdict({
        headers: {
          "x-api-key": made.key,
          "x-signature": aToken({ key: made.key, exp, jti }, made.secret),
        },
      });
    expect(await ask("1")).toBe("allowed");
    during = () => world.change(made.id, { revokedAt: NOW });
    expect(await ask("2")).toBe("credential_revoked");
    during = () => undefined;
    world.change(made.id, { revokedAt: null });
    expect(await ask("3")).toBe("allowed");
    for (const jti of ["4", "5", "6"]) expect(await ask(jti)).toBe("rate_limited");
    expect(claimed).toHaveLength(3);
  });
});

describe("a token's claims", () => {
  test.each([
    [{ scope: ["read:users"] }],
    [{ scopes: "read:users" }],
    [{ scopes: { a: 1 } }],
    [{ scopes: null }],
    [{ scope: null }],
    [{ scope: 7 }],
    [{ scopes: [] }],
    [{ scope: "" }],
  ])("%j give nothing of the key's scopes away", async (claims) => {
    const world = new World(EVERY_WAY);
    const { id: accountId } = world.account();
    const user = world.user([accountId]);
    const { kid, id, privateKey } = world.signingKey(accountId);
    world.change(id, { scopes: ["admin:all"] });
    const ask = (more: object) =>
      world.verdict({
        target: "/v2/users",
        headers: bearer(aToken({ sub: user.id, exp, ...more }, privateKey, { kid })),
      });
    expect(await ask({})).toBe("allowed");
    expect(await ask(claims)).toBe("scope_insufficient");
  });

  test("a user of another account owns nothing in this one", async () => {
    const world = new World(EVERY_WAY);
    const { id: accountId } = world.account();
    const theirs = world.user([world.account().id]);
    const { secret } = world.jwtSecret(accountId, "me", ["write:own"]);
    const ask = (sub: string) => {
      const token = aToken({ iss: "me", sub, exp, scopes: ["write:own"] }, secret);
      const target = `/v2/users/${sub}`;
      return world.verdict({ method: "PATCH", target, headers: bearer(token) });
    };
    expect(await ask("somebody")).toBe("allowed");
    expect(await ask("user_of_their_own")).toBe("allowed");
    expect(await ask(theirs.id)).toBe("scope_insufficient");
  });

  test("a scope that the key gives only in part is told as that part", async () => {
    const world = new World(EVERY_WAY);
    const { id: accountId } = world.account();
    const part = async (held: readonly string[], scopes: readonly string[]) => {
      const issuer = `${held} ${scopes}`;
      const { secret } = world.jwtSecret(accountId, issuer, held);
      const token = aToken({ iss: issuer, sub: "x", exp, scopes }, secret);
      const decision = await world.decide({ headers: bearer(token) });
      return decision.principal?.scopes;
    };
    expect(await part(["read:users"], ["read:all"])).toEqual(["read:users"]);
    expect(await part(["read:all"], ["read:users"])).toEqual(["read:users"]);
    expect(await part(["read:all", "write:users"], ["admin:all"])).toEqual([
      "read:all",
      "write:users",
    ]);
    expect(await part(["read:users"], ["write:users", "nonsense"])).toEqual([]);
  });

  test("cost no memory beyond what the policy knows", async () => {
    const world = new World(EVERY_WAY);
    const { id: accountId } = world.account();
    const { secret } = world.jwtSecret(accountId, "me", ["read:users"]);
    const scopes = [...Array.from({ length: 300 }, (_, i) => `x:${i}`), "read:users", "read:users"];
    const decision = await world.decide({
      headers: bearer(aToken({ iss: "me", sub: "x", exp, scopes }, secret)),
    });
    expect(decision.principal?.scopes).toEqual(["read:users"]);
  });
});

describe("an address", () => {
  test("has one count, from whatever credentials requests come", async () => {
    const windows = ["3/hour"];
    const world = new World({ ...EVERY_WAY, limits: { apiKey: { per: "address", windows } } });
    const { id: accountId } = world.account();
    const keys = Array.from({ length: 5 }, () => world.key({ accountId }).key);
    for (const [i, key] of keys.entries()) {
      const address = `192.0.2.${10 + i}`;
      expect(await world.verdict({ headers: bearer(key), address })).toBe("allowed");
    }
    const verdicts = [];
    for (const key of keys) verdicts.push(await world.verdict({ headers: bearer(key) }));
    expect(verdicts).toEqual(["allowed", "allowed", "allowed", "rate_limited", "rate_limited"]);
  });

  test("that keeps naming users that do not exist is not asked about for ever", async () => {
    const world = new World({ ...EVERY_WAY, failures: ["10/hour"] });
    const { id: accountId } = world.account();
    const { kid, id, privateKey } = world.signingKey(accountId);
    const ask = (n: number) =>
      world.verdict({
        headers: bearer(aToken({ sub: `user_${n}`, exp }, privateKey, { kid })),
      });
    for (let n = 0; n < 50; n += 1) await ask(n);
    expect(world.asked.length).toBeLessThanOrEqual(12);
    world.now += 3_600_000;
    world.change(id, { revokedAt: NOW });
    const before = world.asked.length;
    const late = { exp: world.now / 1000 + 30 };
    const revoked = (n: number) =>
      world.verdict({
        headers: bearer(aToken({ sub: `user_${n}`, ...late }, privateKey, { kid })),
      });
    for (let n = 100; n < 120; n += 1) expect(await revoked(n)).toBe("credential_revoked");
    expect(world.asked.length).toBe(before);
  });

  test("learns nothing about issuers and kids by a wrong algorithm or key claim", async () => {
    const world = new World({ ...EVERY_WAY, failures: ["5/hour"] });
    const { id: accountId } = world.account();
    world.jwtSecret(accountId, "known");
    const ask = (iss: string) =>
      world.verdict({ headers: bearer(aToken({ iss, sub: "x", exp }, "k", { alg: "HS512" })) });
    for (let i = 0; i < 5; i += 1) expect(await ask("known")).toBe("token_algorithm_refused");
    expect(await ask("known")).toBe("address_throttled");
    expect(await ask("unknown")).toBe("address_throttled");
  });

  test("that guesses cannot tell a revoked key from an unknown one", async () => {
    const world = new World({ ...EVERY_WAY, failures: ["5/hour"] });
    const { id: accountId } = world.account();
    const { key, id } = world.key({ accountId });
    expect(await world.verdict({ headers: bearer(key) })).toBe("allowed");
    world.change(id, { revokedAt: NOW });
    expect(await world.verdict({ headers: bearer(key) })).toBe("credential_revoked");
    for (let i = 0; i < 6; i += 1) {
      const token = aToken({ iss: `unknown ${i}`, sub: "x", exp }, "k");
      await world.verdict({ headers: bearer(token) });
    }
    expect(await world.verdict({ headers: bearer(key) })).toBe("address_throttled");
  });

  test("is charged for nothing that an operator has explained", async () => {
    const world = new World({ ...EVERY_WAY, failures: ["2/hour"] });
    const token = (n: number) => bearer(aToken({ iss: `unknown ${n}`, sub: "x", exp }, "k"));
    for (let n = 0; n < 9; n += 1) await world.decide({ headers: token(n) }, { explain: true });
    expect(await world.verdict({ headers: token(10) })).toBe("credential_unknown");
  });
});

describe("a brown-out", () => {
  test("of an old secret tells of the rotation, to clients and signers alike", async () => {
    const brownOuts = [{ from: NOW, to: NOW + 120_000 }];
    const life = { endsAt: NOW + 900_000, rotatedAt: NOW - 1000, brownOuts };
    const rotation = { rotatedAt: NOW - 1000, endsAt: NOW + 900_000 };
    const world = new World(EVERY_WAY);
    const { id: accountId } = world.account();
    const { secret } = world.jwtSecret(accountId, "me", [], life);
    const client = world.client(accountId, [], life);
    const asked = [
      bearer(aToken({ iss: "me", sub: "x", exp: exp + 600 }, secret)),
      { "x-cal-client-id": client.id, "x-cal-secret-key": client.secret },
    ];
    for (const headers of asked) {
      const refusal = { reason: "credential_browned_out", rotation };
      expect(await world.decide({ headers })).toMatchObject(refusal);
    }
    world.now += 120_000;
    for (const headers of asked) {
      expect(await world.decide({ headers })).toMatchObject({ outcome: "allow", rotation });
    }
  });
});

test("a user of many accounts is asked about no more than is needed", async () => {
  const world = new World(EVERY_WAY);
  const platform = world.account({ kind: "platform" });
  const children = Array.from({ length: 60 }, () => world.account({ parentId: platform.id }).id);
  const user = world.user(children);
  const { kid, privateKey } = world.signingKey(platform.id);
  const token = bearer(aToken({ sub: user.id, exp }, privateKey, { kid }));
  expect(await world.verdict({ headers: token })).toBe("account_missing");
  const last = children.at(-1) ?? "";
  expect(await world.verdict({ headers: { ...token, "x-account": last } })).toBe("allowed");
  expect(world.asked.length).toBeLessThanOrEqual(6);
});

test("without a lease, answers that took too long in a row do not count", async () => {
  const slow = { now: NOW };
  const lease = { holds: () => false, age: () => 0 };
  const world = new World(EVERY_WAY, { lease, clock: () => slow.now });
  const platform = world.account({ kind: "platform" });
  const child = world.account({ parentId: platform.id });
  const { key } = world.key({ accountId: platform.id });
  const headers = { ...bearer(key), "x-account": child.id };
  expect(await world.verdict({ headers })).toBe("allowed");
  const asking = world.verdict({ headers });
  slow.now += 2501;
  expect(await asking).toBe("source_unavailable");
});
