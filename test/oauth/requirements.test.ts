import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { approve, csrfOf, openBrowser } from "../approval.ts";
import { freePort } from "../free-port.ts";
import { type RunningServer, startServer, TEST_ACCOUNT } from "../running-server.ts";

// Requirements of RFC 9700 and its kin, by their numbers, that take a server and its pages.

const PERSON = { email: "ada@example.com", password: "a horse is no battery" };
const REDIRECT_URI = "https://client.example/callback";
const VERIFIER = "a-verifier-of-at-least-forty-three-characters";
const CHALLENGE = createHash("sha256").update(VERIFIER).digest("base64url");
/** RFC 6749 §5.2. */
const ERRORS = [
  ...["invalid_request", "invalid_client", "invalid_grant"],
  ...["unauthorized_client", "unsupported_grant_type", "invalid_scope"],
];

interface Client {
  readonly clientId: string;
  readonly clientSecret?: string;
}

let server: RunningServer;
let issuer: string;
let client: Client;

beforeAll(async () => {
  const port = String(await freePort());
  const origin = `http://127.0.0.1:${port}`;
  issuer = `${origin}/standard`;
  server = await startServer({ env: { LATCHKEY_PORT: port, LATCHKEY_PUBLIC_URL: origin } });
  await server.create("standard", "users", { accountId: TEST_ACCOUNT, ...PERSON });
  client = await register();
});
afterAll(() => server?.stop());

const register = (draft: object = {}): Promise<Client & { readonly id: string }> =>
  server.create("standard", "applications", {
    name: "Reports & <b>more</b>",
    accountId: TEST_ACCOUNT,
    redirectUris: [REDIRECT_URI],
    scopes: ["read:users", "read:projects"],
    ...draft,
  });

function authorizationUrl({ clientId }: Client, params: Readonly<Record<string, string>> = {}) {
  const all = {
    response_type: "code",
    client_id: clientId,
    redirect_uri: REDIRECT_URI,
    scope: "read:users read:projects",
    state: "st",
    code_challenge: CHALLENGE,
    code_challenge_method: "S256",
    ...params,
  };
  const given = Object.entries(all).filter(([, value]) => value !== "");
  return `${issuer}/oauth/authorize?${new URLSearchParams(given)}`;
}

const postToken = (params: Readonly<Record<string, string>>, headers: object = {}) =>
  fetch(`${issuer}/oauth/token`, {
    method: "POST",
    body: new URLSearchParams(params),
    headers: { ...headers },
  });

const proofOf = ({ clientId, clientSecret }: Client) => ({
  client_id: clientId,
  client_secret: clientSecret ?? "",
});

async function ownToken(of = client): Promise<string> {
  const answer = await postToken({ grant_type: "client_credentials", ...proofOf(of) });
  return ((await answer.json()) as { access_token: string }).access_token;
}

/** A browser that was sent to the page on which it is asked for the password. */
async function signInPage(of = client) {
  const browser = openBrowser();
  return { browser, page: await browser.go(new URL(authorizationUrl(of))) };
}

async function consentPage(of = client) {
  const { browser, page } = await signInPage(of);
  const form = new URLSearchParams({ csrf: csrfOf(page.html), ...PERSON });
  return { browser, page: await browser.go(page.url, form) };
}

test("O-036: an application that must send a challenge gets no code without one", async () => {
  const strict = await register({ pkce: "required" });
  const none = { code_challenge: "", code_challenge_method: "" };
  const back = await approve(authorizationUrl(strict, none), PERSON);
  expect(back.searchParams.get("error")).toBe("invalid_request");
  expect(back.searchParams.has("code")).toBe(false);
});

