import { createHash, createPrivateKey, generateKeyPairSync, randomBytes } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { newKey } from "@latchkey/engine";
import { expect, test } from "vitest";
import type { Answer, Question } from "../answer.ts";
import { type RunningServer, startServer, TEST_ACCOUNT } from "../running-server.ts";
import { sharedJwt, userJwt } from "../signed-jwt.ts";
import { digestLeaks, leaks, type Place } from "./canaries.ts";
import { manageSessions } from "./canary-sessions.ts";
import { followVerifiers } from "./canary-verifiers.ts";
import { manageWebhooks } from "./canary-webhooks.ts";

// Checklist 6.5 of the compatibility document, line 2.

test("a planted canary is found, whole or in pieces, and its digest too", () => {
  const secret = "lk_live_0123456789abcdefghij";
  const find = (content: string | Uint8Array) => leaks([secret], [{ name: "here", content }]);
  expect(find("nothing")).toEqual([]);
  expect(find("x 456789abcde x")).toEqual([]);
  expect(find("x 456789abcdef x")).toEqual([`here holds ${secret}`]);
  expect(find(Buffer.from([0, ...Buffer.from("456789abcdef"), 255]))).toHaveLength(1);
  expect(leaks([secret], [{ name: "here", content: secret, mayHold: [secret] }])).toEqual([]);
  // Of a private key, one number is the secret: found in PEM, whose lines cut it in two.
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const pem = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  const der = privateKey.export({ type: "pkcs8", format: "der" });
  for (const content of [pem, der, JSON.stringify(privateKey.export({ format: "jwk" }))]) {
    expect(leaks(scalarsIn(pem), [{ name: "here", content }])).not.toEqual([]);
  }
  const digest = createHash("sha256").update(secret).digest("hex");
  expect(digestLeaks([secret], [{ name: "here", content: `x${digest}` }])).toHaveLength(1);
  expect(digestLeaks([secret], [{ name: "here", content: digest.slice(1) }])).toEqual([]);
});

/** The secrets in an answer that issued them. */
type Issued = (json: Answer["json"], headers: Answer["headers"]) => readonly string[];

/** Everything that went over the wire, and every secret that did. */
class Scene {
  readonly #server: RunningServer;
  readonly secrets = new Set<string>();
  readonly places: Place[] = [];
  /** `POST /v1/apis/{api}/accounts`, … */
  readonly calls = new Set<string>();

  constructor(server: RunningServer) {
    this.#server = server;
    this.secrets.add(server.operatorToken).add(server.masterKey);
  }

  async send(question: Question, issued?: Issued): Promise<Answer> {
    const answer = await this.#server.ask(question);
    expect(answer.status, `${question.method} ${question.path}: ${answer.text}`).toBeLessThan(500);
    const secrets = issued?.(answer.json, answer.headers) ?? [];
    for (const secret of secrets) {
      expect(String(secret), `${question.method} ${question.path}: ${answer.text}`).toMatch(
        /^.{12}/s,
      );
      this.secrets.add(secret);
    }
    this.places.push({
      name: `the answer to ${question.method ?? "GET"} ${question.path.slice(0, 60)}`,
      content: answer.text + JSON.stringify(answer.headers),
      mayHold: secrets,
    });
    this.calls.add(`${question.method ?? "GET"} ${question.path.split("?", 1)[0]}`);
    return answer;
  }

  operator(
    method: string,
    url: string,
    body?: unknown,
    more: { headers?: Record<string, string>; issued?: Issued } = {},
  ): Promise<Answer> {
    const authorization = `Bearer ${this.#server.operatorToken}`;
    const headers = { authorization, ...more.headers };
    return this.send({ method, path: url, headers, body }, more.issued);
  }

  /** The start of an answer without an end, up to `last`. */
  async follow(path: string, last: string): Promise<void> {
    const asked = new AbortController();
    const headers = { authorization: `Bearer ${this.#server.operatorToken}` };
    const url = `http://127.0.0.1:${this.#server.port}${path}`;
    const answer = await fetch(url, { headers, signal: asked.signal });
    expect(answer.status).toBe(200);
    let content = "";
    for await (const text of answer.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      content += text;
      if (content.includes(last)) break;
    }
    asked.abort();
    this.places.push({ name: `the answer to GET ${path}`, content });
    this.calls.add(`GET ${path.split("?", 1)[0]}`);
  }

