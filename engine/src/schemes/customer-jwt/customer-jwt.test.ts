import { describe, expect, test } from "vitest";
import { defineApi } from "../../policy/define.ts";
import { standardApi } from "../../profiles/standard.ts";
import { aToken, NOW, World } from "../../testing/world.ts";

const API = defineApi({
  slug: "acme",
  extends: standardApi,
  schemes: ["api-key", "customer-jwt", "anonymous"],
  accountHeader: "x-account",
  endpoints: [
    { match: "/me", accepts: ["user"], context: "own" },
    { match: "/platform", accepts: ["platform"], context: "own" },
    { match: "/account", accepts: ["account", "platform"] },
  ],
  tokens: { audience: ["acme"] },
});
const exp = NOW / 1000 + 3600;

function scene() {
  const world = new World(API);
  const account = world.account();
  const user = world.user([account.id]);
  const { kid, id, privateKey } = world.signingKey(account.id);
  const ask = (claims: object, header: Record<string, unknown> = {}, more = {}) => {
    const token = aToken({ sub: user.id, exp, ...claims }, privateKey, { kid, ...header });
    return world.decide({
      target: "/anything",
      headers: { authorization: `Bearer ${token}`, ...more },
    });
  };
  return { world, account, user, kid, id, privateKey, ask };
}

test.each(["ES256", "EdDSA", "RS256"] as const)("accepts a user's %s token", async (type) => {
  const { world, account, user } = scene();
  const { kid, id, privateKey } = world.signingKey(account.id, type);
  const token = aToken({ sub: user.id, exp }, privateKey, { kid });
  const headers = { authorization: `Bearer ${token}` };
  expect(await world.decide({ headers })).toMatchObject({
    outcome: "allow",
    expiresAt: exp * 1000,
    principal: {
      kind: "user",
      accountId: account.id,
      userId: user.id,
      subject: null,
      actor: null,
      credentialId: id,
      scheme: "customer-jwt",
    },
  });
});

test.each<[string, object, Record<string, unknown>, string]>([
  ["no kid", {}, { kid: undefined }, "token_key_missing"],
  ["an unknown kid", {}, { kid: "kid_unknown" }, "credential_unknown"],
  ["a kid with a path", {}, { kid: "../../etc/passwd" }, "credential_unknown"],
  ["another algorithm", {}, { alg: "ES384" }, "token_algorithm_refused"],
  ["RS256 for an ES256 key", {}, { alg: "RS256" }, "token_algorithm_refused"],
  ["HS256", {}, { alg: "HS256" }, "credential_malformed"],
  ["no algorithm", {}, { alg: "none" }, "token_algorithm_refused"],
  ["a key of its own", {}, { jwk: {} }, "token_malformed"],
  ["no sub", { sub: undefined }, {}, "token_subject_missing"],
  ["a sub that is a number", { sub: 7 }, {}, "token_subject_missing"],
  ["an unknown user", { sub: "user_nobody" }, {}, "token_subject_unknown"],
  ["no exp", { exp: undefined }, {}, "token_expiry_missing"],
  ["an exp that has passed", { exp: NOW / 1000 - 30 }, {}, "token_expired"],
  ["an exp that passed within the clocks' difference", { exp: NOW / 1000 - 29 }, {}, "allowed"],
  ["an exp a day and half a minute ahead", { exp: NOW / 1000 + 86_430 }, {}, "allowed"],
  ["an exp further ahead", { exp: NOW / 1000 + 86_431 }, {}, "token_lifetime_exceeded"],
  ["an nbf ahead", { nbf: NOW / 1000 + 31 }, {}, "token_not_yet_valid"],
  ["our audience", { aud: ["other", "acme"] }, {}, "allowed"],
  ["another audience", { aud: "other" }, {}, "token_audience_refused"],
])("decides about a token with %s", async (_what, claims, header, expected) => {
  const decision = await scene().ask(claims, header);
  expect(decision.outcome === "deny" ? decision.reason : "allowed").toBe(expected);
});