describe("the pages", () => {
  test.each([
    ["that asks for the password", signInPage],
    ["that asks for consent", consentPage],
  ])("O-043 O-044 O-045: the one %s is framed, cached and followed by nobody", async (_, show) => {
    const { browser, page } = await show();
    const cookies = browser.cookies();
    const { headers } = await fetch(page.url, { headers: { cookie: cookies } });
    const policy = headers.get("content-security-policy") ?? "";
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toContain("script-src");
    expect(headers.get("referrer-policy")).toBe("no-referrer");
    expect(headers.get("cache-control")).toBe("no-store");
    expect(page.html).not.toMatch(/<(?:script|img|link|iframe)/);
  });

  test("O-047: consent without the form's own token, or with another's, counts for nothing", async () => {
    const { browser, page } = await consentPage();
    const foreign = csrfOf((await consentPage()).page.html);
    for (const csrf of ["", "x", foreign]) {
      const form = new URLSearchParams({ csrf, decision: "allow", scope: "read:users" });
      const stop = await browser.go(page.url, form);
      expect([csrf, stop.status, stop.url.href]).toEqual([csrf, 400, page.url.href]);
    }
    const form = new URLSearchParams({ csrf: csrfOf(page.html), decision: "allow" });
    form.append("scope", "read:users");
    const { url } = await browser.go(page.url, form);
    expect(url.searchParams.has("code")).toBe(true);
  });

  test("O-047: nor does it count in a browser that did not begin", async () => {
    const { page } = await consentPage();
    const csrf = csrfOf(page.html);
    const form = new URLSearchParams({ csrf, decision: "allow", scope: "read:users" });
    const stop = await openBrowser().go(page.url, form);
    expect(stop.url.href).toBe(page.url.href);
    expect(stop.status).toBe(400);
  });

  test("O-048: the user reads who asks, for what, and where the browser goes", async () => {
    const { html } = (await consentPage()).page;
    expect(html).toContain("Reports &#38; &#60;b&#62;more&#60;/b&#62;");
    for (const text of ["client.example", "read:users", "read:projects"]) {
      expect(html).toContain(text);
    }
  });

  test("O-060: no parameter of ours or anybody's leads to another site", async () => {
    const evil = "https://evil.example/";
    const others = { next: evil, return_to: evil, returnTo: evil, post_logout_redirect_uri: evil };
    const { browser, page } = await signInPage();
    const form = new URLSearchParams({ csrf: csrfOf(page.html), ...PERSON, ...others });
    const url = new URL(page.url);
    for (const [name, value] of Object.entries(others)) url.searchParams.set(name, value);
    const stop = await browser.go(url, form);
    expect(stop.url.origin).toBe(new URL(issuer).origin);
    for (const path of ["authorize", "logout", "device"]) {
      const target = `${issuer}/oauth/${path}?${new URLSearchParams(others)}`;
      const answer = await fetch(target, { redirect: "manual" });
      expect(answer.headers.get("location") ?? "").not.toContain("evil");
    }
  });
});

