import { beforeEach, describe, expect, test } from "vitest";
import type { Decision } from "../../domain/decision.ts";
import { defineApi } from "../../policy/define.ts";
import { standardApi } from "../../profiles/standard.ts";
import { aToken, NOW, World } from "../../testing/world.ts";

const API = defineApi({
  slug: "acme",
  extends: standardApi,
  schemes: ["api-key", "shared-secret-jwt", "anonymous"],
});
const SKEW_SECONDS = 30;
const ISSUER = "api.example.com";
const QUESTION = "signature shared-secret-jwt";

let world: World;
let account: ReturnType<World["account"]>;
let signer: ReturnType<World["jwtSecret"]>;
/** Until when the lease holds. */
let leaseEnds: number;
beforeEach(() => {
  leaseEnds = Number.POSITIVE_INFINITY;
  const lease = { holds: () => world === undefined || world.now < leaseEnds, age: () => 0 };
  world = new World(API, { lease });
  world.withholds = true;
  account = world.account();
  signer = world.jwtSecret(account.id, ISSUER, ["read:users"]);
});

const claims = (changes: object = {}) => ({
  ...{ iss: ISSUER, sub: "u1", scopes: ["read:users"], exp: NOW / 1000 + 3600 },
  ...changes,
});
const tokenOf = (changes: object = {}, secret = signer.secret) => aToken(claims(changes), secret);
const told = (decision: Decision) =>
  decision.outcome === "deny" ? decision.reason : decision.outcome;

async function outcome(token: string, address = "192.0.2.1"): Promise<string> {
  const headers = { authorization: `Bearer ${token}` };
  return told(await world.decide({ target: "/v2/users", headers, address }));
}

/** How often the source was asked about a signature. */
const asked = () => world.asked.filter((what) => what === QUESTION).length;

test("asks about a token once, for all who wait, then decides from memory", async () => {
  const token = tokenOf();
  const first = await Promise.all(Array.from({ length: 20 }, () => outcome(token)));
  expect(new Set(first)).toEqual(new Set(["allow"]));
  expect(await outcome(token)).toBe("allow");
  expect(asked()).toBe(1);
});

test.each([1, 31, 33, 3000])("nobody is asked about a signature of %i bytes", async (length) => {
  const token = tokenOf().replace(/[^.]+$/, Buffer.alloc(length).toString("base64url"));
  expect([await outcome(token), asked()]).toEqual(["signature_invalid", 0]);
});

test("counts each request, whoever proved the token", async () => {
  const token = tokenOf();
  const ask = () =>
    world.decide({ target: "/v2/users", headers: { authorization: `Bearer ${token}` } });
  for (const remaining of [9999, 9998, 9997]) {
    expect(await ask()).toMatchObject({ limit: { decisive: { remaining } } });
  }
});

test("a token that differs in any character is another one, and is asked about", async () => {
  const token = tokenOf();
  expect(await outcome(token)).toBe("allow");
  const [header, , signature] = token.split(".");
  const [, others] = tokenOf({ scopes: ["admin:all"] }).split(".");
  expect(await outcome(`${header}.${others}.${signature}`)).toBe("signature_invalid");
  expect(asked()).toBe(2);
});

test("one that failed is not asked about again, and says so to its address", async () => {
  const forged = tokenOf({}, "another secret of more than 32 bytes");
  for (let n = 0; n < 3; n += 1) expect(await outcome(forged)).toBe("signature_invalid");
  expect(asked()).toBe(1);
});

describe("an address that guesses", () => {
  const GUESSER = "203.0.113.7";
  beforeEach(async () => {
    const forge = (n: number) => tokenOf({ jti: `${n}` }, "another secret of more than 32 bytes");
    for (let n = 0; n < 1000; n += 1) {
      if ((await outcome(forge(n), GUESSER)) === "address_throttled") return;
    }
  });

  test("has the source asked no more, while a token that was proven passes", async () => {
    const known = tokenOf();
    expect(await outcome(known)).toBe("allow");
    const before = asked();
    expect(before).toBeLessThan(1000);
    expect(await outcome(tokenOf({ jti: "new" }), GUESSER)).toBe("address_throttled");
    expect(asked()).toBe(before);
    expect(await outcome(known, GUESSER)).toBe("allow");
    expect(await outcome(tokenOf({ jti: "new" }))).toBe("allow");
  });
});

