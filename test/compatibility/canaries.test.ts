import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { newKey } from "@latchkey/engine";
import { expect, test } from "vitest";
import type { Answer, Question } from "../answer.ts";
import { type RunningServer, startServer, TEST_ACCOUNT } from "../running-server.ts";
import { digestLeaks, leaks, type Place } from "./canaries.ts";

// Checklist 6.5 of the compatibility document, line 2.

test("a planted canary is found, whole or in pieces, and its digest too", () => {
  const secret = "lk_live_0123456789abcdefghij";
  const find = (content: string | Uint8Array) => leaks([secret], [{ name: "here", content }]);
  expect(find("nothing")).toEqual([]);
  expect(find("x 456789abcde x")).toEqual([]);
  expect(find("x 456789abcdef x")).toEqual([`here holds ${secret}`]);
  expect(find(Buffer.from([0, ...Buffer.from("456789abcdef"), 255]))).toHaveLength(1);
  expect(leaks([secret], [{ name: "here", content: secret, mayHold: secret }])).toEqual([]);
  const digest = createHash("sha256").update(secret).digest("hex");
  expect(digestLeaks([secret], [{ name: "here", content: `x${digest}` }])).toHaveLength(1);
  expect(digestLeaks([secret], [{ name: "here", content: digest.slice(1) }])).toEqual([]);
});

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

  async send(question: Question, issued?: (json: Answer["json"]) => string): Promise<Answer> {
    const answer = await this.#server.ask(question);
    expect(answer.status, `${question.method} ${question.path}: ${answer.text}`).toBeLessThan(500);
    const secret = issued?.(answer.json);
    if (secret !== undefined) this.secrets.add(secret);
    this.places.push({
      name: `the answer to ${question.method ?? "GET"} ${question.path.slice(0, 60)}`,
      content: answer.text + JSON.stringify(answer.headers),
      mayHold: secret,
    });
    this.calls.add(`${question.method ?? "GET"} ${question.path.split("?", 1)[0]}`);
    return answer;
  }

  operator(
    method: string,
    url: string,
    body?: unknown,
    more: { headers?: Record<string, string>; issued?: (json: Answer["json"]) => string } = {},
  ): Promise<Answer> {
    const authorization = `Bearer ${this.#server.operatorToken}`;
    const headers = { authorization, ...more.headers };
    return this.send({ method, path: url, headers, body }, more.issued);
  }

  secret(text: string): string {
    this.secrets.add(text);
    return text;
  }
}

const API = "/v1/apis/standard";
const keyOf = (json: Answer["json"]): string => json.key;
const tokenOf = (json: Answer["json"]): string => json.token;
const aKey = () => newKey({ live: "lk_live_", test: "lk_test_" }, "live").key;

test("6.5.2 no credential stands in database, log, metrics or any other answer", async () => {
  await using server = await startServer({
    mode: "serve",
    env: { LATCHKEY_LOG_LEVEL: "trace" },
  });
  const scene = new Scene(server);
  const keys = await manage(scene);
  await present(scene, keys);
  await misplace(scene);

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

  expect(scene.secrets.size).toBeGreaterThan(25);
  expect(leaks(scene.secrets, [...places, ...disk])).toEqual([]);
  expect(digestLeaks(scene.secrets, places)).toEqual([]);
  const masterBytes = Buffer.from(server.masterKey, "base64url").toString("latin1");
  expect(leaks([masterBytes], [...places, ...disk])).toEqual([]);
});

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
  const rotation = { headers, issued: keyOf };
  await operator("POST", `${API}/api-keys/${made.id}/rotate`, { overlapSeconds: 600 }, rotation);
  const gone = (await operator("POST", `${API}/api-keys`, body, { issued: keyOf })).json;
  await operator("POST", `${API}/api-keys/${gone.id}/revoke`);
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
  for (const url of ["/v1/operator-tokens", `${API}/events`, `${API}/usage`, "/v1/apis"]) {
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
    scene.secret("raw-credential-without-scheme-77"),
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