describe("the token endpoint", () => {
  test.each<[string, Readonly<Record<string, string>>, number]>([
    ["nothing", {}, 400],
    ["no grant", { grant_type: "" }, 400],
    ["an unknown grant", { grant_type: "magic" }, 400],
    ["an unknown client", { grant_type: "client_credentials", client_id: "app_x" }, 401],
    ["an unknown code", { grant_type: "authorization_code", code: "x" }, 400],
    ["an unknown refresh token", { grant_type: "refresh_token", refresh_token: "x" }, 400],
  ])("O-093: says with a registered error that it got %s", async (_what, params, status) => {
    const proof = "client_id" in params ? {} : proofOf(client);
    const answer = await postToken({ ...proof, ...params });
    expect(answer.status).toBe(status);
    expect(answer.headers.get("content-type")).toMatch(/^application\/json/);
    expect(ERRORS).toContain(((await answer.json()) as { error: string }).error);
  });

  test("O-102: no site is let in with the browser's own credentials", async () => {
    for (const path of ["token", "revoke", "introspect", "userinfo", "jwks", "authorize"]) {
      const headers = { origin: "https://evil.example" };
      const answer = await fetch(`${issuer}/oauth/${path}`, { method: "POST", headers });
      expect([path, answer.headers.get("access-control-allow-credentials")]).toEqual([path, null]);
    }
  });

  describe("a page of any origin", () => {
    const origin = "https://spa.example";

    test.each([
      ["token", "POST"],
      ["revoke", "POST"],
      ["introspect", "POST"],
      ["register", "POST"],
      ["par", "POST"],
      ["device/code", "POST"],
      ["userinfo", "GET"],
      ["jwks", "GET"],
      ["../.well-known/openid-configuration", "GET"],
      ["../.well-known/oauth-authorization-server", "GET"],
      ["../.well-known/oauth-protected-resource", "GET"],
      ["../../.well-known/oauth-authorization-server/standard", "GET"],
      ["../../.well-known/oauth-protected-resource/standard", "GET"],
    ])("may ask %s, and reads what it is told", async (path, method) => {
      const url = `${issuer}/oauth/${path}`;
      const preflight = await fetch(url, {
        method: "OPTIONS",
        headers: {
          origin,
          "access-control-request-method": method,
          "access-control-request-headers": "authorization,mcp-protocol-version",
        },
      });
      expect(preflight.status).toBe(204);
      expect(preflight.headers.get("access-control-allow-origin")).toBe("*");
      expect(preflight.headers.get("access-control-allow-methods")).toContain(method);
      const names = preflight.headers.get("access-control-allow-headers");
      expect(names).toBe("authorization,mcp-protocol-version");
      // Asked as it should be and in a way that nothing takes: refusals are read as well.
      for (const by of [method, "PUT"]) {
        const { headers } = await fetch(url, { method: by, headers: { origin } });
        expect(headers.get("access-control-allow-origin")).toBe("*");
        expect(headers.get("access-control-expose-headers")).toContain("X-Request-ID");
        expect(headers.has("access-control-allow-credentials")).toBe(false);
      }
    });

    test("gets tokens for an application whose redirects lie elsewhere", async () => {
      const asked = { grant_type: "client_credentials", ...proofOf(client) };
      const answer = await postToken(asked, { origin });
      expect(answer.status).toBe(200);
      expect(answer.headers.get("access-control-allow-origin")).toBe("*");
      const wrong = await postToken({ ...asked, client_secret: "x" }, { origin });
      expect(wrong.status).toBe(401);
      expect(wrong.headers.get("access-control-allow-origin")).toBe("*");
    });
  });

  test("O-105: an application's own token is no user's, and nobody chooses a client id", async () => {
    const token = await ownToken();
    const headers = { authorization: `Bearer ${token}` };
    const request = { method: "GET", url: "/v2/auth/test", headers };
    const { json } = await server.operator("POST", "/v1/apis/standard/verify", { request });
    expect(json.principal).toMatchObject({
      kind: "application",
      userId: null,
      applicationId: client.clientId,
    });
    const chosen = await server.operator("POST", "/v1/apis/standard/applications", {
      ...{ id: "user_1", clientId: "user_1", name: "A", accountId: TEST_ACCOUNT },
      redirectUris: [REDIRECT_URI],
    });
    expect(chosen.status).toBe(400);
  });

  test("O-106: tokens have at least 128 bits, and none comes twice", async () => {
    const tokens = await Promise.all(Array.from({ length: 50 }, () => ownToken()));
    expect(new Set(tokens).size).toBe(50);
    for (const token of tokens) expect(token).toMatch(/^lk_at_[\w-]{43}$/);
    // No place has the same character in all of them but those of the prefix.
    const places = [...(tokens[0] ?? "")].map((_, i) => new Set(tokens.map((each) => each[i])));
    expect(places.findIndex(({ size }) => size > 1)).toBe("lk_at_".length);
    expect(places.slice("lk_at_".length).every(({ size }) => size > 1)).toBe(true);
  });
});

