import { generateKeyPairSync } from "node:crypto";
import { createVerifier, type Verifier } from "@latchkey/sdk";
import { latchkey } from "@latchkey/sdk/web";
import * as oauth from "oauth4webapi";
import { afterAll, beforeAll, expect, test } from "vitest";
import { freePort } from "../free-port.ts";
import { type RunningServer, startServer, TEST_ACCOUNT } from "../running-server.ts";
import { dpopProof, type Proven } from "./dpop-proof.ts";

// RFC 9449 at every door: a token that is bound to a key is of no use to who has only the token.

let server: RunningServer;
let issuer: string;
let verifier: Verifier;
let protectedApi: (request: Request) => Promise<Response>;
let client: { readonly id: string; readonly clientSecret: string };
const key = generateKeyPairSync("ec", { namedCurve: "P-256" });

beforeAll(async () => {
  const port = String(await freePort());
  const origin = `http://127.0.0.1:${port}`;
  issuer = `${origin}/standard`;
  server = await startServer({ env: { LATCHKEY_PORT: port, LATCHKEY_PUBLIC_URL: origin } });
  client = await server.create("standard", "applications", {
    ...{ name: "Reports", accountId: TEST_ACCOUNT, scopes: ["read:users"], status: "verified" },
    redirectUris: ["https://client.example/callback"],
  });
  const body = { name: "API", role: "verifier", apis: ["standard"] };
  const { token } = (await server.operator("POST", "/v1/operator-tokens", body)).json;
  verifier = await createVerifier({ url: origin, token, api: "standard" });
  protectedApi = latchkey(verifier, () => new Response("served"), {
    origin: "https://api.example.com",
    mount: "/api",
  });
});
afterAll(async () => {
  await verifier?.close();
  await server?.stop();
});

async function aToken(headers: Readonly<Record<string, string>> = {}) {
  const answer = await server.ask({
    method: "POST",
    path: "/standard/oauth/token",
    headers: { "content-type": "application/x-www-form-urlencoded", ...headers },
    body: String(
      new URLSearchParams({
        ...{ grant_type: "client_credentials", scope: "read:users" },
        ...{ client_id: client.id, client_secret: client.clientSecret },
      }),
    ),
  });
  return answer;
}

const atTokenEndpoint = (): Proven => ({ method: "POST", url: `${issuer}/oauth/token` });

async function aBoundToken(): Promise<string> {
  const answer = await aToken({ dpop: dpopProof(key, atTokenEndpoint()) });
  expect(answer.json).toMatchObject({ token_type: "DPoP", scope: "read:users" });
  return answer.json.access_token;
}

/** Each door, with the address that its proof must name. */
const DOORS = [
  {
    name: "the facade",
    url: () => `${issuer}/v2/users`,
    ask: (headers: Record<string, string>) => server.ask({ path: "/standard/v2/users", headers }),
  },
  {
    name: "verify",
    url: () => "https://api.example.com/v2/users",
    async ask(headers: Record<string, string>) {
      const request = { method: "GET", url: "https://api.example.com/v2/users?a=b", headers };
      const answer = await server.operator("POST", "/v1/apis/standard/verify", { request });
      return { status: answer.json.status, json: answer.json };
    },
  },
  {
    name: "forward-auth",
    url: () => "https://api.example.com/v2/users",
    ask: (headers: Record<string, string>) =>
      server.ask({
        path: "/v1/apis/standard/forward-auth",
        headers: {
          ...headers,
          "x-latchkey-token": server.operatorToken,
          "x-forwarded-method": "GET",
          "x-forwarded-uri": "/v2/users",
          "x-forwarded-host": "api.example.com",
          "x-forwarded-proto": "https",
        },
      }),
  },
  {
    name: "a verifier behind a mount",
    url: () => "https://api.example.com/api/v2/users",
    // Its own address and the client's Host say nothing of where the client called.
    ask: (headers: Record<string, string>) =>
      protectedApi(
        new Request("http://10.0.0.7/api/v2/users", {
          headers: { ...headers, host: "evil.example" },
        }),
      ),
  },
] as const;

test.each(DOORS)("O-164: $name takes a bound token with its proof, once", async ({ url, ask }) => {
  const token = await aBoundToken();
  const dpop = dpopProof(key, { method: "GET", url: url(), token });
  const headers = { authorization: `DPoP ${token}`, dpop };
  expect((await ask(headers)).status).toBe(200);
  expect((await ask(headers)).status).toBe(401);
});