  secret(text: string): string {
    this.secrets.add(text);
    return text;
  }
}

const API = "/v1/apis/standard";
const keyOf: Issued = ({ key, signingSecret }) =>
  signingSecret === undefined ? [key] : [key, signingSecret];
const tokenOf: Issued = ({ token }) => [token];
const secretOf: Issued = ({ secret }) => [secret];
const appSecretOf: Issued = ({ appSecret }) => [appSecret];
const clientSecretOf: Issued = ({ clientSecret }) => [clientSecret];
/** What stands after the `#`; the rest of the link is no secret. */
const linkOf: Issued = ({ url }) => [new URL(url).hash.replace("#portal=", "")];
const apiKeyOf: Issued = ({ data }) => [data.apiKey];
const registeredOf: Issued = ({ client_secret }) => [client_secret];
const newClientOf: Issued = ({ data }) => [data.clientSecret];
/** The one number that makes a key private, as its PEM has it, as a JWK and as bytes. */
const scalarOf: Issued = ({ privateKey }) => scalarsIn(privateKey);
const aKey = () => newKey({ live: "lk_live_", test: "lk_test_", form: "checksummed" }, "live").key;

test("6.5.2 no credential stands in database, log, metrics or any other answer", async () => {
  await using server = await startServer({
    mode: "serve",
    env: { LATCHKEY_LOG_LEVEL: "trace", LATCHKEY_OUTBOUND_ALLOW: "127.0.0.1" },
  });
  const scene = new Scene(server);
  const keys = await manage(scene);
  await present(scene, keys);
  await misplace(scene);
  await manageKeyrings(scene);
  await manageClients(scene);
  await manageRequests(scene, keys);
  await manageWebhooks(scene, TEST_ACCOUNT);
  await misplaceKeyrings(scene);
  await manageSessions(scene, TEST_ACCOUNT);
  await followVerifiers(scene, keys);

  const { paths } = (await scene.send({ path: "/openapi.json" })).json;
  const described = Object.entries<object>(paths).flatMap(([template, methods]) =>
    Object.keys(methods).map((method) => [method.toUpperCase(), template] as const),
  );
  expect(described.length).toBeGreaterThan(20);
  const missed = described.filter(([method, template]) => {
    const pattern = new RegExp(`^${method} ${template.replace(/\{\w+\}/g, "[^/]+")}$`);
    return ![...scene.calls].some((call) => pattern.test(call));
  });
  expect(missed).toEqual([]);

  const whileRunning = files(server.folder);
  expect(await server.end()).toBe(0);
  const places: Place[] = [...scene.places, { name: "the log", content: server.log() }];
  const disk = [...whileRunning, ...files(server.folder)];
  expect(disk.filter(({ name }) => name.endsWith("-wal"))).not.toEqual([]);
  // A search that looked at nothing would find nothing: these are known to be there.
  const all = Buffer.concat(disk.map(({ content }) => Buffer.from(content)));
  expect(all.includes(keys.id)).toBe(true);
  expect(server.log()).toContain("a-request-id-of-ours");

  expect(scene.secrets.size).toBeGreaterThan(90);
  expect(leaks(scene.secrets, [...places, ...disk])).toEqual([]);
  expect(digestLeaks(scene.secrets, places)).toEqual([]);
  const masterBytes = Buffer.from(server.masterKey, "base64url").toString("latin1");
  expect(leaks([masterBytes], [...places, ...disk])).toEqual([]);
}, 60_000);

function files(folder: string): readonly Place[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .map((file) => ({ name: path.basename(file), content: readFileSync(file) }));
}

interface Keys {
  readonly id: string;
  readonly key: string;
  readonly admin: string;
}