describe("a token that was proven is refused at the next request after", () => {
  const CHANGES: readonly (readonly [string, string, () => void])[] = [
    [
      "its secret is revoked",
      "credential_revoked",
      () => world.change(signer.id, { revokedAt: NOW }),
    ],
    ["its secret expires", "credential_expired", () => world.change(signer.id, { expiresAt: NOW })],
    ["its scopes are taken", "scope_insufficient", () => world.change(signer.id, { scopes: [] })],
    [
      "its account is suspended",
      "account_suspended",
      () => world.account({ ...account, status: "suspended" }),
    ],
    [
      "its addresses are fewer",
      "address_not_allowed",
      () => world.change(signer.id, { allowedIps: ["198.51.100.0/24"] }),
    ],
  ];
  test.each(CHANGES)("%s", async (_what, reason, change) => {
    const token = tokenOf();
    expect(await outcome(token)).toBe("allow");
    change();
    expect(await outcome(token)).toBe(reason);
    expect(asked()).toBe(1);
  });
});

test("a change of the secrets has every token asked about again, whatever it came to", async () => {
  const [good, forged] = [tokenOf(), tokenOf({}, "another secret of more than 32 bytes")];
  for (const n of [1, 2]) {
    expect([await outcome(good), await outcome(forged)]).toEqual(["allow", "signature_invalid"]);
    expect(asked()).toBe(2 * n);
    world.change(signer.id, { generation: 1 + n });
  }
});

test.each([
  ["exp", { exp: NOW / 1000 + 60 }, 60_000 + SKEW_SECONDS * 1000, "token_expired"],
  ["nbf", { nbf: NOW / 1000 + SKEW_SECONDS + 1 }, 1000, "allow"],
])("%s counts to the millisecond, whatever was asked before", async (_what, given, at, then) => {
  const token = tokenOf(given);
  const before = then === "allow" ? "token_not_yet_valid" : "allow";
  world.now = NOW + at - 1;
  expect(await outcome(token)).toBe(before);
  world.now = NOW + at;
  expect(await outcome(token)).toBe(then);
});

test("a secret that ends takes its tokens with it at that instant", async () => {
  const ending = world.jwtSecret(account.id, "ending", ["read:users"], { endsAt: NOW + 1000 });
  const token = tokenOf({ iss: "ending" }, ending.secret);
  expect(await outcome(token)).toBe("allow");
  world.now = NOW + 999;
  expect(await outcome(token)).toBe("allow");
  expect(asked()).toBe(1);
  world.now = NOW + 1000;
  expect(await outcome(token)).toBe("signature_invalid");
});

test("a pause that a rotation planned ends when it ends, though somebody asked in it", async () => {
  const brownOuts = [{ from: NOW + 100, to: NOW + 200 }];
  const life = { endsAt: NOW + 1000, rotatedAt: NOW, brownOuts };
  const pausing = world.jwtSecret(account.id, "pausing", ["read:users"], life);
  const token = tokenOf({ iss: "pausing" }, pausing.secret);
  const seen: string[] = [];
  for (const at of [99, 100, 199, 200]) {
    world.now = NOW + at;
    seen.push(await outcome(token));
  }
  expect(seen).toEqual(["allow", "credential_browned_out", "credential_browned_out", "allow"]);
});

test("what is proven counts no longer than the lease, then each request asks", async () => {
  const token = tokenOf();
  expect(await outcome(token)).toBe("allow");
  leaseEnds = NOW;
  expect(await outcome(token)).toBe("allow");
  expect(await outcome(token)).toBe("allow");
  expect(asked()).toBe(3);
});

test("who explains is told the same, and asks nothing that was asked before", async () => {
  const token = tokenOf();
  expect(await outcome(token)).toBe("allow");
  const headers = { authorization: `Bearer ${token}` };
  const decision = await world.decide({ target: "/v2/users", headers }, { explain: true });
  expect(told(decision)).toBe("allow");
  expect(JSON.stringify(decision.trace)).not.toContain(token.slice(-20));
  expect(asked()).toBe(1);
});
