import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { createRemoteJWKSet, jwtVerify } from "jose";
import { afterAll, beforeAll, expect, test } from "vitest";
import { approve } from "../approval.ts";
import { freePort } from "../free-port.ts";
import { type RunningServer, startServer, waitUntil } from "../running-server.ts";

// What becomes of a user's connection with an application when something ends it: the API refuses its
// tokens, RFC 7662 §2.2 says that they are not active, and the application is told of the sign-out.

const REDIRECT_URI = "https://client.example/callback";
const VERIFIER = "a-verifier-of-at-least-forty-three-characters";
const CHALLENGE = createHash("sha256").update(VERIFIER).digest("base64url");
const PASSWORD = "a horse is no battery";
const API = "/v1/apis/standard";

let server: RunningServer;
let issuer: string;
/** The audiences of the logout tokens that came. */
const told: string[] = [];
const receiver = createServer(async (request, response) => {
  const token = new URLSearchParams(await text(request)).get("logout_token") ?? "";
  const keys = createRemoteJWKSet(new URL(`${issuer}/oauth/jwks`));
  const { payload } = await jwtVerify(token, keys, { issuer, typ: "logout+jwt" });
  told.push(String(payload.aud));
  response.end();
});
beforeAll(async () => {
  receiver.listen(0, "127.0.0.1");
  await once(receiver, "listening");
  const port = String(await freePort());
  const origin = `http://127.0.0.1:${port}`;
  issuer = `${origin}/standard`;
  server = await startServer({ env: { LATCHKEY_PORT: port, LATCHKEY_PUBLIC_URL: origin } });
  await server.create("standard", "accounts", { id: "acct_vendor", name: "Vendor" });
});
afterAll(async () => {
  await server?.stop();
  receiver.close();
});

async function post(path: string, params: Readonly<Record<string, string>>) {
  const answer = await fetch(`${issuer}/oauth/${path}`, {
    method: "POST",
    body: new URLSearchParams(params),
  });
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
}

/** A person of an account of their own, an application that acts for them, and what it has. */
async function aConnection(accessTokenFormat: "opaque" | "jwt") {
  const account = await server.create("standard", "accounts", { name: "Customer" });
  const person = { email: `${account.id}@example.com`, password: PASSWORD };
  const user = await server.create("standard", "users", { accountId: account.id, ...person });
  const { clientId, clientSecret } = await server.create("standard", "applications", {
    ...{ accountId: "acct_vendor", name: "Reports", redirectUris: [REDIRECT_URI] },
    ...{ scopes: ["read:users"], accessTokenFormat },
    logout: {
      backchannelLogoutUri: `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`,
    },
  });
  const proof = { client_id: clientId, client_secret: clientSecret };
  const asked = new URLSearchParams({
    ...{ response_type: "code", client_id: clientId, redirect_uri: REDIRECT_URI },
    ...{ scope: "openid read:users", state: "st" },
    ...{ code_challenge: CHALLENGE, code_challenge_method: "S256" },
  });
  const back = await approve(`${issuer}/oauth/authorize?${asked}`, person);
  const { body } = await post("token", {
    ...{ grant_type: "authorization_code", ...proof, redirect_uri: REDIRECT_URI },
    ...{ code: back.searchParams.get("code") ?? "", code_verifier: VERIFIER },
  });
  const own = await post("token", { grant_type: "client_credentials", ...proof });
  const { data } = (await server.operator("GET", `${API}/grants?applicationId=${clientId}`)).json;
  return {
    ...{ accountId: account.id, userId: user.id, clientId, proof, grantId: data[0].id },
    access: String(body.access_token),
    refresh: String(body.refresh_token),
    own: String(own.body.access_token),
  };
}

type Connection = Awaited<ReturnType<typeof aConnection>>;

/** What the API answers to whoever has the token. */
async function call(token: string): Promise<number> {
  const headers = { authorization: `Bearer ${token}` };
  return (await server.ask({ path: "/standard/v2/auth/test", headers })).status;
}

const introspect = ({ proof }: Connection, token: string) =>
  post("introspect", { ...proof, token });
const NOT_ACTIVE = { status: 200, body: { active: false } };

