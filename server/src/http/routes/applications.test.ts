import { profiles, secretDigest } from "@latchkey/engine";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ManagementApp, openManagementApp } from "../../testing/management-app.ts";

const PLATFORM_API = {
  extends: profiles.standard,
  slug: "platform",
  schemes: ["client-secret-headers", "api-key"],
  scopes: { BOOKING_READ: "Read bookings", BOOKING_WRITE: "Write bookings" },
};
const STANDARD = "/v1/apis/standard";
const PLATFORM = "/v1/apis/platform";
const NOW = "2026-11-22T12:00:00.000Z";
const TOMORROW = "2026-11-23T12:00:00.000Z";

let it: ManagementApp;
beforeAll(async () => {
  it = await openManagementApp({}, { apis: [PLATFORM_API] });
  for (const [api, kind] of [
    [STANDARD, "account"],
    [PLATFORM, "platform"],
  ]) {
    const body = { id: "acct_1", name: "Acme", kind };
    await it.call("POST", `${api}/accounts`, { body });
  }
});
afterAll(() => it.close());

const register = (changes: object = {}) => {
  const redirectUris = ["https://app.example.com/callback"];
  const body = { name: "Partner", accountId: "acct_1", redirectUris, ...changes };
  return it.call("POST", `${STANDARD}/applications`, { body });
};

const registerPlatform = (changes: object = {}) => {
  const body = {
    name: "Partner",
    accountId: "acct_1",
    kind: "platform",
    redirectUris: ["https://*.example.com"],
    permissions: ["*"],
    ...changes,
  };
  return it.call("POST", `${PLATFORM}/applications`, { body });
};

test("registers an application, shows its secret once, and reads it back without", async () => {
  const registered = await register({
    scopes: ["read:users", "read:users"],
    accessTokenFormat: "jwt",
    logo: "https://example.com/logo.svg",
    settings: { areEmailsEnabled: false },
    logout: { backchannelLogoutUri: "https://app.example.com/out" },
  });
  expect(registered.status).toBe(201);
  const { clientSecret, ...rest } = registered.json;
  expect(clientSecret).toMatch(/^[0-9a-f]{64}$/);
  expect(rest).toEqual({
    id: expect.stringMatching(/^app_[0-9a-f]{24}$/),
    clientId: rest.id,
    accountId: "acct_1",
    name: "Partner",
    kind: "oauth",
    type: "confidential",
    redirectUris: ["https://app.example.com/callback"],
    scopes: ["read:users"],
    permissions: [],
    accessTokenFormat: "jwt",
    pkce: "optional",
    status: "verified",
    logo: "https://example.com/logo.svg",
    homePage: null,
    settings: {
      bookingRedirectUri: null,
      bookingCancelRedirectUri: null,
      bookingRescheduleRedirectUri: null,
      areEmailsEnabled: false,
      areDefaultEventTypesEnabled: false,
      areCalendarEventsEnabled: true,
    },
    logout: {
      postLogoutRedirectUris: [],
      backchannelLogoutUri: "https://app.example.com/out",
      backchannelLogoutSessionRequired: false,
    },
    secrets: [
      {
        id: expect.stringMatching(/^sec_[0-9a-f]{24}$/),
        lastFour: clientSecret.slice(-4),
        createdAt: NOW,
        endsAt: null,
        brownOuts: [],
      },
    ],
    createdAt: NOW,
    revokedAt: null,
  });
  const read = await it.call("GET", `${STANDARD}/applications/${rest.id}`);
  expect(read).toMatchObject({ status: 200, json: rest });
  const list = await it.call("GET", `${STANDARD}/applications?accountId=acct_1`);
  expect(list.json.data).toContainEqual(rest);
  const events = await it.call("GET", `${STANDARD}/events`);
  const seen = read.text + list.text + events.text + it.logged.join("");
  expect(seen).not.toContain(clientSecret.slice(0, -4));
  expect(seen).not.toContain(Buffer.from(secretDigest(clientSecret)).toString("base64"));
});

test("a platform application is known to decisions by its id, with its permissions", async () => {
  const { json } = await registerPlatform();
  expect(json).toMatchObject({
    kind: "platform",
    status: "verified",
    permissions: ["BOOKING_READ", "BOOKING_WRITE"],
  });
  const scheme = "client-secret-headers";
  const { credential } = await it.store.credentials.resolve(
    "platform",
    scheme,
    secretDigest(json.id),
  );
  expect(credential).toMatchObject({ id: json.id, scopes: json.permissions, handle: json.id });
});

test("a public application gets no secret, and none later", async () => {
  const { json } = await register({ type: "public" });
  expect(json).toMatchObject({ type: "public", secrets: [] });
  expect(json).not.toHaveProperty("clientSecret");
  const path = `${STANDARD}/applications/${json.id}/rotate-secret`;
  expect(await it.call("POST", path)).toMatchObject({ status: 409 });
});