/** Calls every endpoint of the management API. */
async function manage(scene: Scene): Promise<Keys> {
  const operator = scene.operator.bind(scene);
  const account = (await operator("POST", `${API}/accounts`, { name: "Acme" })).json.id;
  await operator("PATCH", `${API}/accounts/${account}`, { plan: "gold" });
  await operator("GET", `${API}/accounts`);
  await operator("GET", `${API}/accounts/${account}`);
  await operator("POST", `${API}/accounts/${account}/suspend`);
  await operator("POST", `${API}/accounts/${account}/resume`);

  const password = scene.secret("correct horse battery staple 9417");
  const user = (await operator("POST", `${API}/users`, { accountId: account, password })).json.id;
  await operator("GET", `${API}/users`);
  await operator("GET", `${API}/users/${user}`);
  const membership = { accountId: TEST_ACCOUNT, role: "member" };
  await operator("POST", `${API}/users/${user}/memberships`, membership);
  await operator("POST", `${API}/users/${user}/memberships/revoke`, { accountId: TEST_ACCOUNT });

  // Twice: the answer that is kept for the second time must be sealed.
  const headers = { "idempotency-key": scene.secret("idem-5e8f0c1b27aa4d3996aa-canary") };
  const body = { name: "one", accountId: TEST_ACCOUNT, scopes: ["read:users"] };
  const once = { headers, issued: keyOf };
  const made = (await operator("POST", `${API}/api-keys`, body, once)).json;
  expect((await operator("POST", `${API}/api-keys`, body, once)).json).toEqual(made);
  await operator("POST", `${API}/api-keys`, { ...body, name: "two" }, { headers });
  await operator("GET", `${API}/api-keys`);
  await operator("GET", `${API}/api-keys/${made.id}`);
  await operator("PATCH", `${API}/api-keys/${made.id}`, { name: "uno" });
  const again = { "idempotency-key": scene.secret("idem-0d52c7f91be34ac08a55-canary") };
  const rotation = { headers: again, issued: keyOf };
  const plan = `${API}/api-keys/${made.id}/brown-outs`;
  await operator("POST", `${API}/api-keys/${made.id}/rotate`, { overlapSeconds: 600 }, rotation);
  await operator("POST", plan, { brownOuts: [] });
  await operator("POST", `${API}/api-keys/${made.id}/cancel-rotation`);
  const gone = (await operator("POST", `${API}/api-keys`, body, { issued: keyOf })).json;
  await operator("POST", `${API}/api-keys/${gone.id}/revoke`);
  const leaked = (await operator("POST", `${API}/api-keys`, body, { issued: keyOf })).json;
  const report = { key: leaked.key, source: `a page with ${leaked.key}` };
  await operator("POST", `${API}/api-keys/report-leaked`, report);
  const scopes = ["admin:all"];
  const admin = (await operator("POST", `${API}/api-keys`, { ...body, scopes }, { issued: keyOf }))
    .json.key;

  for (const role of ["viewer", "verifier", "admin", "owner"]) {
    const draft = { name: role, role };
    const made = await operator("POST", "/v1/operator-tokens", draft, { issued: tokenOf });
    const authorization = `Bearer ${made.json.token}`;
    await scene.send({ path: "/v1/apis", headers: { authorization } });
    await operator("POST", `/v1/operator-tokens/${made.json.id}/revoke`);
    await scene.send({ path: "/v1/apis", headers: { authorization } });
  }
  await operator("POST", `${API}/issuer-keys/rotate`);
  const curl = `curl -H 'Authorization: Bearer ${admin}' http://localhost/standard/v2/auth/test`;
  await operator("POST", `${API}/explain`, { curl });
  for (const url of [
    "/v1/operator-tokens",
    "/v1/reasons",
    API,
    `${API}/overview`,
    `${API}/findings`,
    `${API}/policy-versions`,
    `${API}/issuer-keys`,
    `${API}/events`,
    `${API}/usage`,
    "/v1/apis",
  ]) {
    await operator("GET", `${url}`);
  }
  for (const url of ["/healthz", "/readyz", "/metrics", "/dashboard/", "/"]) {
    await scene.send({ path: url });
  }
  return { id: made.id, key: made.key, admin };
}

