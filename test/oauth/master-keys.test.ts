import { createHash, randomBytes } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { csrfOf, openBrowser } from "../approval.ts";
import { freePort } from "../free-port.ts";
import { type RunningServer, startServer } from "../running-server.ts";

// While the master key is being rotated, two nodes know both and seal under different ones.

const PERSON = { email: "person@example.com", password: "a horse is no battery" };
const REDIRECT_URI = "https://client.example/callback";
const API = "standard";

const [older, newer] = [randomBytes(32), randomBytes(32)].map((key) => key.toString("base64url"));
let first: RunningServer;
let second: RunningServer;
let issuer: string;
let application: { readonly clientId: string };
beforeAll(async () => {
  const port = String(await freePort());
  const origin = `http://127.0.0.1:${port}`;
  issuer = `${origin}/${API}`;
  const operatorToken = randomBytes(24).toString("hex");
  const env = { LATCHKEY_PUBLIC_URL: origin, LATCHKEY_OPERATOR_TOKEN: operatorToken };
  first = await startServer({
    env: { ...env, LATCHKEY_PORT: port, LATCHKEY_SECRET: `${older},${newer}` },
  });
  second = await startServer({
    folder: first.folder,
    env: { ...env, LATCHKEY_SECRET: `${newer},${older}` },
  });
  await first.create(API, "accounts", { id: "acct_vendor", name: "Vendor" });
  await first.create(API, "users", { accountId: "acct_vendor", ...PERSON });
  application = await first.create(API, "applications", {
    ...{ accountId: "acct_vendor", name: "Reports", redirectUris: [REDIRECT_URI] },
    ...{ scopes: ["read:users"], type: "public" },
  });
});
afterAll(async () => {
  await second?.stop();
  await first?.stop();
});

const atSecond = (url: URL) => new URL(url.pathname, `http://127.0.0.1:${second.port}`);

test("a sign-in that one node began goes on at the other", async () => {
  const asked = new URLSearchParams({
    ...{ response_type: "code", client_id: application.clientId, redirect_uri: REDIRECT_URI },
    ...{ scope: "read:users", code_challenge_method: "S256" },
    code_challenge: createHash("sha256").update("x".repeat(43)).digest("base64url"),
  });
  const browser = openBrowser();
  const { url, html } = await browser.go(new URL(`${issuer}/oauth/authorize?${asked}`));
  const form = new URLSearchParams({ csrf: csrfOf(html), ...PERSON });
  // The other node sends the browser back to the public address.
  expect((await browser.go(atSecond(url), form)).url.origin).toBe(new URL(issuer).origin);
});

test("a device's code of one node is known to the other", async () => {
  const body = new URLSearchParams({ client_id: application.clientId, scope: "read:users" });
  const answer = await fetch(`${issuer}/oauth/device/code`, { method: "POST", body });
  const { user_code = "" } = (await answer.json()) as { readonly user_code?: string };
  const browser = openBrowser();
  const form = atSecond(new URL(`${issuer}/oauth/device`));
  const xsrf = /name="xsrf" value="([^"]+)"/.exec((await browser.go(form)).html)?.[1] ?? "";
  const { html } = await browser.go(form, new URLSearchParams({ xsrf, user_code }));
  expect(html).toContain("Go on only if your device shows");
});

test("a call that is repeated at the other node gets its answer, with its secret", async () => {
  const body = { name: "CI", accountId: "acct_vendor" };
  const headers = { authorization: `Bearer ${first.operatorToken}` };
  const path = `/v1/apis/${API}/api-keys`;
  const issue = (server: RunningServer, key: string) =>
    server.ask({ method: "POST", path, body, headers: { ...headers, "idempotency-key": key } });
  for (const [key, there, here] of [
    ["older first", first, second],
    ["newer first", second, first],
  ] as const) {
    const issued = await issue(there, key);
    expect(issued.status).toBe(201);
    expect(await issue(here, key)).toMatchObject({ status: 201, text: issued.text });
  }
});
