import { generateKeyPairSync } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ManagementApp, openManagementApp } from "../../testing/management-app.ts";

let it: ManagementApp;
beforeAll(async () => {
  it = await openManagementApp();
  await it.call("POST", "/v1/apis/standard/accounts", { body: { id: "acct_1", name: "One" } });
  const body = { id: "acct_2", name: "Two", kind: "organization" };
  await it.call("POST", "/v1/apis/standard/accounts", { body });
});
afterAll(() => it.close());

let issuers = 0;

/** Each kind of key: its path, a body that issues one, what is shown once, and what beside. */
const KINDS = [
  {
    path: "api-keys",
    prefix: "key",
    draft: () => ({ accountId: "acct_2", name: "CI" }),
    once: "key",
    more: { name: "CI", mode: "live", lineageId: expect.any(String), brownOuts: [] },
  },
  {
    path: "signing-keys",
    prefix: "kid",
    draft: () => ({ accountId: "acct_2", name: "CI" }),
    once: "privateKey",
    more: {
      ...{ name: "CI", algorithm: "ES256", brought: false, brownOuts: [] },
      publicKey: expect.stringMatching(/^-----BEGIN PUBLIC KEY-----\n[\s\S]+KEY-----\n$/),
    },
  },
  {
    path: "jwt-secrets",
    prefix: "jws",
    draft: () => {
      issuers += 1;
      return { accountId: "acct_2", issuer: `api-${issuers}.example.com` };
    },
    once: "secret",
    more: { scopes: expect.arrayContaining(["read:all"]) },
  },
  {
    path: "organization-keys",
    prefix: "orgk",
    draft: () => ({ accountId: "acct_2" }),
    once: "appSecret",
    more: { name: "Organization key", appKey: expect.stringMatching(/^app_key_[0-9A-Za-z]{24}$/) },
  },
] as const;

const SIGNING_KEYS = "/v1/apis/standard/signing-keys";
const JWT_SECRETS = "/v1/apis/standard/jwt-secrets";
const issueJwtSecret = (changes: object = {}) =>
  it.call("POST", JWT_SECRETS, { body: { ...KINDS[2].draft(), ...changes } });