test("PKCE is required of a public application, and of others where it is asked for", async () => {
  const change = (id: string, body: object) =>
    it.call("PATCH", `${STANDARD}/applications/${id}`, { body });
  const { json: open } = await register({ type: "public" });
  expect(open.pkce).toBe("required");
  for (const refused of [
    await register({ type: "public", pkce: "optional" }),
    await change(open.id, { pkce: "optional" }),
  ]) {
    expect(refused.status).toBe(400);
    expect(refused.json.error.details.field).toBe("pkce");
  }
  const { json: strict } = await register({ pkce: "required" });
  expect(strict.pkce).toBe("required");
  const settings = { areEmailsEnabled: false };
  expect((await change(strict.id, { settings })).json.pkce).toBe("required");
  const relaxed = await change(strict.id, { pkce: "optional" });
  expect(relaxed.json).toMatchObject({ pkce: "optional", settings });
  expect(relaxed.json.settings).not.toHaveProperty("pkce");
});

test("a repeat with the same Idempotency-Key shows the same secret", async () => {
  const options = {
    body: { name: "Once", accountId: "acct_1", redirectUris: ["https://once.example.com"] },
    headers: { "idempotency-key": "register-once" },
  };
  const first = await it.call("POST", `${STANDARD}/applications`, options);
  const again = await it.call("POST", `${STANDARD}/applications`, options);
  expect(again).toMatchObject({ status: 201, json: first.json });
});

test.each([
  ["no redirect URI", { redirectUris: [] }, "redirectUris"],
  ["a redirect URI in clear", { redirectUris: ["http://example.com"] }, "redirectUris[0]"],
  ["an unknown scope", { scopes: ["read:all", "read:nothing"] }, "scopes[1]"],
  ["permissions of an OAuth client", { permissions: ["BOOKING_READ"] }, "permissions"],
  ["kind platform where there is no scheme for it", { kind: "platform" }, "kind"],
  ["an account that is not there", { accountId: "acct_0" }, "accountId"],
  ["a script as logo", { logo: "javascript:alert(1)" }, "logo"],
  ["a status that there is not", { status: "approved" }, "status"],
  ["an unknown member", { secret: "mine" }, "secret"],
  [
    "a sign-out in clear",
    { logout: { backchannelLogoutUri: "http://a.example" } },
    "logout.backchannelLogoutUri",
  ],
  ["an unknown rule of sign-outs", { logout: { frontchannel: "x" } }, "logout.frontchannel"],
  ["an unknown setting", { settings: { color: "red" } }, "settings.color"],
])("refuses %s", async (_what, changes, field) => {
  const answer = await register(changes);
  expect(answer).toMatchObject({
    status: 400,
    json: { error: { code: "INVALID_REQUEST", details: { field } } },
  });
});

test.each([
  ["a public one", { type: "public" }, "type"],
  ["an unknown permission", { permissions: ["BOOKING_DELETE"] }, "permissions[0]"],
])("refuses for a platform %s", async (_what, changes, field) => {
  const answer = await registerPlatform(changes);
  expect(answer).toMatchObject({ status: 400, json: { error: { details: { field } } } });
});

test("changes what is named and keeps the rest, settings too", async () => {
  const { json } = await register();
  const path = `${STANDARD}/applications/${json.id}`;
  const settings = { bookingRedirectUri: "https://app.example.com/booked" };
  const changed = await it.call("PATCH", path, { body: { name: "New", settings } });
  const { clientSecret: _, ...before } = json;
  const wanted = { ...before, name: "New", settings: { ...json.settings, ...settings } };
  expect(changed).toMatchObject({ status: 200, json: wanted });
  expect((await it.call("GET", path)).json).toEqual(wanted);
  for (const body of [{}, { kind: "platform" }, { accountId: "acct_2" }, { type: "public" }]) {
    expect((await it.call("PATCH", path, { body })).status).toBe(400);
  }
});

test("is verified or rejected, as often as anyone likes", async () => {
  const { json } = await register({ status: "pending" });
  const path = `${STANDARD}/applications/${json.id}`;
  for (const [verb, status] of [
    ["reject", "rejected"],
    ["reject", "rejected"],
    ["verify", "verified"],
  ]) {
    const judged = await it.call("POST", `${path}/${verb}`);
    expect(judged).toMatchObject({ status: 200, json: { status } });
  }
});