/** Presents good and bad credentials at every door. */
async function present(scene: Scene, { key, admin }: Keys): Promise<void> {
  const wrong = aKey();
  const jwt = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJjYW5hcnktODQxNyJ9.c2lnbmF0dXJlLWNhbmFyeQ";
  const presented = [
    `Bearer ${key}`,
    `Bearer ${scene.secret(wrong)}`,
    `Bearer ${wrong.slice(0, -1)}`,
    `Bearer ${scene.secret(jwt)}`,
    `Basic ${scene.secret(Buffer.from("canary:hunter2-hunter2").toString("base64"))}`,
    scene.secret("raw-canary-without-a-scheme-77"),
  ];
  const id = { "x-request-id": "a-request-id-of-ours" };
  for (const authorization of presented) {
    const headers = { ...id, authorization };
    await scene.send({ path: "/standard/v2/auth/test", headers });
    await scene.send({ path: "/standard/v2/projects", headers });
    await scene.send({ path: "/v1/apis", headers });
    const token = { "x-latchkey-token": authorization.replace("Bearer ", "") };
    await scene.send({ path: `${API}/forward-auth`, headers: { ...headers, ...token } });
    for (const explain of [false, true]) {
      const request = { method: "GET", url: "/v2/projects", headers };
      await scene.operator("POST", `${API}/verify`, { request, explain });
    }
    const requests = [{ method: "GET", url: "/v2/users", headers }];
    await scene.operator("POST", `${API}/verify/batch`, { requests });
  }
  // At forward-auth, Authorization is the caller's; ours is the proxy's.
  await scene.send({
    path: `${API}/forward-auth`,
    headers: {
      authorization: `Bearer ${key}`,
      "x-latchkey-token": [...scene.secrets][0] ?? "",
      "x-forwarded-method": "GET",
      "x-forwarded-uri": `/v2/users?access_token=${key}`,
    },
  });

  const headers = { authorization: `Bearer ${admin}` };
  for (const at of ["/standard/api-keys", "/standard/v2/api-keys"]) {
    const made = await scene.send(
      { method: "POST", path: at, headers, body: { name: "child", scopes: ["read:users"] } },
      keyOf,
    );
    await scene.send({ path: at, headers });
    const { id: child } = made.json;
    await scene.send({ method: "POST", path: `${at}/${child}/rotate`, headers, body: {} }, keyOf);
    await scene.send({ method: "DELETE", path: `${at}/${child}`, headers });
  }
}

/** Puts secrets where they do not belong, as people and programs do. */
async function misplace(scene: Scene): Promise<void> {
  const fresh = () => scene.secret(aKey());
  for (const at of ["/standard/v2/auth/test", "/v1/apis", `${API}/api-keys`, "/healthz", "/no"]) {
    await scene.send({ path: `${at}?access_token=${fresh()}&api_key=${fresh()}` });
    await scene.send({ path: `${at}?${fresh()}` });
    await scene.operator("GET", `${at}?cursor=${fresh()}`);
    await scene.operator("GET", `${at}?limit=${fresh()}`);
  }
  for (const at of ["/standard/v2/users", "/standard", `${API}/api-keys`, "/v1", ""]) {
    await scene.send({ path: `${at}/${fresh()}` });
    await scene.operator("GET", `${at}/${fresh()}/rotate`);
    await scene.operator("POST", `${at}/${fresh()}/revoke`);
  }
  await scene.send({ path: `http://canary:${fresh()}@localhost/v1/apis` });
  for (const name of ["cookie", "x-api-key", "proxy-authorization", "referer", "x-api-version"]) {
    const headers = { [name]: fresh() };
    await scene.send({ path: "/standard/v2/auth/test", headers });
    await scene.operator("GET", "/v1/apis", undefined, { headers });
    const request = { method: "GET", url: `/v2/users?token=${fresh()}`, headers };
    await scene.operator("POST", `${API}/verify`, { request, explain: true });
  }
  const base = { name: "x", accountId: TEST_ACCOUNT };
  for (const body of [
    { ...base, [fresh()]: 1 },
    { ...base, key: fresh() },
    { ...base, scopes: [fresh()] },
    { ...base, scopes: fresh() },
    { ...base, mode: fresh() },
    { ...base, expiresAt: fresh() },
    { ...base, allowedIps: [fresh()] },
    { ...base, limits: [fresh()] },
    { ...base, accountId: fresh() },
    { ...base, userId: fresh() },
    fresh(),
    `{"name": "${fresh()}`,
    `${fresh()} is not JSON`,
  ]) {
    const answer = await scene.operator("POST", `${API}/api-keys`, body);
    expect(answer.status).toBe(400);
  }
  await scene.operator("POST", `${API}/verify`, {
    request: { method: "GET", url: fresh(), headers: {} },
  });
  await scene.operator("POST", `${API}/verify`, {
    request: { method: "GET", url: "/v2/users", headers: { authorization: fresh() }, ip: fresh() },
    explain: true,
  });
  const headers = { "content-type": `application/json; boundary=${fresh()}` };
  await scene.operator("POST", `${API}/accounts`, "{", { headers });
  await scene.operator("POST", "/v1/operator-tokens", { name: "x", role: fresh() });
  await scene.operator("POST", "/v1/operator-tokens", {
    name: "x",
    role: "viewer",
    apis: [fresh()],
  });
}