describe.each(KINDS)("$path", ({ path, prefix, draft, once, more }) => {
  const keys = `/v1/apis/standard/${path}`;
  const issue = async () => (await it.call("POST", keys, { body: draft() })).json;

  test("shows the secret when it is issued, and never again", async () => {
    const issued = await it.call("POST", keys, { body: draft() });
    expect(issued.status).toBe(201);
    const { [once]: secret, ...rest } = issued.json;
    expect(secret).toMatch(/^\S[\s\S]{30,}$/);
    expect(rest).toMatchObject({
      id: expect.stringMatching(new RegExp(`^${prefix}_[0-9a-f]{24}$`)),
      accountId: "acct_2",
      status: "active",
      createdAt: "2026-11-22T12:00:00.000Z",
      expiresAt: null,
      revokedAt: null,
      lastUsedAt: null,
      ...more,
    });
    const read = await it.call("GET", `${keys}/${rest.id}`);
    expect(read).toMatchObject({ status: 200, json: rest });
    const list = await it.call("GET", `${keys}?accountId=acct_2`);
    expect(list.json.data).toContainEqual(rest);
    const trail = await it.call("GET", `/v1/apis/standard/events?credentialId=${rest.id}`);
    expect(trail.json.data).toHaveLength(1);
    const seen = read.text + list.text + trail.text + it.logged.join("");
    expect(seen).not.toContain(secret.slice(-40, -4));
    expect(read.json).not.toHaveProperty(once);
  });

  test("answers a repeat under the same Idempotency-Key with the same secret", async () => {
    const body = draft();
    const headers = { "idempotency-key": `repeat-${path}` };
    const first = await it.call("POST", keys, { body, headers });
    const again = await it.call("POST", keys, { body, headers });
    expect(again.text).toBe(first.text);
  });

  test("rotates with an overlap of a day and its brown-outs", async () => {
    const old = await issue();
    const brownOuts = ["2026-11-22T18:00:00.000Z"];
    const rotated = await it.call("POST", `${keys}/${old.id}/rotate`, { body: { brownOuts } });
    expect(rotated.status).toBe(201);
    expect(rotated.json[once]).not.toBe(old[once]);
    const { json } = await it.call("GET", `${keys}/${old.id}`);
    const endsAt = "2026-11-23T12:00:00.000Z";
    if (json.secrets === undefined) {
      expect(json).toMatchObject({ status: "rotated", successorId: rotated.json.id });
      expect(json).toMatchObject({ expiresAt: endsAt, brownOuts });
      expect(rotated.json).toMatchObject({ lineageId: old.id, brownOuts: [] });
    } else {
      expect(rotated.json.id).toBe(old.id);
      expect(json.secrets).toMatchObject([
        { endsAt, brownOuts },
        { endsAt: null, brownOuts: [] },
      ]);
    }
    const again = await it.call("POST", `${keys}/${old.id}/rotate`, { body: {} });
    expect(again).toMatchObject({ status: 409, json: { error: { code: "ROTATION_IN_PROGRESS" } } });
    const forced = await it.call("POST", `${keys}/${old.id}/rotate`, { body: { force: true } });
    expect(forced.status).toBe(201);
  });

  test("takes brown-outs later, while the overlap runs", async () => {
    const { id } = await issue();
    const plan = (instant: string) =>
      it.call("POST", `${keys}/${id}/brown-outs`, { body: { brownOuts: [instant] } });
    expect((await plan("2026-11-22T18:00:00Z")).status).toBe(409);
    await it.call("POST", `${keys}/${id}/rotate`, { body: { overlapSeconds: 3600 } });
    const planned = await plan("2026-11-22T12:30:00+00:00");
    expect(planned.status).toBe(200);
    const { brownOuts = planned.json.secrets?.[0].brownOuts } = planned.json;
    expect(brownOuts).toEqual(["2026-11-22T12:30:00.000Z"]);
    expect(await plan("2026-11-22T13:00:00Z")).toMatchObject({
      status: 400,
      json: { error: { code: "INVALID_REQUEST", details: { field: "brownOuts[0]" } } },
    });
  });

  test.each([
    [{ overlapSeconds: -1 }, "overlapSeconds"],
    [{ overlapSeconds: 604_801 }, "overlapSeconds"],
    [{ force: "yes" }, "force"],
    [{ brownOuts: Array(11).fill("2026-11-22T12:00:00Z") }, "brownOuts"],
    [{ brownOuts: ["2026-11-22T12:00:00Z", "soon"] }, "brownOuts[1]"],
    [{ brownOuts: ["2026-11-22T11:59:59Z"] }, "brownOuts[0]"],
  ])("refuses the rotation %j", async (body, field) => {
    const { id } = await issue();
    const answer = await it.call("POST", `${keys}/${id}/rotate`, { body });
    expect(answer).toMatchObject({ status: 400, json: { error: { details: { field } } } });
  });

  test("revokes with a receipt; a repeat keeps the first instant", async () => {
    const { id } = await issue();
    const revoke = () => it.call("POST", `${keys}/${id}/revoke?wait=1000`);
    const receipt = await revoke();
    expect(receipt).toMatchObject({
      status: 200,
      json: { revokedAt: expect.any(String), verifiers: { confirmed: 0, pending: 0 } },
    });
    expect((await revoke()).json.revokedAt).toBe(receipt.json.revokedAt);
    expect((await it.call("GET", `${keys}/${id}`)).json.status).toBe("revoked");
    const rotated = await it.call("POST", `${keys}/${id}/rotate`, { body: {} });
    expect(rotated).toMatchObject({ status: 409, json: { error: { code: "CONFLICT" } } });
  });

  test.each([
    ["GET", "", undefined],
    ["POST", "/rotate", {}],
    ["POST", "/brown-outs", { brownOuts: [] }],
    ["POST", "/revoke", {}],
  ] as const)("%s%s of one that is missing is 404", async (method, tail, body) => {
    for (const api of ["standard", "other"]) {
      const id = api === "other" ? (await issue()).id : `${prefix}_gone`;
      const answer = await it.call(method, `/v1/apis/${api}/${path}/${id}${tail}`, { body });
      expect(answer).toMatchObject({ status: 404, json: { error: { code: "NOT_FOUND" } } });
    }
  });

  test("asks for an account that is there", async () => {
    const body = { ...draft(), accountId: "acct_gone" };
    expect(await it.call("POST", keys, { body })).toMatchObject({
      status: 400,
      json: { error: { details: { field: "accountId" } } },
    });
  });

  test("a viewer reads, and issues nothing", async () => {
    const token = await it.operator("viewer");
    expect((await it.call("GET", keys, { token })).status).toBe(200);
    expect((await it.call("POST", keys, { token, body: draft() })).status).toBe(403);
  });
});