describe("the API", () => {
  const ask = (path: string, headers: Readonly<Record<string, string>> = {}) =>
    server.ask({ path, headers });

  test("O-131: refuses the token of another API's authorization server", async () => {
    const authorization = `Bearer ${await ownToken()}`;
    expect((await ask("/standard/v2/auth/test", { authorization })).status).toBe(200);
    expect((await ask("/calcom/v2/me", { authorization })).status).toBe(401);
  });

  test("O-160: challenges without an error where nothing was sent, with one where it was bad", async () => {
    const none = (await ask("/standard/v2/auth/test")).headers["www-authenticate"] ?? "";
    expect(none).toMatch(/^Bearer /);
    expect(none).not.toContain("error=");
    const bad = await ask("/standard/v2/auth/test", { authorization: "Bearer lk_at_none" });
    expect(bad.status).toBe(401);
    expect(bad.headers["www-authenticate"]).toContain('error="invalid_token"');
  });

  test("O-162: does not look at a token in the query", async () => {
    const token = await ownToken();
    expect((await ask(`/standard/v2/auth/test?access_token=${token}`)).status).toBe(401);
    expect(server.log()).not.toContain(token);
  });
});

test("O-172: a public application stays one, whatever secret it presents", async () => {
  const open = await register({ type: "public" });
  expect(open.clientSecret).toBeUndefined();
  const own = { grant_type: "client_credentials", client_id: open.clientId };
  for (const secret of [{}, { client_secret: "s".repeat(64) }]) {
    const answer = await postToken({ ...own, ...secret });
    expect([400, 401]).toContain(answer.status);
  }
  const path = `/v1/apis/standard/applications/${open.id}/rotate-secret`;
  expect((await server.operator("POST", path, {})).status).toBe(409);
});

test("O-181: answers to the outside on https say that it stays so", async () => {
  const env = { LATCHKEY_PUBLIC_URL: "https://auth.example.com" };
  await using secure = await startServer({ env });
  const answer = await secure.ask({ path: "/standard/oauth/jwks" });
  expect(answer.headers["strict-transport-security"]).toBe("max-age=31536000");
});

test("O-184: consent and revocation are in the audit trail, by whom and when, without a secret", async () => {
  const app = await register();
  const back = await approve(authorizationUrl(app), PERSON);
  const code = back.searchParams.get("code") ?? "";
  const answer = await postToken({
    ...{ grant_type: "authorization_code", code, code_verifier: VERIFIER },
    ...{ redirect_uri: REDIRECT_URI, ...proofOf(app) },
  });
  const tokens = (await answer.json()) as { access_token: string; refresh_token: string };
  const revoke = { token: tokens.refresh_token, ...proofOf(app) };
  const body = new URLSearchParams(revoke);
  expect((await fetch(`${issuer}/oauth/revoke`, { method: "POST", body })).status).toBe(200);
  const { json, text } = await server.operator("GET", "/v1/apis/standard/events?limit=50");
  const told = json.data.filter((event: { detail: { applicationId?: string } }) =>
    [event.detail.applicationId].includes(app.clientId),
  );
  const types = told.map(({ type }: { type: string }) => type);
  expect(types).toEqual(expect.arrayContaining(["grant.created", "grant.revoked"]));
  const revoked = told.find(({ type }: { type: string }) => type === "grant.revoked");
  expect(revoked).toMatchObject({
    actor: { kind: "credential", id: app.clientId },
    address: "127.0.0.1",
    accountId: TEST_ACCOUNT,
  });
  for (const secret of [code, tokens.access_token, tokens.refresh_token, app.clientSecret]) {
    expect(text).not.toContain(secret);
  }
});

test("O-183: an unknown client and a wrong secret of any length are told the same", async () => {
  const { clientId } = client;
  const tries = [
    { client_id: "app_000000000000000000000000", client_secret: "0".repeat(64) },
    ...["0", "0".repeat(64), "0".repeat(4096)].map((client_secret) => ({
      client_id: clientId,
      client_secret,
    })),
  ];
  const answers = await Promise.all(
    tries.map(async (proof) => {
      const answer = await postToken({ grant_type: "client_credentials", ...proof });
      return [answer.status, await answer.text()];
    }),
  );
  for (const answer of answers) expect(answer).toEqual(answers[0]);
  expect(answers[0]?.[0]).toBe(401);
});
