import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { expect, test } from "vitest";
import { calcomApi } from "../../profiles/calcom/calcom.ts";
import { standardApi } from "../../profiles/standard.ts";
import { aDpopKey, aProof } from "../../testing/dpop.ts";
import { aToken, NOW, World } from "../../testing/world.ts";
import { thumbprintOf } from "../../tokens/dpop-proof.ts";

const ISSUER = generateKeyPairSync("ec", { namedCurve: "P-256" });
const OTHER = generateKeyPairSync("ec", { namedCurve: "P-256" });
const ID_TOKENS = generateKeyPairSync("rsa", { modulusLength: 2048 });
const CLAIMS = {
  ...{ iss: "https://auth.example/standard", aud: "https://auth.example/standard", sub: "user_1" },
  ...{ client_id: "app_1", jti: "tok_1", scope: "read:users", iat: NOW / 1000 },
  exp: NOW / 1000 + 3600,
};

const jwk = ({ publicKey }: { publicKey: KeyObject }) => publicKey.export({ format: "jwk" });
const keys = [
  { id: "iss_1", publicKey: jwk(ISSUER) },
  { id: "iss_rsa", publicKey: jwk(ID_TOKENS) },
];

function aWorld(definition: typeof standardApi = standardApi) {
  const world = new World(definition);
  const { id: accountId } = world.account();
  world.engine.applyIssuerKeys(1, { keys });
  const make = (claims: object = {}, header: object = {}, key = ISSUER.privateKey) =>
    aToken({ ...CLAIMS, ...claims }, key, { typ: "at+jwt", kid: "iss_1", ...header });
  const verdict = (token: string) =>
    world.verdict({ target: "/v2/users", headers: { authorization: `Bearer ${token}` } });
  const issue = (token = make(), boundKey: string | null = null) =>
    world.accessToken(
      { accountId, scopes: ["read:users"] },
      { kind: "application", boundKey },
      token,
    );
  return { world, make, verdict, issue };
}

test("O-108: a JWT access token is its row's, and ends with it at once", async () => {
  const { world, verdict, issue } = aWorld();
  const { token, id } = issue();
  expect(await verdict(token)).toBe("allowed");
  expect(await verdict(token)).toBe("allowed");
  expect(world.asked).toEqual(["access-token"]);
  world.change(id, { scopes: [] });
  expect(await verdict(token)).toBe("scope_insufficient");
  world.change(id, { revokedAt: NOW });
  expect(await verdict(token)).toBe("credential_revoked");
});

test("what its claims promise is not what it may do", async () => {
  const { make, verdict, issue } = aWorld();
  const { token } = issue(make({ scope: "admin:all", client_id: "app_2" }));
  expect(await verdict(token)).toBe("allowed");
  const { world, ...other } = aWorld();
  const weak = world.accessToken(
    { accountId: world.account().id, scopes: [] },
    { kind: "application" },
    other.make({ scope: "read:users" }),
  );
  expect(await other.verdict(weak.token)).toBe("scope_insufficient");
});

test.each<[string, string, object, object, KeyObject?]>([
  ["signature_invalid", "another key's signature", {}, {}, OTHER.privateKey],
  ["token_key_missing", "no key named", {}, { kid: undefined }],
  ["token_algorithm_refused", "no signature", {}, { alg: "none" }],
  ["token_algorithm_refused", "a shared secret", {}, { alg: "HS256" }],
  ["token_algorithm_refused", "another key's algorithm", {}, { alg: "RS256" }],
  ["token_expired", "an end that is past", { exp: NOW / 1000 - 60 }, {}],
  ["token_expiry_missing", "no end", { exp: undefined }, {}],
  ["credential_malformed", "a key of its own", {}, { jwk: jwk(OTHER) }, OTHER.privateKey],
  ["credential_malformed", "the address of a key", {}, { jku: "https://evil.example" }],
  ["credential_malformed", "an extension", {}, { crit: ["exp"] }],
  ["credential_malformed", "the type of an ID token", {}, { typ: "JWT" }],
  ["credential_malformed", "no type", {}, { typ: undefined }],
])(
  "refuses with %s, and asks nobody about, one with %s",
  async (reason, _what, claims, header, key) => {
    const { world, make, verdict } = aWorld();
    expect(await verdict(make(claims, header, key))).toBe(reason);
    expect(world.asked).toEqual([]);
  },
);