test.each(["../accounts", "user_A", `user_${"0".repeat(65)}`, "acct_1", "a b"])(
  "nobody is asked about the user %j",
  async (sub) => {
    const { world, ask } = scene();
    expect(await ask({ sub }, {})).toMatchObject({ reason: "token_subject_unknown" });
    expect(world.asked).not.toContain(sub);
  },
);

describe("the key", () => {
  test("that is another's does not verify", async () => {
    const { world, account, user, kid } = scene();
    const other = world.signingKey(account.id);
    const token = aToken({ sub: user.id, exp }, other.privateKey, { kid });
    const headers = { authorization: `Bearer ${token}` };
    expect(await world.verdict({ headers })).toBe("signature_invalid");
  });

  test("and the user are asked about once", async () => {
    const { world, ask } = scene();
    for (let i = 0; i < 3; i += 1)
      expect(await ask({ jti: `${i}` })).toMatchObject({ outcome: "allow" });
    expect(world.asked).toHaveLength(2);
  });

  test.each<[string, object, string]>([
    ["is revoked", { revokedAt: NOW }, "credential_revoked"],
    ["has expired", { expiresAt: NOW }, "credential_expired"],
    [
      "is browned out",
      { brownOuts: [{ from: NOW, to: NOW + 1 }], rotatedAt: NOW - 1 },
      "credential_browned_out",
    ],
  ])("ends its verified tokens with it when it %s", async (_what, change, reason) => {
    const { world, id, ask } = scene();
    const token = { jti: "the same" };
    expect(await ask(token)).toMatchObject({ outcome: "allow" });
    world.change(id, change);
    expect(await ask(token)).toMatchObject({ reason });
  });

  test("of a suspended account verifies nobody", async () => {
    const { world, account, ask } = scene();
    expect(await ask({})).toMatchObject({ outcome: "allow" });
    world.account({ ...account, status: "suspended" });
    expect(await ask({})).toMatchObject({ reason: "account_suspended" });
  });
});

test("a verified token ends at its exp, to the millisecond of the clocks' difference", async () => {
  const { world, ask } = scene();
  const token = { exp: NOW / 1000 + 10 };
  expect(await ask(token)).toMatchObject({ outcome: "allow" });
  world.now = NOW + 39_999;
  expect(await ask(token)).toMatchObject({ outcome: "allow" });
  world.now = NOW + 40_000;
  expect(await ask(token)).toMatchObject({ reason: "token_expired" });
});

test("the other signature that fits the same content is the same token to its limit", async () => {
  const limits = { jwt: { per: "token", windows: ["1/hour"] } } as const;
  const world = new World(defineApi({ slug: "acme", extends: API, limits }));
  const account = world.account();
  const user = world.user([account.id]);
  const { kid, privateKey } = world.signingKey(account.id);
  const token = aToken({ sub: user.id, exp }, privateKey, { kid });
  const verdict = (text: string) => world.verdict({ headers: { authorization: `Bearer ${text}` } });
  expect(await verdict(token)).toBe("allowed");
  expect(await verdict(withOtherS(token))).toBe("rate_limited");
});

/** Of ES256: with s taken from the order of P-256, a signature is as good as before. */
function withOtherS(token: string): string {
  const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
  const end = token.lastIndexOf(".") + 1;
  const signature = Buffer.from(token.slice(end), "base64url");
  const s = order - BigInt(`0x${signature.toString("hex", 32)}`);
  signature.write(s.toString(16).padStart(64, "0"), 32, "hex");
  return token.slice(0, end) + signature.toString("base64url");
}

test("a user that leaves the account is nobody there, whatever was verified", async () => {
  const { world, user, ask } = scene();
  expect(await ask({})).toMatchObject({ outcome: "allow" });
  const other = world.account();
  world.user([other.id], user.id);
  expect(await ask({})).toMatchObject({ reason: "token_subject_unknown" });
});

