import { expect, test } from "vitest";
import { defineApi } from "../../policy/define.ts";
import { standardApi } from "../../profiles/standard.ts";
import { aToken, NOW, World } from "../../testing/world.ts";

const API = defineApi({
  slug: "acme",
  extends: standardApi,
  schemes: ["api-key", "shared-secret-jwt", "anonymous"],
});
const exp = NOW / 1000 + 3600;
const ISSUER = "api.example.com";

function scene(scopes: readonly string[] = ["read:all", "write:own", "read:users"]) {
  const world = new World(API);
  const account = world.account();
  const { secret, id } = world.jwtSecret(account.id, ISSUER, scopes);
  const ask = (
    claims: object,
    { key = secret, target = "/x", method = "GET", header = {} } = {},
  ) => {
    const token = aToken({ iss: ISSUER, sub: "user_123", exp, ...claims }, key, header);
    return world.decide({ target, method, headers: { authorization: `Bearer ${token}` } });
  };
  return { world, account, id, secret, ask };
}

test("accepts what the document's sample makes, as the subject that it names", async () => {
  const { account, id, ask } = scene();
  const claims = { name: "John Doe", iat: NOW / 1000, scopes: ["read:all", "write:own"] };
  expect(await ask(claims)).toMatchObject({
    outcome: "allow",
    expiresAt: exp * 1000,
    principal: {
      kind: "user",
      accountId: account.id,
      userId: null,
      subject: "user_123",
      scopes: ["read:all", "write:own"],
      credentialId: id,
      scheme: "shared-secret-jwt",
    },
  });
});

test("names a user of the account as such, and one of another account as a mere subject", async () => {
  const { world, account, ask } = scene();
  const user = world.user([account.id]);
  const stranger = world.user([world.account().id]);
  expect(await ask({ sub: user.id })).toMatchObject({
    principal: { userId: user.id, subject: null },
  });
  expect(await ask({ sub: stranger.id })).toMatchObject({
    principal: { userId: null, subject: stranger.id },
  });
});

test.each<[string, object, object, string]>([
  ["no issuer", { iss: undefined }, {}, "token_issuer_missing"],
  ["another issuer", { iss: "other" }, {}, "credential_unknown"],
  ["another secret", {}, { key: "a wrong secret that is long enough" }, "signature_invalid"],
  ["HS512 in its header", {}, { header: { alg: "HS512" } }, "token_algorithm_refused"],
  ["RS256 in its header", {}, { header: { alg: "RS256" } }, "credential_malformed"],
  ["none in its header", {}, { header: { alg: "none" } }, "credential_malformed"],
  ["no subject", { sub: undefined }, {}, "token_subject_missing"],
  ["a subject of 256 characters", { sub: "u".repeat(256) }, {}, "token_subject_missing"],
  ["a subject of 255 characters", { sub: "u".repeat(255) }, {}, "allowed"],
  ["one of 256 that take two units", { sub: "😀".repeat(256) }, {}, "token_subject_missing"],
  ["one of 255 that take two units", { sub: "😀".repeat(255) }, {}, "allowed"],
  ["no exp", { exp: undefined }, {}, "token_expiry_missing"],
  ["an exp that has passed", { exp: NOW / 1000 - 30 }, {}, "token_expired"],
])("decides about a token with %s", async (_what, claims, how, expected) => {
  const decision = await scene().ask(claims, how);
  expect(decision.outcome === "deny" ? decision.reason : "allowed").toBe(expected);
});

test.each<[readonly string[], readonly string[] | undefined, string, string]>([
  [["read:users"], ["read:users"], "GET /v2/users", "allowed"],
  [["read:users"], ["read:all"], "GET /v2/users", "allowed"],
  [["read:users"], ["read:all"], "GET /v2/projects", "scope_insufficient"],
  [["read:all"], ["read:users"], "GET /v2/projects", "scope_insufficient"],
  [["read:all"], undefined, "GET /v2/users", "scope_insufficient"],
  [["read:all"], [], "GET /v2/users", "scope_insufficient"],
  [["read:all"], ["admin:all"], "GET /v2/users", "allowed"],
  [["read:all"], ["admin:all"], "DELETE /v2/projects/1", "scope_insufficient"],
  [["write:own"], ["write:own"], "PATCH /v2/users/user_123", "allowed"],
  [["write:own"], ["write:own"], "PATCH /v2/users/user_4", "scope_insufficient"],
])("a secret with %j lets a token with %j do %s: %s", async (held, scopes, line, expected) => {
  const [method = "", target = ""] = line.split(" ");
  const decision = await scene(held).ask({ scopes }, { method, target });
  expect(decision.outcome === "deny" ? decision.reason : "allowed").toBe(expected);
});

test("scopes that the secret loses are lost to tokens verified before", async () => {
  const { world, id, ask } = scene(["read:users"]);
  const asked = [{ scopes: ["read:users"] }, { target: "/v2/users" }] as const;
  expect(await ask(...asked)).toMatchObject({ outcome: "allow" });
  world.change(id, { scopes: [] });
  expect(await ask(...asked)).toMatchObject({ reason: "scope_insufficient" });
});

test("a changed secret is asked for, and its verified tokens are verified again", async () => {
  const { world, id, ask } = scene();
  expect(await ask({})).toMatchObject({ outcome: "allow" });
  const before = world.asked.length;
  world.change(id, { generation: 2 });
  expect(await ask({})).toMatchObject({ outcome: "allow" });
  expect(world.asked.length).toBe(before + 1);
});

test("an issuer is free again once its secret is revoked and given to another", async () => {
  const { world, id, ask } = scene();
  expect(await ask({})).toMatchObject({ outcome: "allow" });
  world.change(id, { revokedAt: NOW });
  expect(await ask({})).toMatchObject({ reason: "credential_revoked" });
  const other = world.jwtSecret(world.account().id, ISSUER);
  expect(await ask({}, { key: other.secret })).toMatchObject({ outcome: "allow" });
});

test("each token has its own counters", async () => {
  const { world, ask } = scene();
  const id = { limit: { decisive: { remaining: 9999 } } };
  expect(await ask({ jti: "1" })).toMatchObject(id);
  expect(await ask({ jti: "2" })).toMatchObject(id);
  expect(await ask({ jti: "1" })).toMatchObject({ limit: { decisive: { remaining: 9998 } } });
  expect(world.engine.known()).toBe(1);
});