const deed = async (path: string, body: object = {}) =>
  expect(await server.operator("POST", `${API}/${path}`, body)).toMatchObject({ status: 200 });

/** With what the API answers then, and whether the application is told. */
const endings: readonly (readonly [
  string,
  number,
  boolean,
  (of: Connection) => Promise<unknown>,
])[] = [
  [
    "the account is suspended",
    403,
    false,
    ({ accountId }) => deed(`accounts/${accountId}/suspend`),
  ],
  [
    "the user has left the account",
    401,
    true,
    ({ userId, accountId }) => deed(`users/${userId}/memberships/revoke`, { accountId }),
  ],
  ["the grant is revoked", 401, true, ({ grantId }) => deed(`grants/${grantId}/revoke`)],
];

test.each(["opaque", "jwt"] as const)(
  "O-128 O-154: %s tokens are active until the API would refuse them, and refresh no more",
  async (format) => {
    for (const [when, status, isTold, end] of endings) {
      const of = await aConnection(format);
      for (const token of [of.access, of.refresh]) {
        expect([when, await introspect(of, token)]).toMatchObject([
          when,
          { body: { active: true } },
        ]);
      }
      expect([when, await call(of.access)]).toEqual([when, 200]);
      await end(of);
      expect([when, await call(of.access)]).toEqual([when, status]);
      for (const token of [of.access, of.refresh]) {
        expect([when, await introspect(of, token)]).toEqual([when, NOT_ACTIVE]);
      }
      const asked = { grant_type: "refresh_token", ...of.proof, refresh_token: of.refresh };
      expect([when, await post("token", asked)]).toMatchObject([
        when,
        { status: 400, body: { error: "invalid_grant" } },
      ]);
      await waitUntil("it is told", async () => !isTold || told.includes(of.clientId));
      expect([when, told.includes(of.clientId)]).toEqual([when, isTold]);
      // What the application has of its own is another account's.
      expect([when, await introspect(of, of.own)]).toMatchObject([
        when,
        { body: { active: true } },
      ]);
    }
  },
);

test("an account that is resumed has its tokens again", async () => {
  const of = await aConnection("opaque");
  await deed(`accounts/${of.accountId}/suspend`);
  expect(await introspect(of, of.refresh)).toEqual(NOT_ACTIVE);
  const asked = { grant_type: "refresh_token", ...of.proof, refresh_token: of.refresh };
  // Who tries in vain has lost nothing by it.
  expect((await post("token", asked)).status).toBe(400);
  await deed(`accounts/${of.accountId}/resume`);
  expect(await call(of.access)).toBe(200);
  expect((await post("token", asked)).status).toBe(200);
});

test("an application's own token is not active while its account is suspended", async () => {
  const of = await aConnection("opaque");
  await deed("accounts/acct_vendor/suspend");
  expect(await call(of.own)).toBe(403);
  expect(await introspect(of, of.own)).toEqual(NOT_ACTIVE);
  await deed("accounts/acct_vendor/resume");
  expect(await introspect(of, of.own)).toMatchObject({ body: { active: true } });
});

test.each(["reject", "revoke"])(
  "O-128: an application that is ended with %s has no tokens, and nothing to ask",
  async (verb) => {
    const of = await aConnection("opaque");
    await deed(`applications/${of.clientId}/${verb}`);
    for (const token of [of.access, of.own]) expect(await call(token)).toBe(401);
    expect(await introspect(of, of.access)).toMatchObject({
      status: 401,
      body: { error: "invalid_client" },
    });
  },
);

test("a user of suspended accounts alone is told so by way of the application", async () => {
  const of = await aConnection("opaque");
  await deed(`accounts/${of.accountId}/suspend`);
  const asked = new URLSearchParams({
    ...{ response_type: "code", client_id: of.clientId, redirect_uri: REDIRECT_URI },
    ...{ scope: "read:users", state: "st", prompt: "consent" },
    ...{ code_challenge: CHALLENGE, code_challenge_method: "S256" },
  });
  const person = { email: `${of.accountId}@example.com`, password: PASSWORD };
  const back = await approve(`${issuer}/oauth/authorize?${asked}`, person);
  expect(back.searchParams.get("error")).toBe("access_denied");
  expect(back.searchParams.get("state")).toBe("st");
});
