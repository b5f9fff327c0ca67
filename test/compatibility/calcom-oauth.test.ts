import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Answer } from "../answer.ts";
import { approve, openBrowser } from "../approval.ts";
import { bearer, expectFault } from "../calcom-platform.ts";
import { freePort } from "../free-port.ts";
import { inDatabase } from "../managed-users.ts";
import { head, sendRaw } from "../raw-request.ts";
import { type RunningServer, startServer, waitUntil } from "../running-server.ts";

// Checklist 6.3 of the compatibility document, lines 9, 21 to 29 and 42: the newer OAuth flow.

const REDIRECT_URI = "https://app.example.com/callback";
const PASSWORD = "a horse is no battery";
const OWNER = { email: "owner@example.com", password: PASSWORD };
const STRANGER = { email: "stranger@example.com", password: PASSWORD };
const VERIFIER = "a-verifier-of-at-least-forty-three-characters";
const CHALLENGE = createHash("sha256").update(VERIFIER).digest("base64url");
const PKCE = { code_challenge: CHALLENGE, code_challenge_method: "S256" };
const SCOPES = ["PROFILE_READ", "BOOKING_READ"];
const TOKEN = "/calcom/v2/auth/oauth2/token";

const UNKNOWN_SCOPE = ["invalid_scope", "unknown_scope"] as const;

interface App {
  readonly clientId: string;
  readonly clientSecret: string | null;
}

type Params = Readonly<Record<string, unknown>>;

let server: RunningServer;
let origin: string;
let confidential: App;
let open: App;
let pending: App;

beforeAll(async () => {
  const port = String(await freePort());
  origin = `http://127.0.0.1:${port}`;
  // One address sends all of these.
  const anonymous = { per: "address", windows: ["100000/minute"] };
  const apis = [{ slug: "calcom", extends: "calcom", limits: { anonymous } }];
  const env = { LATCHKEY_PORT: port, LATCHKEY_PUBLIC_URL: origin };
  server = await startServer({ policy: { apis }, env });
  await server.create("calcom", "accounts", { id: "acct_vendor", name: "Vendor" });
  await server.create("calcom", "accounts", { id: "acct_customer", name: "Customer" });
  await server.create("calcom", "users", { accountId: "acct_vendor", ...OWNER });
  await server.create("calcom", "users", { accountId: "acct_customer", ...STRANGER });
  confidential = await register();
  open = await register({ type: "public" });
  pending = await register({}, false);
});
afterAll(() => server?.stop());

/** An application of `acct_vendor`, which an operator has verified unless told otherwise. */
async function register(draft: object = {}, isVerified = true): Promise<App> {
  const common = { accountId: "acct_vendor", name: "Partner", redirectUris: [REDIRECT_URI] };
  const app = await server.create("calcom", "applications", {
    ...common,
    scopes: SCOPES,
    ...draft,
  });
  expect(app.status).toBe("pending");
  if (isVerified) await decide(app, "verify");
  return app;
}

async function decide({ clientId }: App, what: "verify" | "reject"): Promise<void> {
  const path = `/v1/apis/calcom/applications/${clientId}/${what}`;
  expect((await server.operator("POST", path)).status).toBe(200);
}

function authorizationUrl({ clientId }: App, params: Params = {}, path = "/auth/oauth2/authorize") {
  const all = {
    client_id: clientId,
    redirect_uri: REDIRECT_URI,
    state: "a b&c",
    scope: SCOPES.join(" "),
    ...params,
  };
  const given = Object.entries(all).filter(([, value]) => value !== "");
  return `${origin}/calcom${path}?${new URLSearchParams(given as [string, string][])}`;
}

async function codeOf(app: App, params: Params = {}, person = STRANGER): Promise<string> {
  const back = await approve(authorizationUrl(app, params), person);
  return back.searchParams.get("code") ?? "";
}

const askToken = (body: unknown, headers: Readonly<Record<string, string>> = {}) =>
  server.ask({ method: "POST", path: TOKEN, body, headers });

/** As a form; a value that is a list is sent that many times. */
const postForm = async (params: Params): Promise<Response> => {
  const pairs = Object.entries(params).flatMap(([name, value]) =>
    [value].flat().map((each) => [name, String(each)] as [string, string]),
  );
  return fetch(`${origin}${TOKEN}`, { method: "POST", body: new URLSearchParams(pairs) });
};