function scalarsIn(pem: string): readonly string[] {
  const { d = "" } = createPrivateKey(pem).export({ format: "jwk" });
  const bytes = Buffer.from(d, "base64url");
  return (["base64", "base64url", "hex", "latin1"] as const).map((form) => bytes.toString(form));
}

/** Makes, shows, rotates and revokes what signs, and presents what it signed. */
async function manageKeyrings(scene: Scene): Promise<void> {
  const operator = scene.operator.bind(scene);
  const accountId = TEST_ACCOUNT;
  const of = (api: string) => `/v1/apis/${api}`;
  const organization = { name: "Organization", kind: "organization" };
  const made = await operator("POST", `${of("signed-keys")}/accounts`, organization);
  const organizationId = made.json.id;

  const keyrings: readonly [string, string, object, Issued][] = [
    ["signed-keys", "api-keys", { accountId, name: "signed", signing: "required" }, keyOf],
    ["signed-keys", "organization-keys", { accountId: organizationId }, appSecretOf],
    ["standard", "jwt-secrets", { accountId, issuer: "canary" }, secretOf],
    ["savvycal", "signing-keys", { accountId, name: "canary" }, scalarOf],
  ];
  for (const [api, collection, draft, issued] of keyrings) {
    const path = `${of(api)}/${collection}`;
    const headers = { "idempotency-key": scene.secret(`idem-${randomBytes(12).toString("hex")}`) };
    const { json } = await operator("POST", path, draft, { headers, issued });
    expect((await operator("POST", path, draft, { headers, issued })).json).toEqual(json);
    const presented = presentedBy(collection, json);
    for (const value of Object.values(presented)) {
      // An organization's key is named in the open.
      if (value !== json.appKey) scene.secret(value.replace("Bearer ", ""));
    }
    for (const headers of [presented, broken(presented)]) {
      await scene.send({ path: `/${api}${AT[api]}`, headers });
      const request = { method: "GET", url: AT[api], headers };
      await operator("POST", `${of(api)}/verify`, { request, explain: true });
      await operator("POST", `${of(api)}/verify`, { request });
    }
    const rotated = await operator("POST", `${path}/${json.id}/rotate`, {}, { issued });
    expect(rotated.status).toBe(201);
    await operator("POST", `${path}/${json.id}/brown-outs`, { brownOuts: [] });
    await operator("GET", path);
    await operator("GET", `${path}/${json.id}`);
    await operator("GET", `${path}/${rotated.json.id}`);
    await operator("POST", `${path}/${json.id}/revoke`);
    for (const api of ["standard", "savvycal", "signed-keys"]) {
      await operator("GET", `${of(api)}/events`);
    }
  }
  const brought = generateKeyPairSync("ed25519");
  const privateKey = brought.privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  for (const secret of scalarsIn(privateKey)) scene.secret(secret);
  const publicKey = brought.publicKey.export({ format: "jwk" });
  const draft = { accountId, name: "brought", publicKey };
  expect((await operator("POST", `${of("savvycal")}/signing-keys`, draft)).status).toBe(201);
  const own = { accountId, issuer: "own", secret: scene.secret("our-own-secret-".repeat(3)) };
  await operator("POST", `${API}/jwt-secrets`, own, { issued: secretOf });
}

/** Where credentials of each profile are tried. */
const AT: Readonly<Record<string, string>> = {
  standard: "/v2/auth/test",
  savvycal: "/v1/appointments",
  "signed-keys": "/auth/test",
};

type Headers = Readonly<Record<string, string>>;

