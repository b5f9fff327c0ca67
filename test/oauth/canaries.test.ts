import { createHash, generateKeyPairSync, randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { leaks } from "../compatibility/canaries.ts";
import { freePort } from "../free-port.ts";
import { type RunningServer, startServer, TEST_ACCOUNT } from "../running-server.ts";
import { dpopProof } from "./dpop-proof.ts";

// Every flow over a real server; then nothing that was sent or given may lie anywhere.

const REDIRECT_URI = "https://client.example/callback";
const EMAIL = "ada@example.com";
const DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code";
const VERIFIER = `${randomUUID()}-${randomUUID()}`;
const key = generateKeyPairSync("ec", { namedCurve: "P-256" });

let server: RunningServer;
let issuer: string;
const secrets = new Set<string>();
const cookies = new Map<string, string>();

/** Remembers what nobody may find; of a JWT its signature, for the rest is said in public. */
function secret(value: unknown): string {
  const text = String(value);
  expect(text).toMatch(/^.{12,}$/s);
  secrets.add(text.startsWith("eyJ") ? (text.split(".")[2] ?? text) : text);
  return text;
}

beforeAll(async () => {
  const port = String(await freePort());
  const origin = `http://127.0.0.1:${port}`;
  issuer = `${origin}/standard`;
  server = await startServer({ env: { LATCHKEY_PORT: port, LATCHKEY_PUBLIC_URL: origin } });
});
afterAll(() => server?.stop());

/** Goes where a browser would, until it leaves the server. */
async function visit(url: URL, form?: URLSearchParams): Promise<{ url: URL; html: string }> {
  const headers = { cookie: [...cookies.values()].join("; ") };
  const sent = form === undefined ? {} : { method: "POST", body: form };
  const answer = await fetch(url, { ...sent, headers, redirect: "manual" });
  for (const [pair = ""] of answer.headers.getSetCookie().map((line) => line.split(";"))) {
    const at = pair.indexOf("=");
    cookies.set(pair.slice(0, at), pair);
    if (pair.length - at > 12) secret(pair.slice(at + 1));
  }
  const html = await answer.text();
  const location = answer.headers.get("location");
  if (location === null) return { url, html };
  const next = new URL(location, url);
  return next.origin === new URL(issuer).origin ? visit(next) : { url: next, html: "" };
}

const consent = ({ url, html }: { url: URL; html: string }) =>
  visit(url, new URLSearchParams({ csrf: csrfOf(html), decision: "allow", scope: "read:users" }));

const csrfOf = (html: string) => /name="(?:csrf|xsrf)" value="([^"]+)"/.exec(html)?.[1] ?? "";

async function post(path: string, params: Record<string, string>, headers = {}) {
  const body = new URLSearchParams(params);
  const answer = await fetch(`${issuer}/oauth/${path}`, { method: "POST", headers, body });
  return JSON.parse((await answer.text()) || "{}") as Record<string, unknown>;
}

async function register(accessTokenFormat: string) {
  const { id, clientSecret } = await server.create("standard", "applications", {
    ...{ name: "Reports", accountId: TEST_ACCOUNT, scopes: ["read:users"], status: "verified" },
    ...{ redirectUris: [REDIRECT_URI], accessTokenFormat },
  });
  return { client_id: id, client_secret: secret(clientSecret) };
}

/** Each door, with a token and a proof that it takes, one that it took before, and a wrong one. */
async function present(token: string, isBound: boolean): Promise<void> {
  const url = `${issuer}/v2/users`;
  const dpop = isBound ? proofFor({ method: "GET", url, token }) : "no.proof.here";
  const headers = { authorization: `${isBound ? "DPoP" : "Bearer"} ${token}`, dpop };
  for (const last of ["", "", "x"]) {
    const sent = { ...headers, authorization: headers.authorization + last };
    await fetch(`${url}?access_token=${token}`, { headers: sent });
    const request = { method: "GET", url, headers: sent };
    await server.operator("POST", "/v1/apis/standard/verify", { request, explain: last === "x" });
    await server.ask({
      path: "/v1/apis/standard/forward-auth/v2/users",
      headers: { ...sent, "x-latchkey-token": server.operatorToken },
    });
  }
}