const proofOf = ({ clientId, clientSecret }: App): Params => ({
  client_id: clientId,
  ...(clientSecret !== null && { client_secret: clientSecret }),
});

const exchange = (app: App, code: string, params: Params = {}): Promise<Answer> =>
  askToken({
    grant_type: "authorization_code",
    ...proofOf(app),
    redirect_uri: REDIRECT_URI,
    code,
    ...params,
  });

const refresh = (app: App, token: string, params: Params = {}): Promise<Answer> =>
  askToken({ grant_type: "refresh_token", ...proofOf(app), refresh_token: token, ...params });

const me = (token: string): Promise<Answer> =>
  server.ask({ path: "/calcom/v2/me", headers: bearer(token) });

/** The whole flat body, its status, and what holds for every answer of the endpoint. */
function expectError({ status, json, headers }: Answer, expected: [number, string, string]): void {
  const [wanted, error, error_description] = expected;
  expect({ status, json }).toEqual({ status: wanted, json: { error, error_description } });
  expect(headers["cache-control"]).toBe("no-store");
  expect(headers["x-request-id"]).toMatch(/^[0-9a-f-]{36}$/);
  if (wanted === 401) expect(headers["www-authenticate"]).toBe('Basic realm="calcom"');
}

describe("a flow", () => {
  test.each(["/auth/oauth2/authorize", "/v2/auth/oauth2/authorize"])(
    "6.3.21 6.3.26 6.3.42 begins at %s and ends at /v2/me",
    async (path) => {
      const url = authorizationUrl(confidential, { scope: "PROFILE_READ,BOOKING_READ" }, path);
      const back = await approve(url, STRANGER);
      expect(back.origin + back.pathname).toBe(REDIRECT_URI);
      expect(back.searchParams.get("state")).toBe("a b&c");
      const answer = await exchange(confidential, back.searchParams.get("code") ?? "");
      expect(answer.status, answer.text).toBe(200);
      expect(answer.json).toEqual({
        access_token: expect.stringMatching(/^[0-9a-f]{64}$/),
        token_type: "bearer",
        refresh_token: expect.stringMatching(/^[\w-]{43}$/),
        expires_in: 1800,
        scope: "PROFILE_READ BOOKING_READ",
      });
      expect(answer.headers["cache-control"]).toBe("no-store");
      expect(answer.headers.pragma).toBe("no-cache");
      const mine = await me(answer.json.access_token);
      expect(mine.status, mine.text).toBe(200);
      expect(mine.json.data).toMatchObject({ email: STRANGER.email, accountId: "acct_customer" });
    },
  );

  test("6.3.9 an expired token is 401, not the 498 of a managed user's", async () => {
    const { json } = await exchange(confidential, await codeOf(confidential));
    const digest = createHash("sha256").update(json.access_token).digest("hex");
    const sql = "update credential set expires_at = ? where lower(hex(digest)) = ?";
    inDatabase(server, sql, Date.now(), digest);
    const answer = await me(json.access_token);
    expectFault(answer, { status: 401, message: "Invalid Access Token.", path: "/v2/me" });
  });

  test("6.3.22 takes a form, and Basic authentication", async () => {
    const grant = { grant_type: "authorization_code", redirect_uri: REDIRECT_URI };
    const form = { ...grant, ...proofOf(confidential), code: await codeOf(confidential) };
    expect((await postForm(form)).status).toBe(200);

    const { clientId, clientSecret } = confidential;
    const basic = Buffer.from(`${clientId}:${clientSecret}`).toString("base64");
    const code = await codeOf(confidential);
    const answer = await askToken({ ...grant, code }, { authorization: `Basic ${basic}` });
    expect(answer.status, answer.text).toBe(200);
  });

  test("6.3.23 binds a code to the challenge that was sent with it", async () => {
    const code = await codeOf(open, PKCE);
    const answer = await exchange(open, code, { code_verifier: VERIFIER });
    expect(answer.status, answer.text).toBe(200);
    const other = await codeOf(confidential, PKCE);
    expect((await exchange(confidential, other, { code_verifier: VERIFIER })).status).toBe(200);
  });

  test("6.3.26 a refresh ends the token it was asked with, and no other family", async () => {
    const first = (await exchange(confidential, await codeOf(confidential))).json;
    const second = (await exchange(confidential, await codeOf(confidential))).json;
    const next = await refresh(confidential, first.refresh_token);
    expect(next.status, next.text).toBe(200);
    expect(next.json).toMatchObject({ token_type: "bearer", expires_in: 1800 });
    expect((await me(next.json.access_token)).status).toBe(200);

    const revoked: [number, string, string] = [400, "invalid_grant", "refresh_token_revoked"];
    expectError(await refresh(confidential, first.refresh_token), revoked);
    // It was used twice, so somebody else may have it: nothing of this family lives on.
    expectError(await refresh(confidential, next.json.refresh_token), revoked);
    expectError(await refresh(confidential, first.refresh_token), revoked);
    expect((await me(next.json.access_token)).status).toBe(401);
    expect((await me(second.access_token)).status).toBe(200);
    expect((await refresh(confidential, second.refresh_token)).status).toBe(200);
  });

  test("6.3.29 revoking the grant, or rejecting the client, ends its tokens at once", async () => {
    const app = await register();
    const one = (await exchange(app, await codeOf(app))).json;
    const grants = await server.operator(
      "GET",
      `/v1/apis/calcom/grants?applicationId=${app.clientId}`,
    );
    const [{ id }] = grants.json.data;
    expect((await server.operator("POST", `/v1/apis/calcom/grants/${id}/revoke`)).status).toBe(200);
    expectFault(await me(one.access_token), {
      status: 401,
      message: "Invalid Access Token.",
      path: "/v2/me",
    });
    const revoked: [number, string, string] = [400, "invalid_grant", "refresh_token_revoked"];
    expectError(await refresh(app, one.refresh_token), revoked);

    const two = (await exchange(app, await codeOf(app))).json;
    const code = await codeOf(app);
    await decide(app, "reject");
    expect((await me(two.access_token)).status).toBe(401);
    const rejected: [number, string, string] = [401, "unauthorized_client", "client_rejected"];
    expectError(await exchange(app, code), rejected);
    expectError(await refresh(app, two.refresh_token), rejected);
  });
});