/** Headers that what was just issued makes good. */
function presentedBy(collection: string, issued: Answer["json"]): Headers {
  const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
  switch (collection) {
    case "api-keys": {
      const { key, signingSecret } = issued;
      return { "x-api-key": key, "x-signature": sharedJwt(signingSecret, { key }) };
    }
    case "organization-keys": {
      const { appKey: key, appSecret } = issued;
      return { "x-app-key": key, "x-app-signature": sharedJwt(appSecret, { key }) };
    }
    case "jwt-secrets":
      return bearer(sharedJwt(issued.secret, { iss: issued.issuer, sub: "canary" }));
    default:
      return bearer(userJwt(issued, { sub: "user_canary" }));
  }
}

/** The same, each value with other ends. */
function broken(headers: Headers): Headers {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, `${value.slice(0, -6)}AAAAAA`]),
  );
}

/** Registers an application with a key, and asks for what people paste secrets into. */
async function manageRequests(scene: Scene, { admin }: Keys): Promise<void> {
  const operator = scene.operator.bind(scene);
  const body = { name: "Theirs", redirect_uris: ["https://app.example.com"], scopes: [] };
  const headers = { authorization: `Bearer ${admin}`, "idempotency-key": "registered-once" };
  const question = { method: "POST", path: "/standard/oauth/applications", headers, body };
  const { status, json } = await scene.send(question, registeredOf);
  expect(status).toBe(201);
  expect((await scene.send(question, registeredOf)).json).toEqual(json);
  await scene.send({ path: question.path, headers });

  const path = `${API}/requests`;
  const words = `Mine is ${scene.secret(aKey())}, or ${json.client_secret}.`;
  const asked = { accountId: TEST_ACCOUNT, kind: "verification" };
  for (const [verb, detail] of [
    ["approve", words],
    ["decline", { applicationId: json.client_id, words: [words] }],
  ]) {
    const { id } = (await operator("POST", path, { ...asked, detail })).json;
    await operator("GET", `${path}/${id}`);
    await operator("POST", `${path}/${id}/${verb}`, { note: "Thank you." });
  }
  await operator("GET", path);
  await operator("GET", `${API}/grants`);
  await operator("GET", `${API}/grants/gnt_none`);
  await operator("POST", `${API}/grants/gnt_none/revoke`);
}

/** Applications, platform clients with their secrets, refreshed keys, and links to the dashboard. */
async function manageClients(scene: Scene): Promise<void> {
  const operator = scene.operator.bind(scene);
  const calcom = "/v1/apis/calcom";
  const platform = { name: "Platform", kind: "platform", plan: "SCALE" };
  const accountId = (await operator("POST", `${calcom}/accounts`, platform)).json.id;
  const redirectUris = ["https://app.example.com"];
  const draft = { accountId, name: "Client", kind: "platform", redirectUris, permissions: ["*"] };
  const path = `${calcom}/applications`;
  const { json } = await operator("POST", path, draft, { issued: clientSecretOf });
  const { id, clientSecret } = json;
  const pair = (secret: string) => ({ "x-cal-client-id": id, "x-cal-secret-key": secret });
  for (const secret of [clientSecret, `${clientSecret.slice(0, -9)}WRONGENDS`]) {
    await scene.send({ path: "/calcom/v2/me", headers: pair(secret) });
    await scene.send({ path: `/calcom/v2/oauth-clients/${id}`, headers: pair(secret) });
    const request = { method: "GET", url: "/v2/me", headers: pair(secret) };
    await operator("POST", `${calcom}/verify`, { request, explain: true });
  }
  await operator("GET", path);
  await operator("GET", `${path}/${id}`);
  await operator("PATCH", `${path}/${id}`, { name: "Renamed" });
  await operator("POST", `${path}/${id}/verify`);
  await operator("POST", `${path}/${id}/rotate`, {}, { issued: clientSecretOf });
  await operator("POST", `${path}/${id}/brown-outs`, { brownOuts: [] });
  const again = { force: true };
  await operator("POST", `${path}/${id}/rotate-secret`, again, { issued: clientSecretOf });
  await operator("POST", `${path}/${id}/brown-outs`, { brownOuts: [] });
  await operator("POST", `${path}/${id}/rotate`, { force: true }, { issued: clientSecretOf });
  await operator("POST", `${path}/${id}/reject`);
  await operator("POST", `${path}/${id}/revoke`);

  const keyDraft = { accountId, name: "x" };
  const made = await operator("POST", `${calcom}/api-keys`, keyDraft, { issued: keyOf });
  const headers = { authorization: made.json.key };
  const body = { name: "Theirs", redirectUris, permissions: "*" };
  const clients = "/calcom/v2/oauth-clients";
  const client = await scene.send({ method: "POST", path: clients, headers, body }, newClientOf);
  expect(client.status).toBe(201);
  await scene.send({ path: clients, headers });
  await scene.send({ path: `${clients}/${client.json.data.clientId}`, headers });
  const refresh = { method: "POST", path: "/calcom/v2/api-keys/refresh", headers, body: {} };
  expect((await scene.send(refresh, apiKeyOf)).status).toBe(200);
  await scene.send({ path: "/calcom/v2/me", headers });

  const savvycal = "/v1/apis/savvycal";
  const user = await operator("POST", `${savvycal}/users`, { accountId: TEST_ACCOUNT });
  const key = { accountId: TEST_ACCOUNT, name: "x" };
  const account = await operator("POST", `${savvycal}/api-keys`, key, { issued: keyOf });
  const session = await scene.send(
    {
      method: "POST",
      path: "/savvycal/v1/dashboard_sessions",
      headers: { authorization: `Bearer ${account.json.key}` },
      body: { user_id: user.json.id },
    },
    linkOf,
  );
  expect(session.json.url).toContain("#portal=");
}