test("O-142: an ID token is no access token, where anything is taken for a token too", async () => {
  const idToken = aToken({ ...CLAIMS, aud: "app_1" }, ID_TOKENS.privateKey, { kid: "iss_rsa" });
  expect(await aWorld().verdict(idToken)).toBe("credential_malformed");
  const { world } = aWorld(calcomApi as typeof standardApi);
  const headers = { authorization: `Bearer ${idToken}` };
  expect(await world.verdict({ target: "/v2/me", headers })).toBe("credential_unknown");
});

test("the public key is no shared secret", async () => {
  const { verdict } = aWorld();
  const pem = String(ISSUER.publicKey.export({ type: "spki", format: "pem" }));
  const forged = aToken(CLAIMS, pem as unknown as KeyObject, { typ: "at+jwt", kid: "iss_1" });
  expect(await verdict(forged)).toBe("token_algorithm_refused");
});

test("O-131: what was signed here, but is on no row, opens nothing", async () => {
  const { make, verdict } = aWorld();
  expect(await verdict(make())).toBe("credential_unknown");
});

test("a forged one is held against the address", async () => {
  const { make, verdict } = aWorld({ ...standardApi, failures: ["3/minute"] });
  for (let i = 0; i < 3; i += 1) await verdict(make({ jti: `${i}` }, {}, OTHER.privateKey));
  expect(await verdict(make({}, {}, OTHER.privateKey))).toBe("address_throttled");
});

test("whoever does not know the key asks about the token, as about an opaque one", async () => {
  const failures = ["3/minute"];
  const { world, make, issue, verdict } = aWorld({ ...standardApi, failures });
  const another = (jti: string) => make({ jti }, { kid: "iss_2" }, OTHER.privateKey);
  expect(await verdict(issue(another("1")).token)).toBe("allowed");
  const all = [...keys, { id: "iss_2", publicKey: jwk(OTHER) }];
  world.engine.applyIssuerKeys(3, { keys: all });
  // What comes late is older.
  world.engine.applyIssuerKeys(2, { keys });
  const { length } = world.asked;
  const forged = make({ jti: "2" }, { kid: "iss_2" }, ISSUER.privateKey);
  expect(await verdict(forged)).toBe("signature_invalid");
  expect(world.asked).toHaveLength(length);
  // A key of another API is none of ours, and who guesses is not listened to for long.
  for (let i = 0; i < 2; i += 1) {
    const foreign = make({ jti: `${i}` }, { kid: "iss_9" }, OTHER.privateKey);
    expect(await verdict(foreign)).toBe("credential_unknown");
  }
  expect(await verdict(another("3"))).toBe("address_throttled");
});

test("O-164: one that is bound to a key needs the key's proof", async () => {
  const { world, make, issue, verdict } = aWorld();
  const key = aDpopKey();
  const { token } = issue(make(), thumbprintOf(key.jwk));
  expect(await verdict(token)).toBe("dpop_proof_missing");
  const dpop = aProof(token, key, { claims: { htu: "https://api.example/v2/users" } });
  const headers = { authorization: `DPoP ${token}`, dpop };
  const asked = { target: "/v2/users", base: "https://api.example", headers };
  expect(await world.verdict(asked)).toBe("allowed");
});

test("beside customers' own JWTs, one scheme claims each", async () => {
  const schemes = ["customer-jwt", "access-token"];
  const { world, issue, verdict } = aWorld({ ...standardApi, schemes });
  expect(await verdict(issue().token)).toBe("allowed");
  const account = world.account();
  const user = world.user([account.id]);
  const { kid, privateKey } = world.signingKey(account.id);
  const own = aToken({ sub: user.id, exp: NOW / 1000 + 60, scopes: [] }, privateKey, { kid });
  expect(await world.verdict({ headers: { authorization: `Bearer ${own}` } })).toBe("allowed");
});