describe("6.3.21 the token endpoint refuses", () => {
  const badRequest = (text: string): [number, string, string] => [400, "invalid_request", text];
  const badGrant = (text: string): [number, string, string] => [400, "invalid_grant", text];

  test("nothing at all", async () => {
    expectError(await askToken(undefined), badRequest("Body is required"));
    expectError(await askToken([]), badRequest("Body is required"));
  });

  const code = { grant_type: "authorization_code", code: "c", redirect_uri: REDIRECT_URI };
  test.each<[string, () => unknown, [number, string, string]]>([
    ["no client_id", () => code, badRequest("client_id is required")],
    ["an empty client_id", () => ({ ...code, client_id: "" }), badRequest("client_id is required")],
    [
      "a client_id that is no text",
      () => ({ ...code, client_id: 7 }),
      badRequest("client_id must be a string"),
    ],
    [
      "no grant_type",
      () => proofOf(confidential),
      badRequest("grant_type must be 'authorization_code' or 'refresh_token'"),
    ],
    [
      "another grant_type",
      () => ({ ...proofOf(confidential), grant_type: "client_credentials" }),
      badRequest("grant_type must be 'authorization_code' or 'refresh_token'"),
    ],
    [
      "members that it does not know",
      () => ({ ...code, ...proofOf(confidential), scope: "a", "<b>": 1 }),
      badRequest("property scope should not exist, property <invalid> should not exist"),
    ],
    [
      "a text that is too long",
      () => ({ ...code, ...proofOf(confidential), code: "c".repeat(2049) }),
      badRequest("code must be shorter than or equal to 2048 characters"),
    ],
    [
      "a grant without its code",
      () => ({ ...code, ...proofOf(confidential), code: "" }),
      badRequest("code is required"),
    ],
    [
      "a client that there is not",
      () => ({ ...code, client_id: "app_000000000000000000000000" }),
      [401, "invalid_client", "client_not_found"],
    ],
    [
      "a wrong secret",
      () => ({ ...code, ...proofOf(confidential), client_secret: "0".repeat(64) }),
      [401, "invalid_client", "invalid_client_credentials"],
    ],
    [
      "no secret",
      () => ({ ...code, client_id: confidential.clientId }),
      [401, "invalid_client", "invalid_client_credentials"],
    ],
    [
      "a redirect URI that is not registered, before it looks at the secret",
      () => ({ ...code, client_id: confidential.clientId, redirect_uri: "https://evil.example" }),
      badGrant("redirect_uri_mismatch"),
    ],
    [
      "a code that there is not",
      () => ({ ...code, ...proofOf(confidential) }),
      badGrant("code_invalid_or_expired"),
    ],
    [
      "a refresh token that there is not",
      () => ({ grant_type: "refresh_token", ...proofOf(confidential), refresh_token: "r" }),
      badGrant("invalid_refresh_token"),
    ],
  ])("%s", async (_what, body, expected) => {
    expectError(await askToken(body()), expected);
  });

  test("a parameter that comes twice, in a form", async () => {
    const answer = await postForm({ ...code, ...proofOf(confidential), code: ["a", "b"] });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ error_description: "code must be a string" });
  });

  test("a body that is neither JSON nor a form, in the same flat shape", async () => {
    const headers = { "content-type": "text/plain" };
    const answer = await fetch(`${origin}${TOKEN}`, { method: "POST", body: "x", headers });
    expect(answer.status).toBe(415);
    expect(await answer.json()).toMatchObject({ error: "invalid_request" });
  });

  test.each([
    ["of a platform's client", { "x-cal-client-id": "app_1", "x-cal-secret-key": "s" }],
    ["half of that", { "x-cal-secret-key": "s" }],
    ["of the API", { authorization: "Bearer cal_0" }],
    ["of nothing", { authorization: "Negotiate" }],
  ])("a grant as it would without a proof %s", async (_whose, headers) => {
    const asked = { grant_type: "refresh_token", ...proofOf(confidential), refresh_token: "r" };
    expectError(await askToken(asked, headers), badGrant("invalid_refresh_token"));
  });

  test("two Authorization lines, both right", async () => {
    const { clientId, clientSecret } = confidential;
    const basic = `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString("base64")}`;
    const body = JSON.stringify({ grant_type: "refresh_token", refresh_token: "r" });
    const lines = [
      ...[`Authorization: ${basic}`, `Authorization: ${basic}`],
      ...["Content-Type: application/json", `Content-Length: ${body.length}`],
    ];
    const request = head(`POST ${TOKEN} HTTP/1.1`, lines) + body;
    const answer = await sendRaw(server.port, request);
    expectError(answer, badRequest("send Authorization once"));
  });

  test("a wrong Basic, and two proofs at once", async () => {
    const { clientId, clientSecret } = confidential;
    const basic = (text: string) => ({
      authorization: `Basic ${Buffer.from(text).toString("base64")}`,
    });
    const wrong = await askToken(code, basic(`${clientId}:${"0".repeat(64)}`));
    expectError(wrong, [401, "invalid_client", "invalid_client_credentials"]);
    const broken = await askToken(code, { authorization: "Basic %%" });
    expectError(broken, [401, "invalid_client", "invalid_client_credentials"]);
    const both = await askToken(
      { ...code, ...proofOf(confidential) },
      basic(`${clientId}:${clientSecret}`),
    );
    expectError(both, badRequest("client_id and client_secret must be sent once"));
  });

  test("a code that was used, and then what it was used for", async () => {
    const used = await codeOf(confidential);
    const { json } = await exchange(confidential, used);
    const other = await register();
    expectError(await exchange(other, used), badGrant("code_invalid_or_expired"));
    expect((await me(json.access_token)).status).toBe(200);
    expectError(await exchange(confidential, used), badGrant("code_invalid_or_expired"));
    expect((await me(json.access_token)).status).toBe(401);
  });

  test("6.3.24 another registered redirect URI than the one of the authorization", async () => {
    const second = "https://app.example.com/second";
    const app = await register({ redirectUris: [REDIRECT_URI, second] });
    const own = await codeOf(app);
    const mismatch = badGrant("redirect_uri_mismatch");
    expectError(await exchange(app, own, { redirect_uri: second }), mismatch);
    expect((await exchange(app, own)).status).toBe(200);
  });

  test.each<[string, Params, [number, string, string]]>([
    ["without a verifier", {}, badRequest("pkce_missing_parameters_or_invalid_method")],
    [
      "with another verifier",
      { code_verifier: `${VERIFIER}x` },
      badGrant("pkce_verification_failed"),
    ],
    ["with one that is too short", { code_verifier: "x" }, badGrant("pkce_verification_failed")],
  ])("6.3.23 6.3.25 a challenged code %s, which burns it", async (_how, params, expected) => {
    const burnt = await codeOf(open, PKCE);
    expectError(await exchange(open, burnt, params), expected);
    const late = await exchange(open, burnt, { code_verifier: VERIFIER });
    expectError(late, badGrant("code_invalid_or_expired"));
  });

  test("6.3.25 a wrong verifier, of which the operator reads", async () => {
    const lines = () =>
      server
        .log()
        .split("\n")
        .filter((line) => line.includes("code is spent"));
    const before = lines().length;
    const burnt = await codeOf(open, PKCE);
    await exchange(open, burnt, { code_verifier: `${VERIFIER}x` });
    await waitUntil("the log tells", async () => lines().length > before);
    expect(lines().at(-1)).not.toContain(burnt);
  });

  test("a verifier for a code that was asked for without a challenge", async () => {
    const plain = await codeOf(confidential);
    const answer = await exchange(confidential, plain, { code_verifier: VERIFIER });
    expectError(answer, badGrant("pkce_verification_failed"));
  });

  test("another client's refresh token, which lives on", async () => {
    const { json } = await exchange(confidential, await codeOf(confidential));
    const other = await register();
    expectError(await refresh(other, json.refresh_token), badGrant("client_id_mismatch"));
    expect((await refresh(confidential, json.refresh_token)).status).toBe(200);
  });

  test("6.3.27 a client that nobody approved, but for its owner", async () => {
    const unapproved: [number, string, string] = [
      401,
      "unauthorized_client",
      "client_not_approved",
    ];
    expectError(await exchange(pending, await codeOf(pending)), unapproved);
    const own = await exchange(pending, await codeOf(pending, {}, OWNER));
    expect(own.status, own.text).toBe(200);
    expect((await me(own.json.access_token)).status).toBe(200);
    expect((await refresh(pending, own.json.refresh_token)).status).toBe(200);
  });
});