/** Puts secrets where the newer endpoints and headers do not want them. */
async function misplaceKeyrings(scene: Scene): Promise<void> {
  const fresh = () => scene.secret(`canary-${randomBytes(24).toString("base64url")}`);
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const pem = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  for (const secret of scalarsIn(pem)) scene.secret(secret);
  const base = { accountId: TEST_ACCOUNT, name: "x" };
  const drafts: readonly [string, object][] = [
    ["savvycal/signing-keys", { ...base, publicKey: pem }],
    ["savvycal/signing-keys", { ...base, publicKey: privateKey.export({ format: "jwk" }) }],
    ["savvycal/signing-keys", { ...base, publicKey: fresh() }],
    ["savvycal/signing-keys", { ...base, privateKey: pem }],
    [
      "standard/jwt-secrets",
      { accountId: TEST_ACCOUNT, issuer: "x", secret: fresh().slice(0, 30) },
    ],
    ["standard/jwt-secrets", { accountId: TEST_ACCOUNT, issuer: `${fresh()} `, secret: fresh() }],
    ["standard/jwt-secrets", { accountId: TEST_ACCOUNT, issuer: "x", scopes: [fresh()] }],
    ["signed-keys/api-keys", { ...base, signing: fresh() }],
    ["signed-keys/api-keys", { ...base, signingSecret: fresh() }],
    ["signed-keys/organization-keys", { accountId: TEST_ACCOUNT, appSecret: fresh() }],
    ["calcom/applications", { ...base, redirectUris: [`https://x:${fresh()}@app.example.com`] }],
    ["calcom/applications", { ...base, redirectUris: [fresh()] }],
    ["calcom/applications", { ...base, redirectUris: ["https://x.com"], clientSecret: fresh() }],
  ];
  for (const [at, draft] of drafts) {
    const { status } = await scene.operator("POST", `/v1/apis/${at}`, draft);
    expect([at, status]).toEqual([at, 400]);
  }
  const names = [
    "x-api-key",
    "x-signature",
    "x-app-key",
    "x-app-signature",
    "x-cal-client-id",
    "x-cal-secret-key",
    "x-savvycal-account",
    "cal-api-version",
  ];
  for (const api of ["standard", "savvycal", "calcom", "signed-keys"]) {
    for (const name of names) {
      const headers = { [name]: fresh() };
      await scene.send({ path: `/${api}/v2/me`, headers });
      await scene.send({ path: `/${api}/v2/me?${name}=${fresh()}`, headers });
      const request = { method: "GET", url: "/v2/me", headers };
      await scene.operator("POST", `/v1/apis/${api}/verify`, { request, explain: true });
    }
    for (const path of [`/v2/oauth-clients/${fresh()}`, `/v1/accounts/${fresh()}`]) {
      await scene.send({ path: `/${api}${path}` });
      await scene.send({ path: `/${api}${path}`, headers: { "x-cal-secret-key": fresh() } });
    }
  }
}