test("a brought public key is kept as PEM, whatever it came as", async () => {
  const { publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const pem = publicKey.export({ type: "spki", format: "pem" });
  const draft = { accountId: "acct_1", name: "Ours" };
  const forms = { pem, jwk: publicKey.export({ format: "jwk" }) };
  for (const [name, key] of Object.entries(forms)) {
    const body = { ...draft, publicKey: key, id: `kid_${name}` };
    const { status, json } = await it.call("POST", SIGNING_KEYS, { body });
    expect({ status, publicKey: json.publicKey }).toEqual({ status: 201, publicKey: pem });
    expect(json).toMatchObject({ id: `kid_${name}`, algorithm: "ES256", brought: true });
    expect(json).not.toHaveProperty("privateKey");
  }
  const taken = { ...draft, publicKey: pem, id: "kid_pem" };
  expect(await it.call("POST", SIGNING_KEYS, { body: taken })).toMatchObject({
    status: 409,
    json: { error: { code: "CONFLICT", details: { field: "id" } } },
  });
  const rotated = await it.call("POST", `${SIGNING_KEYS}/kid_pem/rotate`, { body: {} });
  expect(rotated).toMatchObject({ status: 409, json: { error: { code: "CONFLICT" } } });
});

test("a private key is refused, and nothing of it is sent back or logged", async () => {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const pem = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  const body = { accountId: "acct_1", name: "Oops", publicKey: pem };
  const answer = await it.call("POST", SIGNING_KEYS, { body });
  expect(answer).toMatchObject({
    status: 400,
    json: { error: { code: "INVALID_REQUEST", details: { field: "publicKey" } } },
  });
  expect(answer.text + it.logged.join("")).not.toContain(pem.split("\n")[1]?.slice(0, 40));
});

test.each([
  ["a list", { publicKey: [] }, "publicKey"],
  ["an id of another kind", { publicKey: "x", id: "key_1" }, "id"],
  ["an id in capitals", { publicKey: "x", id: "kid_A" }, "id"],
  ["an id without a key", { id: "kid_1" }, "id"],
  ["no name", { name: undefined }, "name"],
  ["an end that has passed", { expiresAt: "2020-01-01T00:00:00Z" }, "expiresAt"],
])("refuses a signing key with %s", async (_what, changes, field) => {
  const body = { accountId: "acct_1", name: "CI", ...changes };
  expect(await it.call("POST", SIGNING_KEYS, { body })).toMatchObject({
    status: 400,
    json: { error: { details: { field } } },
  });
});

test("an issuer is taken while its secret lives", async () => {
  const { json } = await issueJwtSecret({ issuer: "taken.example" });
  const again = await issueJwtSecret({ issuer: "taken.example" });
  expect(again).toMatchObject({
    status: 409,
    json: { error: { code: "CONFLICT", details: { field: "issuer" } } },
  });
  await it.call("POST", `${JWT_SECRETS}/${json.id}/revoke`);
  expect((await issueJwtSecret({ issuer: "taken.example" })).status).toBe(201);
});

test.each([
  ["no issuer", { issuer: undefined }, "issuer"],
  ["an empty issuer", { issuer: "" }, "issuer"],
  ["an issuer with a space", { issuer: "a b" }, "issuer"],
  ["an issuer of 256 characters", { issuer: "x".repeat(256) }, "issuer"],
  ["an unknown scope", { scopes: ["read:nothing"] }, "scopes[0]"],
  ["a secret of 31 bytes", { secret: "x".repeat(31) }, "secret"],
  ["a secret of 1025 bytes", { secret: "x".repeat(1025) }, "secret"],
])("refuses a JWT secret with %s", async (_what, changes, field) => {
  const answer = await issueJwtSecret(changes);
  expect(answer).toMatchObject({ status: 400, json: { error: { details: { field } } } });
});

test("only an organization has organization keys", async () => {
  const body = { accountId: "acct_1" };
  expect(await it.call("POST", "/v1/apis/standard/organization-keys", { body })).toMatchObject({
    status: 400,
    json: { error: { code: "INVALID_REQUEST", details: { field: "accountId" } } },
  });
});