describe("the authorization endpoint", () => {
  test.each<[string, () => App, Params, string, string]>([
    ["no scope", () => confidential, { scope: "" }, "invalid_scope", "scope_required"],
    ["an unknown scope", () => confidential, { scope: "READ_BOOKING" }, ...UNKNOWN_SCOPE],
    ["one of them unknown", () => confidential, { scope: "PROFILE_READ,x" }, ...UNKNOWN_SCOPE],
    [
      "a scope that the client is not registered for",
      () => confidential,
      { scope: "APPS_READ" },
      "invalid_scope",
      "scope_exceeds_client_registration",
    ],
    [
      "6.3.23 a public client without a challenge",
      () => open,
      {},
      "invalid_request",
      "pkce_required",
    ],
    [
      "a challenge that is sent plain",
      () => confidential,
      { code_challenge: VERIFIER, code_challenge_method: "plain" },
      "invalid_request",
      "pkce_missing_parameters_or_invalid_method",
    ],
  ])("6.3.28 tells the application of %s", async (_what, app, params, error, description) => {
    const answer = await fetch(authorizationUrl(app(), params), { redirect: "manual" });
    expect(answer.status).toBe(303);
    const location = new URL(answer.headers.get("location") ?? "");
    expect(location.origin + location.pathname).toBe(REDIRECT_URI);
    expect(Object.fromEntries(location.searchParams)).toEqual({
      error,
      error_description: description,
      state: "a b&c",
      iss: `${origin}/calcom`,
    });
    expect(answer.headers.get("access-control-allow-origin")).toBeNull();
  });

  test.each([
    ["a parameter that it does not know, twice", "&x=1&x=2&response_type=code", "GET"],
    ["two response types", "&response_type=code&response_type=token", "GET"],
    ["HEAD", "&response_type=code", "HEAD"],
    ["a slash at its end", "", "GET", "/auth/oauth2/authorize/"],
  ])("6.3.28 looks at the scopes in spite of %s", async (_what, more, method, path?: string) => {
    const fault = async (scope: string) => {
      const url = authorizationUrl(confidential, { scope }, path) + more;
      const answer = await fetch(url, { method, redirect: "manual" });
      const location = new URL(answer.headers.get("location") ?? "");
      return location.searchParams.get("error_description");
    };
    expect(await fault("")).toBe("scope_required");
    expect(await fault("PROFILE_READ,toString")).toBe("unknown_scope");
    expect(await fault("PROFILE_READ,APPS_READ")).toBe("scope_exceeds_client_registration");
    expect(await fault("PROFILE_READ,BOOKING_READ")).toBeNull();
  });

  test("refuses a parameter that comes twice", async () => {
    const url = `${authorizationUrl(confidential)}&scope=PROFILE_READ`;
    const answer = await fetch(url, { redirect: "manual" });
    const location = new URL(answer.headers.get("location") ?? "");
    expect(location.searchParams.get("error")).toBe("invalid_request");
  });

  test.each<[string, Params]>([
    ["a client that there is not", { client_id: "app_000000000000000000000000" }],
    ["a redirect URI that is not its own", { redirect_uri: "https://evil.example/" }],
    [
      "no redirect URI at all, and a wrong scope",
      { redirect_uri: "https://app.example.com/", scope: "x" },
    ],
  ])("shows the user %s, and redirects nowhere", async (_what, params) => {
    const answer = await fetch(authorizationUrl(confidential, params), { redirect: "manual" });
    expect(answer.status).toBe(400);
    expect(answer.headers.get("location")).toBeNull();
    expect(answer.headers.get("content-type")).toMatch(/^text\/html/);
  });

  test.each([
    ["confidential", {}],
    ["public", PKCE],
  ])("6.3.21 tells a %s application that the user refused", async (type, params) => {
    const app = await register({ type });
    const url = authorizationUrl(app, params);
    const back = await approve(url, STRANGER, openBrowser(), "deny");
    expect(back.origin + back.pathname).toBe(REDIRECT_URI);
    expect(Object.fromEntries(back.searchParams)).toEqual({
      error: "access_denied",
      error_description: "the user said no",
      state: "a b&c",
      iss: `${origin}/calcom`,
    });
  });

  test("shows the user a rejected client", async () => {
    const app = await register();
    await decide(app, "reject");
    const answer = await fetch(authorizationUrl(app), { redirect: "manual" });
    expect(answer.status).toBe(400);
    expect(answer.headers.get("location")).toBeNull();
  });
});