function proofFor(said: { method: string; url: string; token?: string }): string {
  return secret(dpopProof(key, { ...said, jti: secret(randomUUID()) }));
}

test("O-107: after every flow no code, token, proof, secret or cookie lies anywhere", async () => {
  const password = secret("a horse is no battery");
  const user = { accountId: TEST_ACCOUNT, email: EMAIL, name: "Ada", password };
  await server.create("standard", "users", user);
  const challenge = createHash("sha256").update(secret(VERIFIER)).digest("base64url");

  for (const [format, isBound] of [
    ["opaque", false],
    ["jwt", true],
  ] as const) {
    const client = await register(format);
    const asked = {
      ...{ response_type: "code", redirect_uri: REDIRECT_URI, scope: "read:users", state: "st" },
      ...{ code_challenge: challenge, code_challenge_method: "S256" },
    };
    const { request_uri } = await post("par", { ...client, ...asked });
    secret(String(request_uri).split(":").at(-1));
    const query = new URLSearchParams({
      client_id: client.client_id,
      ...(isBound ? { request_uri: String(request_uri) } : asked),
    });
    let page = await visit(new URL(`${issuer}/oauth/authorize?${query}`));
    if (page.html.includes('name="password"')) {
      const form = { csrf: csrfOf(page.html), email: EMAIL };
      await visit(page.url, new URLSearchParams({ ...form, password: secret("not the password") }));
      page = await visit(page.url, new URLSearchParams({ ...form, password }));
    }
    const left = await consent(page);
    const code = secret(left.url.searchParams.get("code"));

    const url = `${issuer}/oauth/token`;
    const prove = () => (isBound ? { dpop: proofFor({ method: "POST", url }) } : {});
    const grant = { grant_type: "authorization_code", code, redirect_uri: REDIRECT_URI };
    const redeem = { ...client, ...grant, code_verifier: VERIFIER };
    const tokens = await post("token", redeem, prove());
    await present(secret(tokens.access_token), isBound);
    const refresh = { grant_type: "refresh_token", refresh_token: secret(tokens.refresh_token) };
    const next = await post("token", { ...client, ...refresh }, prove());
    secret(next.refresh_token);
    await present(secret(next.access_token), isBound);
    const own = await post("token", { ...client, grant_type: "client_credentials" }, prove());
    const token = secret(own.access_token);
    for (const path of ["introspect", "revoke", "introspect"])
      await post(path, { ...client, token });

    const device = await post("device/code", { ...client, scope: "read:users" });
    const place = new URL(String(device.verification_uri));
    const opened = await visit(place);
    const confirm = { xsrf: csrfOf(opened.html), user_code: String(device.user_code) };
    await consent(await visit(place, new URLSearchParams({ ...confirm, confirm: "yes" })));
    const device_code = secret(device.device_code);
    const polled = await post(
      "token",
      { ...client, grant_type: DEVICE_CODE, device_code },
      prove(),
    );
    await present(secret(polled.access_token), isBound);
    // Twice: the reuse ends the grant, and is on the trail.
    await post("token", redeem, prove());
  }
  await server.operator("POST", "/v1/apis/standard/issuer-keys/rotate", { force: true });

  const metrics = await server.operator("GET", "/metrics");
  const events = await server.operator("GET", "/v1/apis/standard/events?limit=200");
  expect(events.text).toContain("grant.revoked");
  expect(metrics.text).toContain("latchkey_decisions_total");
  expect(await server.end()).toBe(0);
  const files = ["", "-wal"].flatMap((end) => {
    try {
      return [readFileSync(`${server.database}${end}`)];
    } catch {
      // Nothing was left to write over.
      return [];
    }
  });
  expect(secrets.size).toBeGreaterThan(40);
  const places = [
    ...files.map((content) => ({ name: "the database", content })),
    { name: "the log", content: server.log() },
    { name: "the metrics", content: metrics.text },
    { name: "the events", content: events.text },
  ];
  expect(leaks(secrets, places)).toEqual([]);
}, 60_000);
