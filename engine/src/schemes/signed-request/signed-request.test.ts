import { describe, expect, test } from "vitest";
import { defineApi } from "../../policy/define.ts";
import { standardApi } from "../../profiles/standard.ts";
import { aToken, NOW, World } from "../../testing/world.ts";

const API = defineApi({
  slug: "acme",
  extends: standardApi,
  schemes: ["api-key", "signed-request", "anonymous"],
  several: "refuse",
});
const exp = NOW / 1000 + 15;

function scene(signing: "off" | "optional" | "required" = "required", definition = API) {
  const world = new World(definition);
  const organization = world.account({ kind: "organization" });
  const account = world.account({ parentId: organization.id });
  const user = world.user([account.id]);
  const { key, secret, id } = world.key({ accountId: account.id, userId: user.id, signing });
  const app = world.organizationKey(organization.id);
  const sign = (claims: object = {}, by = secret) => aToken({ key, exp, ...claims }, by);
  const appSign = (claims: object = {}, by = app.secret) =>
    aToken({ key: app.appKey, exp, ...claims }, by);
  const verdict = (headers: Record<string, string>) =>
    world.verdict({ target: "/x", headers: { "x-api-key": key, ...headers } });
  return { world, organization, account, user, key, secret, id, app, sign, appSign, verdict };
}

test.each([
  ["off", undefined, "allowed"],
  ["optional", undefined, "allowed"],
  ["required", undefined, "signature_missing"],
  ["optional", "good", "allowed"],
  ["required", "good", "allowed"],
  ["off", "good", "signature_invalid"],
  ["optional", "bad", "signature_invalid"],
  ["required", "bad", "signature_invalid"],
] as const)("a key whose signing is %s, with a signature that is %s: %s", async (...row) => {
  const [signing, signature, expected] = row;
  const { sign, verdict } = scene(signing);
  const value = signature === "good" ? sign() : sign({}, "another secret altogether");
  expect(await verdict(signature === undefined ? {} : { "x-signature": value })).toBe(expected);
});

test.each([
  ["optional", "no signature", "allowed"],
  ["required", "no signature", "signature_missing"],
  ["optional", "a signature", "source_unavailable"],
  ["required", "a signature", "source_unavailable"],
  ["required", "an old signature", "token_expired"],
] as const)("without its secret, a key whose signing is %s, with %s: %s", async (...row) => {
  const [signing, sent, expected] = row;
  const { world, sign, verdict } = scene(signing);
  world.withholds = true;
  const value = sign(sent === "an old signature" ? { exp: NOW / 1000 - 60 } : {});
  expect(await verdict(sent === "no signature" ? {} : { "x-signature": value })).toBe(expected);
});

test("a key that must be signed is refused as Bearer, where nothing is signed", async () => {
  const { world, key } = scene("required");
  const headers = { authorization: `Bearer ${key}` };
  expect(await world.verdict({ headers })).toBe("signature_missing");
});

test.each<[string, object, string]>([
  ["for another key", { key: "another" }, "signature_key_mismatch"],
  ["for no key", { key: undefined }, "signature_key_mismatch"],
  ["without exp", { exp: undefined }, "token_expiry_missing"],
  ["of 60 s, as the official clients make it", { exp: NOW / 1000 + 60 }, "allowed"],
  ["65 s ahead: clocks differ", { exp: NOW / 1000 + 65 }, "allowed"],
  ["66 s ahead", { exp: NOW / 1000 + 66 }, "token_lifetime_exceeded"],
  ["4 s old", { exp: NOW / 1000 - 4 }, "allowed"],
  ["5 s old", { exp: NOW / 1000 - 5 }, "token_expired"],
  ["with iat", { iat: NOW / 1000 }, "allowed"],
])("a signature %s: %s", async (_what, claims, expected) => {
  const { sign, verdict } = scene();
  expect(await verdict({ "x-signature": sign(claims) })).toBe(expected);
});

test("a signature of one key does not do for another, though it was verified before", async () => {
  const { world, account, sign, verdict } = scene();
  const signature = sign();
  expect(await verdict({ "x-signature": signature })).toBe("allowed");
  const other = world.key({ accountId: account.id, signing: "required" });
  const headers = { "x-api-key": other.key, "x-signature": signature };
  expect(await world.verdict({ headers })).toBe("signature_key_mismatch");
});