test("the metadata tell of no binding that tokens do not have", async () => {
  const { json } = await server.ask({ path: "/calcom/.well-known/oauth-authorization-server" });
  expect(json.dpop_signing_alg_values_supported).toBeUndefined();
  // `openid` and its like are unknown to the authorization endpoint.
  expect(json.scopes_supported.filter((name: string) => /^[a-z]/.test(name))).toEqual([]);
  expect(json.token_endpoint).toBe(`${origin}${TOKEN}`);
});

describe("who a client is", () => {
  const path = (id: string) => `/v2/auth/oauth2/clients/${id}`;
  const ask = (id: string, key: string) =>
    server.ask({ path: `/calcom${path(id)}`, headers: bearer(key) });

  test("6.3.21 is told to anybody with a credential", async () => {
    const { key } = await server.issueKey({ accountId: "acct_customer" }, "calcom");
    const answer = await ask(open.clientId, key);
    expect(answer.status, answer.text).toBe(200);
    expect(answer.json).toEqual({
      status: "success",
      data: {
        client_id: open.clientId,
        redirect_uri: REDIRECT_URI,
        redirect_uris: [REDIRECT_URI],
        name: "Partner",
        logo: null,
        is_trusted: false,
        client_type: "PUBLIC",
      },
    });
    expect((await server.ask({ path: `/calcom${path(open.clientId)}` })).status).toBe(401);
  });

  test("6.3.21 is not told of a client that there is not", async () => {
    const { key } = await server.issueKey({ accountId: "acct_customer" }, "calcom");
    const { status, json } = await ask("app_000000000000000000000000", key);
    expect(status).toBe(404);
    expect(json.error).toEqual({
      code: "HttpException",
      message: "unauthorized_client",
      details: "unauthorized_client",
    });
  });
});

test("6.5.2 nothing that was issued is in the database or the log", async () => {
  const { clientSecret } = confidential;
  const used = await codeOf(confidential);
  const { json } = await exchange(confidential, used);
  const unused = await codeOf(confidential, PKCE);
  const wrong = `${VERIFIER}-of-nobody`;
  await exchange(confidential, await codeOf(confidential, PKCE), { code_verifier: wrong });
  await me(json.access_token);
  const secrets = [clientSecret, used, unused, json.access_token, json.refresh_token, wrong];
  await server.kill();
  const files = ["", "-wal"].map((end) => readFileSync(`${server.database}${end}`, "latin1"));
  expect(files.join("")).toContain(confidential.clientId);
  for (const secret of secrets) {
    expect(secret).toMatch(/^.{8,}$/);
    for (const text of [...files, server.log()]) expect(text).not.toContain(secret);
  }
  await server.restart();
});
