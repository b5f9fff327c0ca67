import { profiles } from "@latchkey/engine";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ManagementApp, openManagementApp } from "../../testing/management-app.ts";

const ACCOUNTS = ["acct_1", "acct_2"];
/** Of these no endpoint names the client, so that the header does. */
const loose = {
  slug: "loose",
  extends: profiles.calcom,
  endpoints: [{ match: "/v2/oauth-clients/*/users" }],
};

let it: ManagementApp;

beforeAll(async () => {
  it = await openManagementApp({}, { apis: [profiles.calcom, loose], facades: true });
  for (const api of ["calcom", "loose"]) {
    for (const id of ACCOUNTS) {
      const body = { id, name: id, kind: "platform", plan: "STARTER" };
      await it.call("POST", `/v1/apis/${api}/accounts`, { body });
    }
  }
});
afterAll(() => it.close());

async function newClient(accountId: string, api = "calcom") {
  const redirectUris = ["https://app.example.com"];
  const draft = { accountId, name: "Client", kind: "platform", redirectUris, permissions: ["*"] };
  const { json } = await it.call("POST", `/v1/apis/${api}/applications`, { body: draft });
  return json as { readonly clientId: string; readonly clientSecret: string };
}

type Client = Awaited<ReturnType<typeof newClient>>;

function ask(
  client: Client,
  path: string,
  body: object,
  headers: Readonly<Record<string, string>> = {},
) {
  const secret = { "x-cal-secret-key": client.clientSecret, ...headers };
  return it.call("POST", `/calcom${path}`, { token: null, body, headers: secret });
}

const me = async (token: string) => (await it.call("GET", "/calcom/v2/me", { token })).status;

test("a token works to the last instant of its hour, and is 498 from the next", async () => {
  const client = await newClient("acct_1");
  const user = { email: "hour@example.com", name: "Hour" };
  const made = await ask(client, `/v2/oauth-clients/${client.clientId}/users`, user);
  const { accessToken, accessTokenExpiresAt: end } = made.json.data;
  it.clock.advance(end - it.clock() - 1);
  expect(await me(accessToken)).toBe(200);
  it.clock.advance(1);
  expect(await me(accessToken)).toBe(498);
});

test("a suspended platform has neither tokens nor users, until it is resumed", async () => {
  const client = await newClient("acct_2");
  const users = `/v2/oauth-clients/${client.clientId}/users`;
  const made = await ask(client, users, { email: "a@example.com", name: "A" });
  const { accessToken, refreshToken } = made.json.data;
  await it.call("POST", "/v1/apis/calcom/accounts/acct_2/suspend");
  expect(await me(accessToken)).toBe(403);
  const refresh = `/v2/oauth/${client.clientId}/refresh`;
  expect((await ask(client, refresh, { refreshToken })).status).toBe(403);
  await it.call("POST", "/v1/apis/calcom/accounts/acct_2/resume");
  expect(await me(accessToken)).toBe(200);
  expect((await ask(client, refresh, { refreshToken })).status).toBe(200);
});

test("a call that is repeated with its Idempotency-Key is answered as the first was", async () => {
  const client = await newClient("acct_1");
  const users = `/v2/oauth-clients/${client.clientId}/users`;
  const headers = { "idempotency-key": "once" };
  const body = { email: "once@example.com", name: "Once" };
  const first = await ask(client, users, body, headers);
  const again = await ask(client, users, body, headers);
  expect([again.status, again.json]).toEqual([201, first.json]);
  const other = await ask(client, users, { ...body, name: "Twice" }, headers);
  expect(other.status).toBe(422);
});

test("a policy that lets the header name the client gives it no other client's users", async () => {
  const [client, foreign] = [
    await newClient("acct_1", "loose"),
    await newClient("acct_2", "loose"),
  ];
  const headers = {
    "x-cal-client-id": client.clientId,
    "x-cal-secret-key": client.clientSecret,
  };
  const own = `/loose/v2/oauth-clients/${client.clientId}/users`;
  expect((await it.call("GET", own, { token: null, headers })).status).toBe(200);
  const path = `/loose/v2/oauth-clients/${foreign.clientId}/users`;
  const answer = await it.call("GET", path, { token: null, headers });
  expect([answer.status, answer.json.error.message]).toEqual([
    403,
    `OAuthClientGuard - forbidden. oAuth client with id=${foreign.clientId} does not belong to ` +
      "the organization with id=acct_1.",
  ]);
  // What is no client is not asked for its secret, but is no client all the same.
  const body = { name: "Key", accountId: "acct_1" };
  const { json } = await it.call("POST", "/v1/apis/loose/api-keys", { body });
  const asKey = await it.call("GET", own, { token: json.key });
  expect([asKey.status, asKey.json.error.message]).toEqual([
    401,
    expect.stringMatching(/allowed methods: OAUTH_CLIENT_CREDENTIALS$/),
  ]);
});