describe("an organization", () => {
  test("signs for its user, who then need not sign", async () => {
    const { world, key, app, appSign, organization, user, account } = scene();
    const headers = { "x-api-key": key, "x-app-key": app.appKey, "x-app-signature": appSign() };
    expect(await world.decide({ headers })).toMatchObject({
      outcome: "allow",
      principal: {
        kind: "user",
        userId: user.id,
        accountId: account.id,
        actor: { kind: "organization", id: organization.id },
        scheme: "signed-request",
      },
    });
  });

  test.each<[string, (of: ReturnType<typeof scene>) => Record<string, string>, string]>([
    ["only its key", ({ app }) => ({ "x-app-key": app.appKey }), "organization_headers_incomplete"],
    [
      "only its signature",
      ({ appSign }) => ({ "x-app-signature": appSign() }),
      "organization_headers_incomplete",
    ],
    [
      "a key of nobody",
      ({ appSign }) => ({ "x-app-key": "none", "x-app-signature": appSign() }),
      "credential_unknown",
    ],
    [
      "a signature with the user's secret",
      ({ app, appSign, secret }) => ({
        "x-app-key": app.appKey,
        "x-app-signature": appSign({}, secret),
      }),
      "signature_invalid",
    ],
    [
      "a signature for another key",
      ({ app, appSign, key }) => ({ "x-app-key": app.appKey, "x-app-signature": appSign({ key }) }),
      "signature_key_mismatch",
    ],
    [
      "all four",
      ({ app, appSign, sign }) => ({
        "x-app-key": app.appKey,
        "x-app-signature": appSign(),
        "x-signature": sign(),
      }),
      "allowed",
    ],
    [
      "all four, the user's wrong",
      ({ app, appSign, sign }) => ({
        "x-app-key": app.appKey,
        "x-app-signature": appSign(),
        "x-signature": sign({}, "wrong"),
      }),
      "signature_invalid",
    ],
  ])("with %s: %#", async (_what, headersOf, expected) => {
    const at = scene();
    expect(await at.verdict(headersOf(at))).toBe(expected);
  });

  test("does not sign for the users of others, though one may belong to several", async () => {
    const { world, organization, app, appSign } = scene();
    const foreign = world.account();
    const stranger = world.user([foreign.id]);
    const member = world.user([foreign.id, organization.id]);
    const signed = (userId: string) => {
      const { key } = world.key({ accountId: foreign.id, userId });
      return world.verdict({
        headers: { "x-api-key": key, "x-app-key": app.appKey, "x-app-signature": appSign() },
      });
    };
    expect(await signed(stranger.id)).toBe("organization_mismatch");
    expect(await signed(member.id)).toBe("allowed");
  });

  test.each<[string, object, string]>([
    ["revoked", { revokedAt: NOW }, "credential_revoked"],
    ["expired", { expiresAt: NOW }, "credential_expired"],
  ])("signs for nobody once its key is %s", async (_what, change, reason) => {
    const { world, app, appSign, verdict } = scene();
    const headers = { "x-app-key": app.appKey, "x-app-signature": appSign() };
    expect(await verdict(headers)).toBe("allowed");
    world.change(app.id, change);
    expect(await verdict(headers)).toBe(reason);
  });

  test("signs for nobody while it is suspended", async () => {
    const { world, organization, app, appSign, verdict } = scene();
    world.account({ ...organization, status: "suspended" });
    const headers = { "x-app-key": app.appKey, "x-app-signature": appSign() };
    expect(await verdict(headers)).toBe("account_suspended");
  });
});

describe("used twice", () => {
  const ONCE = defineApi({ slug: "once", extends: API, signatures: { oneTime: true } });

  test("a signature with a jti passes only where that is allowed", async () => {
    for (const [definition, second] of [
      [API, "allowed"],
      [ONCE, "signature_replayed"],
    ] as const) {
      const { sign, verdict } = scene("required", definition);
      const headers = { "x-signature": sign({ jti: "1" }) };
      expect(await verdict(headers)).toBe("allowed");
      expect(await verdict(headers)).toBe(second);
      expect(await verdict({ "x-signature": sign({ jti: "2" }) })).toBe("allowed");
    }
  });

  test("a signature without a jti passes: two of one second are the same", async () => {
    const { sign, verdict } = scene("required", ONCE);
    const headers = { "x-signature": sign() };
    expect(await verdict(headers)).toBe("allowed");
    expect(await verdict(headers)).toBe("allowed");
  });

  test("an explanation does not use a jti up", async () => {
    const { world, key, sign, verdict } = scene("required", ONCE);
    const headers = { "x-api-key": key, "x-signature": sign({ jti: "1" }) };
    for (let i = 0; i < 3; i += 1) {
      expect(await world.decide({ headers }, { explain: true })).toMatchObject({
        outcome: "allow",
      });
    }
    expect(await verdict(headers)).toBe("allowed");
  });

  test("a jti that cannot be recorded is refused", async () => {
    const away = () => Promise.reject(new Error("away"));
    const world = new World(ONCE, { oneTime: { claim: away, isClaimed: away } });
    const { id: accountId } = world.account();
    const { key, secret } = world.key({ accountId, signing: "required" });
    const headers = { "x-api-key": key, "x-signature": aToken({ key, exp, jti: "1" }, secret) };
    expect(await world.verdict({ headers })).toBe("one_time_unavailable");
  });
});

test("one that is told to wait is listened to after that time, where guessing blocks", async () => {
  const failures = [{ name: "guesses", max: 2, windowSeconds: 60, blockSeconds: 600 }];
  const { world, key, sign } = scene("required", defineApi({ ...API, failures }));
  const guess = () => {
    const guessed = sign({ exp: world.now / 1000 + 15 }, "guess");
    return world.decide({ target: "/x", headers: { "x-api-key": key, "x-signature": guessed } });
  };
  for (let i = 0; i < 2; i += 1)
    expect(await guess()).toMatchObject({ reason: "signature_invalid" });
  const throttled = { reason: "address_throttled" };
  expect(await guess()).toMatchObject({ ...throttled, retryAfterSeconds: 600 });
  world.now += 599_000;
  expect(await guess()).toMatchObject({ ...throttled, retryAfterSeconds: 1 });
  world.now += 1000;
  expect(await guess()).toMatchObject({ reason: "signature_invalid" });
});

test("one that guesses signatures is told to wait, and the owner is not", async () => {
  const { sign, verdict } = scene();
  for (let i = 0; i < 100; i += 1) {
    expect(await verdict({ "x-signature": sign({ n: i }, "guess") })).toBe("signature_invalid");
  }
  expect(await verdict({ "x-signature": sign({}, "guess") })).toBe("address_throttled");
  expect(await verdict({ "x-signature": sign() })).toBe("allowed");
});