describe("the account acted for", () => {
  /** A platform with two children, one of a stranger, and a user of the first two. */
  function platform() {
    const world = new World(API);
    const plat = world.account({ kind: "platform" });
    const [one, two, foreign] = [
      world.account({ parentId: plat.id }),
      world.account({ parentId: plat.id }),
      world.account(),
    ];
    const user = world.user([one.id, two.id, foreign.id]);
    const { kid, privateKey } = world.signingKey(plat.id);
    const token = aToken({ sub: user.id, exp }, privateKey, { kid });
    const bearer = { authorization: `Bearer ${token}` };
    const key = world.key({ accountId: plat.id }).key;
    return {
      world,
      plat,
      one,
      two,
      foreign,
      user,
      bearer,
      key: { authorization: `Bearer ${key}` },
    };
  }

  test("of a user's token is named among several, and need not be for its own data", async () => {
    const { world, plat, one, foreign, bearer } = platform();
    expect(await world.verdict({ target: "/x", headers: bearer })).toBe("account_missing");
    const named = { ...bearer, "x-account": one.id };
    expect(await world.decide({ target: "/x", headers: named })).toMatchObject({
      principal: { kind: "user", accountId: one.id, actor: { kind: "platform", id: plat.id } },
    });
    const theirs = { ...bearer, "x-account": foreign.id };
    expect(await world.verdict({ target: "/x", headers: theirs })).toBe("account_unknown");
    expect(await world.verdict({ target: "/me", headers: bearer })).toBe("allowed");
  });

  test.each<[string, (ids: ReturnType<typeof platform>) => string | undefined, string]>([
    ["nobody", () => undefined, "account_missing"],
    ["a child", ({ one }) => one.id, "allowed"],
    ["a stranger", ({ foreign }) => foreign.id, "account_unknown"],
    ["one that does not exist", () => "acct_nothing", "account_unknown"],
    ["what is no id", () => "' or 1=1", "account_unknown"],
  ])("of a platform's key that names %s: %#", async (_whom, idOf, expected) => {
    const scene = platform();
    const id = idOf(scene);
    const headers = { ...scene.key, ...(id === undefined ? {} : { "x-account": id }) };
    expect(await scene.world.verdict({ target: "/account", headers })).toBe(expected);
  });

  test("of a child that is suspended is closed to its platform too", async () => {
    const { world, one, key } = platform();
    const headers = { ...key, "x-account": one.id };
    expect(await world.verdict({ target: "/account", headers })).toBe("allowed");
    world.account({ ...one, status: "suspended" });
    expect(await world.verdict({ target: "/account", headers })).toBe("account_suspended");
  });

  test("of a platform's key for one of its users is an account of that user too", async () => {
    const { world, plat, one, two } = platform();
    const user = world.user([plat.id, one.id]);
    const { key } = world.key({ accountId: plat.id, userId: user.id });
    const named = (id: string) => ({ authorization: `Bearer ${key}`, "x-account": id });
    expect(await world.verdict({ target: "/x", headers: named(one.id) })).toBe("allowed");
    expect(await world.verdict({ target: "/x", headers: named(two.id) })).toBe("account_unknown");
  });

  test("of an account's own key may be named, and no other", async () => {
    const { world, one, two } = platform();
    const { key } = world.key({ accountId: one.id });
    const named = (id: string) => ({ authorization: `Bearer ${key}`, "x-account": id });
    expect(await world.verdict({ target: "/account", headers: named(one.id) })).toBe("allowed");
    expect(await world.verdict({ target: "/account", headers: named(two.id) })).toBe(
      "account_mismatch",
    );
  });

  test.each([
    ["/me", "key", "principal_kind_refused"],
    ["/platform", "key", "allowed"],
    ["/platform", "bearer", "principal_kind_refused"],
    ["/account", "bearer", "principal_kind_refused"],
  ] as const)("%s with a platform's %s: %s", async (target, which, expected) => {
    const scene = platform();
    expect(await scene.world.verdict({ target, headers: scene[which] })).toBe(expected);
  });
});