test.each(DOORS)("O-164: $name refuses everything else", async ({ url, ask }) => {
  const token = await aBoundToken();
  const { access_token: plain } = (await aToken()).json;
  const proof = (change: Partial<Proven> = {}, pair = key) =>
    dpopProof(pair, { method: "GET", url: url(), token, ...change });
  const authorization = `DPoP ${token}`;
  const refused: Record<string, string>[] = [
    { authorization: `Bearer ${token}` },
    { authorization: `Bearer ${token}`, dpop: proof() },
    { authorization },
    { authorization, dpop: proof({ method: "POST" }) },
    { authorization, dpop: proof({ url: "https://evil.example/v2/users" }) },
    { authorization, dpop: proof({ url: `${url()}/1` }) },
    { authorization, dpop: proof({ token: plain }) },
    { authorization, dpop: proof({}, generateKeyPairSync("ec", { namedCurve: "P-256" })) },
    { authorization: `DPoP ${plain}`, dpop: proof({ token: plain }) },
  ];
  for (const headers of refused) expect((await ask(headers)).status).toBe(401);
  expect((await ask({ authorization: `Bearer ${plain}` })).status).toBe(200);
});

test("what a proof was sent to is not believed from a header, when the policy says it", async () => {
  const oauth = { accessTokenPrefix: "lk_at_", origins: ["https://api.example.com"] };
  const apis = [{ slug: "standard", extends: "standard", oauth }];
  await using other = await startServer({
    policy: { apis },
    env: { LATCHKEY_PUBLIC_URL: "https://auth.example.com" },
  });
  const application = await other.create("standard", "applications", {
    ...{ name: "Reports", accountId: TEST_ACCOUNT, scopes: ["read:users"], status: "verified" },
    redirectUris: ["https://client.example/callback"],
  });
  const url = "https://auth.example.com/standard/oauth/token";
  const issued = await other.ask({
    method: "POST",
    path: "/standard/oauth/token",
    headers: { "content-type": "application/json", dpop: dpopProof(key, { method: "POST", url }) },
    body: {
      ...{ grant_type: "client_credentials", scope: "read:users" },
      ...{ client_id: application.id, client_secret: application.clientSecret },
    },
  });
  const token: string = issued.json.access_token;
  const verdict = async (host: string) => {
    const called = `https://${host}/v2/users`;
    const dpop = dpopProof(key, { method: "GET", url: called, token });
    const headers = { authorization: `DPoP ${token}`, dpop };
    const request = { method: "GET", url: called, headers };
    return (await other.operator("POST", "/v1/apis/standard/verify", { request })).json.outcome;
  };
  expect(await verdict("api.example.com")).toBe("allow");
  expect(await verdict("evil.example")).toBe("deny");
});

test("one proof gets a token once", async () => {
  const dpop = dpopProof(key, atTokenEndpoint());
  const answers = await Promise.all(Array.from({ length: 20 }, () => aToken({ dpop })));
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
  // RFC 9449 §5: what was to be traded for it is as good as before.
  const refused = answers.filter(({ status }) => status !== 200);
  for (const { status, json } of refused) {
    expect([status, json.error]).toEqual([400, "invalid_dpop_proof"]);
  }
});

test("oauth4webapi gets a bound token and calls the API with it", async () => {
  const insecure = { [oauth.allowInsecureRequests]: true };
  const url = new URL(issuer);
  const as = await oauth.processDiscoveryResponse(
    url,
    await oauth.discoveryRequest(url, { ...insecure, algorithm: "oidc" }),
  );
  expect(as.dpop_signing_alg_values_supported).toEqual(["ES256", "EdDSA", "Ed25519"]);
  const program = { client_id: client.id };
  const DPoP = oauth.DPoP({}, await oauth.generateKeyPair("ES256"));
  const answer = await oauth.clientCredentialsGrantRequest(
    as,
    program,
    oauth.ClientSecretPost(client.clientSecret),
    { scope: "read:users" },
    { ...insecure, DPoP },
  );
  const { access_token } = await oauth.processClientCredentialsResponse(as, program, answer);
  const called = await oauth.protectedResourceRequest(
    access_token,
    "GET",
    new URL(`${issuer}/v2/auth/test`),
    new Headers(),
    null,
    { ...insecure, DPoP },
  );
  expect(await called.json()).toMatchObject({ valid: true, scopes: ["read:users"] });
});