test.each(["rotate", "rotate-secret"])(
  "%s: another secret, an overlap of a day, once",
  async (verb) => {
    const { json } = await register();
    const path = `${STANDARD}/applications/${json.id}/${verb}`;
    const brownOuts = ["2026-11-22T18:00:00.000Z"];
    const rotated = await it.call("POST", path, { body: { brownOuts } });
    expect(rotated.status).toBe(201);
    expect(rotated.json.clientSecret).toMatch(/^[0-9a-f]{64}$/);
    expect(rotated.json.clientSecret).not.toBe(json.clientSecret);
    expect(rotated.json.secrets).toEqual([
      { ...json.secrets[0], endsAt: TOMORROW, brownOuts },
      expect.objectContaining({ endsAt: null, brownOuts: [] }),
    ]);
    const again = await it.call("POST", path);
    expect(again).toMatchObject({ status: 409, json: { error: { code: "ROTATION_IN_PROGRESS" } } });
    const forced = await it.call("POST", path, { body: { force: true, overlapSeconds: 0 } });
    expect(forced.json.secrets).toHaveLength(1);
  },
);

test("plans brown-outs of the old secret while the overlap runs", async () => {
  const { json } = await register();
  const path = `${STANDARD}/applications/${json.id}`;
  const plan = (brownOuts: unknown) =>
    it.call("POST", `${path}/brown-outs`, { body: { brownOuts } });
  expect(await plan([])).toMatchObject({ status: 409, json: { error: { code: "CONFLICT" } } });
  const { clientSecret: _, ...rotated } = (await it.call("POST", `${path}/rotate`)).json;
  const brownOuts = ["2026-11-22T18:00:00.000Z", "2026-11-23T06:00:00.000Z"];
  const planned = await plan(brownOuts);
  const [old, successor] = rotated.secrets;
  const json200 = { ...rotated, secrets: [{ ...old, brownOuts }, successor] };
  expect([planned.status, planned.json]).toEqual([200, json200]);
  expect((await it.call("GET", path)).json).toEqual(json200);
  for (const [wrong, field] of [
    [[TOMORROW], "brownOuts[0]"],
    [["noon"], "brownOuts[0]"],
    [Array(11).fill(NOW), "brownOuts"],
    [undefined, "brownOuts"],
  ]) {
    const answer = await plan(wrong);
    expect(answer).toMatchObject({ status: 400, json: { error: { details: { field } } } });
  }
});

test.each([
  ["an overlap of more than a week", { overlapSeconds: 604_801 }, "overlapSeconds"],
  ["a brown-out at the end of the overlap", { brownOuts: [TOMORROW] }, "brownOuts[0]"],
  ["a brown-out that is no instant", { brownOuts: ["noon"] }, "brownOuts[0]"],
  ["11 brown-outs", { brownOuts: Array(11).fill(NOW) }, "brownOuts"],
])("refuses a rotation with %s", async (_what, body, field) => {
  const { json } = await register();
  const path = `${STANDARD}/applications/${json.id}/rotate-secret`;
  const answer = await it.call("POST", path, { body });
  expect(answer).toMatchObject({ status: 400, json: { error: { details: { field } } } });
});

test("revokes with a receipt, for good, and says the same when repeated", async () => {
  const { json } = await register();
  const path = `${STANDARD}/applications/${json.id}`;
  const receipt = await it.call("POST", `${path}/revoke`);
  expect(receipt).toMatchObject({
    status: 200,
    json: { revokedAt: NOW, confirmedAt: NOW, verifiers: { confirmed: 0, pending: 0 } },
  });
  expect((await it.call("POST", `${path}/revoke`)).json.revokedAt).toBe(NOW);
  expect((await it.call("GET", path)).json.revokedAt).toBe(NOW);
  expect((await it.call("PATCH", path, { body: { name: "x" } })).status).toBe(409);
  for (const verb of ["verify", "reject", "rotate", "rotate-secret"]) {
    expect((await it.call("POST", `${path}/${verb}`)).status).toBe(409);
  }
});

test.each([
  ["GET", "", undefined],
  ["PATCH", "", { name: "x" }],
  ["POST", "/verify", {}],
  ["POST", "/reject", {}],
  ["POST", "/rotate", {}],
  ["POST", "/rotate-secret", {}],
  ["POST", "/brown-outs", { brownOuts: [] }],
  ["POST", "/revoke", {}],
] as const)("answers 404 to %s of what another API has: %s", async (method, path, body) => {
  const { json } = await registerPlatform();
  const answer = await it.call(method, `${STANDARD}/applications/${json.id}${path}`, { body });
  expect(answer).toMatchObject({ status: 404, json: { error: { code: "NOT_FOUND" } } });
});

test.each([
  ["viewer", 200, 403],
  ["verifier", 403, 403],
  ["admin", 200, 400],
])("a %s gets %i for reading and %i for writing", async (role, reading, writing) => {
  const token = await it.operator(role);
  const path = `${STANDARD}/applications`;
  expect((await it.call("GET", path, { token })).status).toBe(reading);
  expect((await it.call("POST", path, { token, body: {} })).status).toBe(writing);
});
