import { generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server } from "node:http";
import { type AddressInfo, connect, createServer as createTcpServer } from "node:net";
import path from "node:path";
import { profiles } from "@latchkey/engine";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Answer } from "../answer.ts";
import { newClient, pairOf } from "../calcom-platform.ts";
import { freePort } from "../free-port.ts";
import { inDatabase } from "../managed-users.ts";
import { dpopProof } from "../oauth/dpop-proof.ts";
import { head, sendRaw } from "../raw-request.ts";
import { type RunningServer, startServer, TEST_ACCOUNT } from "../running-server.ts";
import { hasProxy, PROXIES, type RunningProxy, startProxy } from "./running-proxy.ts";

interface Arrived {
  readonly line: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

type Headers = Readonly<Record<string, string | readonly string[]>>;

const APIS = Object.keys(profiles);
/** Names whom a request is from; nothing but the proxy may say it. */
const OURS = [
  ...["Request-Id", "Account", "User", "Application", "Scopes", "Plan", "Mode", "Credential"],
  ...["Token", "account"],
]
  .map((name) => `X-Latchkey-${name}`)
  // CGI and its heirs read both alike.
  .flatMap((name) => [name, name.replaceAll("-", "_"), name.replace(/-(?=\w+$)/, "_")]);

/** As many as a key may have; as a header they are longer than a page of memory. */
const SCOPES = Array.from(
  { length: 100 },
  (_, i) => `https://api.example.com/auth/${i + 100}.${"x".repeat(80)}`,
);

let server: RunningServer;
let token = "";
/** An API that answers everything, and keeps what reached it. */
let api: Server;
let apiPort = 0;
let apiConnections = 0;
const arrived: Arrived[] = [];
/** Between the proxies and Latchkey: counts connections, and can be cut. */
let between: { readonly port: number; connections: number; close(): Promise<void> };
const keys: Record<string, { good: string; spent: string }> = {};
let expired = "";
/** What gets access tokens that are bound to a key. */
let bound: { readonly key: ReturnType<typeof ecKey>; readonly token: () => Promise<string> };

beforeAll(async () => {
  server = await startServer({
    policy: {
      apis: APIS.map((name) => ({
        ...{ slug: name, extends: name, failures: [] },
        ...(name === "signed-keys" && {
          scopes: Object.fromEntries(SCOPES.map((scope) => [scope, "Of many"])),
        }),
      })),
    },
    env: { LATCHKEY_SOCKET: "latchkey.sock" },
  });
  token = (
    await server.operator("POST", "/v1/operator-tokens", { name: "proxy", role: "verifier" })
  ).json.token;
  for (const name of APIS) {
    const scopes = Object.keys(profiles[name as keyof typeof profiles].scopes ?? {});
    // As many in one second as a fast machine can send.
    const { key: good } = await server.issueKey({ scopes, limits: ["10000/hour"] }, name);
    const { key: spent } = await server.issueKey({ scopes, limits: ["1/hour"] }, name);
    keys[name] = { good, spent };
    await server.ask({ path: `/${name}${PATHS[name]}`, headers: withKey(name, spent) });
  }
  expired = await expiredToken();
  bound = await boundTokens();
  api = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString();
    arrived.push({ line: `${request.method} ${request.url}`, headers: request.headers, body });
    response.writeHead(201, { "content-type": "text/plain" }).end("from the API");
  }).listen(0, "127.0.0.1");
  api.on("connection", () => {
    apiConnections += 1;
  });
  await once(api, "listening");
  apiPort = (api.address() as AddressInfo).port;
  between = await relayTo(server.port);
});
afterAll(async () => {
  await between?.close();
  api?.closeAllConnections();
  api?.close();
  await server?.stop();
});

const PATHS: Readonly<Record<string, string>> = {
  standard: "/v2/users?limit=5",
  savvycal: "/v1/links",
  calcom: "/v2/schedules",
  "signed-keys": "/things",
};

const withKey = (name: string, key: string): Record<string, string> =>
  name === "signed-keys" ? { "x-api-key": key } : { authorization: `Bearer ${key}` };

/** The access token of a managed user, past its time: `calcom` answers it with 498. */
async function expiredToken(): Promise<string> {
  await server.create("calcom", "accounts", {
    id: "acct_platform",
    name: "P",
    kind: "platform",
    plan: "SCALE",
  });
  const client = await newClient(server, "acct_platform");
  const { json } = await server.ask({
    method: "POST",
    path: `/calcom/v2/oauth-clients/${client.clientId}/users`,
    headers: pairOf(client),
    body: { email: "a@example.com", name: "A" },
  });
  inDatabase(
    server,
    "update credential set expires_at = ? where user_id in (select id from person where number = ?)",
    Date.now(),
    json.data.user.id,
  );
  return json.data.accessToken;
}

const ecKey = () => generateKeyPairSync("ec", { namedCurve: "P-256" });

async function boundTokens(): Promise<typeof bound> {
  const key = ecKey();
  const client = await server.create("standard", "applications", {
    ...{ name: "Reports", accountId: TEST_ACCOUNT, scopes: ["read:users"], status: "verified" },
    redirectUris: ["https://client.example/callback"],
  });
  const form = { grant_type: "client_credentials", scope: "read:users", client_id: client.id };
  const body = String(new URLSearchParams({ ...form, client_secret: client.clientSecret }));
  const path = "/standard/oauth/token";
  const { json } = await server.ask({ path: "/standard/.well-known/oauth-authorization-server" });
  const token = async (): Promise<string> => {
    const dpop = dpopProof(key, { method: "POST", url: json.token_endpoint });
    const headers = { "content-type": "application/x-www-form-urlencoded", dpop };
    return (await server.ask({ method: "POST", path, headers, body })).json.access_token;
  };
  return { key, token };
}

async function relayTo(port: number) {
  const sockets = new Set<import("node:net").Socket>();
  const relay = { port: 0, connections: 0, close };
  const listener = createTcpServer((near) => {
    relay.connections += 1;
    const far = connect(port, "127.0.0.1");
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on("error", () => undefined).on("close", () => sockets.delete(socket));
    }
    near.pipe(far).pipe(near);
  }).listen(0, "127.0.0.1");
  async function close() {
    for (const socket of sockets) socket.destroy();
    if (!listener.listening) return;
    listener.close();
    await once(listener, "close");
  }
  await once(listener, "listening");
  relay.port = (listener.address() as AddressInfo).port;
  return relay;
}

const WEBSOCKET = { "sec-websocket-version": "13", "sec-websocket-key": `${"A".repeat(22)}==` };

/** What the profile says; the rest belongs to the connection or to whoever answers on it. */
const OWN = /^(date|connection|keep-alive|server|via|x-content-type-options|access-control-.*)$/;

/** When a window of an hour that began a moment ago ends: an instant, or seconds from now. */
const WITHIN_THE_HOUR = /\b(\d{10}|3600|35\d\d)\b/g;

function comparable({ status, headers, text }: Answer): object {
  const theirs = Object.entries(headers)
    .filter(([name]) => !OWN.test(name))
    .map(([name, value]) => [name, value.replace(WITHIN_THE_HOUR, "hour")]);
  return {
    status,
    headers: { ...Object.fromEntries(theirs), "x-request-id": "" },
    text: text.replace(/"timestamp":"[^"]*"/, ""),
  };
}

describe.each(PROXIES)("%s", (name) => {
  describe.skipIf(!hasProxy(name))("with the example's configuration", () => {
    const proxies = new Map<string, RunningProxy>();
    beforeAll(async () => {
      for (const slug of APIS) {
        const behind = { latchkeyPort: between.port, apiPort, api: slug, token };
        proxies.set(slug, await startProxy(name, behind));
      }
    });
    afterAll(() => Promise.all([...proxies.values()].map((proxy) => proxy.stop())));

    function proxy(slug = "standard"): RunningProxy {
      const found = proxies.get(slug);
      if (found === undefined) throw new Error(`no proxy for ${slug}`);
      return found;
    }
    const good = (slug = "standard") => withKey(slug, keys[slug]?.good ?? "");

    async function pass(question: Parameters<RunningProxy["ask"]>[0], slug?: string) {
      const before = arrived.length;
      const answer = await proxy(slug).ask(question);
      expect([answer.status, answer.text], proxy(slug).log()).toEqual([201, "from the API"]);
      expect(arrived).toHaveLength(before + 1);
      const request = arrived.at(-1);
      if (request === undefined) throw new Error("nothing reached the API");
      return { answer, request };
    }

    test("passes an allowed request on as it was sent, with whom it is from", async () => {
      const body = "x".repeat(100_000);
      const path = "/v2/users?a=%20b&c=d/e";
      const headers = { ...good(), "content-type": "text/plain" };
      const { answer, request } = await pass({ method: "POST", path, headers, body });
      expect(request.line).toBe(`POST ${path}`);
      expect(request.body).toBe(body);
      expect(request.headers).toMatchObject({
        "x-latchkey-account": TEST_ACCOUNT,
        "x-latchkey-mode": "live",
        "x-latchkey-scopes": expect.stringContaining("write:users"),
        "x-latchkey-credential": expect.stringMatching(/^key_/),
        "x-latchkey-request-id": answer.headers["x-request-id"],
      });
      expect(request.headers).not.toHaveProperty("authorization");
      expect(answer.headers.ratelimit).toContain("r=");
    });

    test("says nothing of what does not apply", async () => {
      const { answer, request } = await pass({ path: "/v2/slots" }, "calcom");
      const said = Object.entries(request.headers).filter(([name]) =>
        name.startsWith("x-latchkey"),
      );
      expect(Object.fromEntries(said)).toEqual({
        "x-latchkey-request-id": answer.headers["x-request-id"],
        ...("x-latchkey-scopes" in request.headers && { "x-latchkey-scopes": "" }),
      });
      expect(answer.headers).not.toHaveProperty("ratelimit");
      expect(answer.headers).not.toHaveProperty("ratelimit-policy");
    });

    test.each(["a=1&headers=original", "accel=5"])("takes no word from %s", async (query) => {
      const { request } = await pass({ path: `/v2/users?${query}`, headers: good() });
      expect(request.line).toBe(`GET /v2/users?${query}`);
    });

    test.each(["GET", "HEAD", "PUT", "PATCH", "DELETE"])("passes on %s", async (method) => {
      const before = arrived.length;
      const answer = await proxy().ask({ method, path: "/v2/users/7", headers: good() });
      expect(answer.status).toBe(201);
      expect(arrived.slice(before).map(({ line }) => line)).toEqual([`${method} /v2/users/7`]);
    });

    test("lets no client say whom it is from", async () => {
      const spoofed: Headers = Object.fromEntries(OURS.map((each) => [each, "spoofed"]));
      const forwarded = {
        "x-forwarded-for": "192.0.2.66",
        "x-forwarded-proto": "https",
        "x-forwarded-host": "other.example",
      };
      const headers = { ...spoofed, ...forwarded, ...good() };
      const { request } = await pass({ path: "/v2/users", headers });
      expect(JSON.stringify(request.headers)).not.toContain("spoofed");
      for (const [name, value] of Object.entries(forwarded)) {
        expect(request.headers[name] ?? "").not.toContain(value);
      }
      expect(request.headers["x-latchkey-account"]).toBe(TEST_ACCOUNT);
    });

    // Whoever speaks HTTP/2 to the API sends it further requests, which nobody is asked about.
    test.each([
      ["Upgrade", "h2c"],
      ["upgrade, HTTP2-Settings", "h2c"],
      ["Upgrade", "websocket, h2c"],
      ["Upgrade", ["h2c", "websocket"]],
      ["Upgrade", ["websocket", "h2c"]],
    ])("lets no client change to HTTP/2 behind it: %s, %j", async (connection, upgrade) => {
      const settings = { connection, upgrade, "http2-settings": "AAMAAABkAAQAoAAAAAIAAAAA" };
      const { request } = await pass({
        path: "/",
        headers: { ...good(), ...settings, ...WEBSOCKET },
      });
      expect(request.headers.upgrade ?? "").not.toContain("h2c");
    });

    test(`passes ${name === "nginx" ? "no " : ""}WebSockets on`, async () => {
      const asked = { connection: "keep-alive, Upgrade", upgrade: "WebSocket", ...WEBSOCKET };
      const { request } = await pass({ path: "/", headers: { ...good(), ...asked } });
      const passed = name === "nginx" ? undefined : "websocket";
      expect(request.headers.upgrade?.toLowerCase()).toBe(passed);
    });

    test("lets no client have taken away on the next hop whom it is from", async () => {
      const headers = { ...good(), connection: "keep-alive, X-Latchkey-Account, X-Latchkey-Mode" };
      const { request } = await pass({ path: "/v2/users", headers });
      expect(request.headers["x-latchkey-account"]).toBe(TEST_ACCOUNT);
      expect(request.headers.connection ?? "").not.toMatch(/latchkey/i);
    });

    test.each([
      { "x-forwarded-method": "GET", "x-forwarded-uri": "/v2/public/x" },
      { "x-original-method": "GET", "x-original-uri": "/v2/public/x" },
      { "x-http-method-override": "GET", "x-rewrite-url": "/v2/public/x" },
    ])("lets no client have another line decided about: %j", async (headers) => {
      const { good: key } = keys.savvycal ?? {};
      const foreign = withKey("standard", key ?? "");
      const answer = await proxy().ask({ path: "/v2/users", headers: { ...foreign, ...headers } });
      expect(answer.status).toBe(401);
    });

    // Many an API takes such an address apart again, and may find another path than the proxy did.
    test.each(["http://HOST/v2/users", "http:///v2/users", "other://HOST/v2/users"])(
      "has the API get the path that was decided about, and no more, of %s",
      async (address) => {
        const before = arrived.length;
        const host = `127.0.0.1:${proxy().port}`;
        const line = `GET ${address.replace("HOST", host)} HTTP/1.1`;
        const headers = { host, connection: "close", ...good() };
        const lines = Object.entries(headers).map((each) => each.join(": "));
        const { status } = await sendRaw(proxy().port, head(line, lines));
        const reached = arrived.slice(before).map((each) => each.line);
        expect(reached).toEqual(status === 201 ? ["GET /v2/users"] : []);
        expect([201, 400]).toContain(status);
      },
    );

    test.each(
      APIS.flatMap((slug) => [
        [slug, "nothing is presented", PATHS[slug], {}] as const,
        [slug, "nobody knows the key", PATHS[slug], withKey(slug, "nobody")] as const,
        [slug, "the limit is spent", PATHS[slug], "spent"] as const,
        [slug, "a path cannot be read in one way", "/a%2Fb", "good"] as const,
      ]),
    )("gives the refusal of %s to the client when %s", async (slug, _when, path = "/", what) => {
      const { good: key, spent } = keys[slug] ?? { good: "", spent: "" };
      const headers =
        typeof what === "string" ? withKey(slug, what === "spent" ? spent : key) : what;
      const before = arrived.length;
      const facade = await server.ask({ path: `/${slug}${path}`, headers });
      const answer = await proxy(slug).ask({ path, headers });
      expect(facade.status).toBeGreaterThanOrEqual(400);
      expect(comparable(answer)).toEqual(comparable(facade));
      expect(arrived).toHaveLength(before);
    });

    test("takes a proof for the address that the client called, and for no other", async () => {
      const token = await bound.token();
      const ask = (url: string, more: Headers = {}) => {
        const proof = dpopProof(bound.key, { method: "GET", url, token });
        const headers = { authorization: `DPoP ${token}`, dpop: proof, ...more };
        return proxy().ask({ path: "/v2/users", headers });
      };
      const called = `http://127.0.0.1:${proxy().port}/v2/users`;
      expect((await ask(called)).status).toBe(201);
      const other = { "x-forwarded-host": "other.example" };
      expect((await ask("http://other.example/v2/users", other)).status).toBe(401);
      expect((await ask(called, other)).status).toBe(201);
    });

    test("gives 403 and 498 to the client as they are", async () => {
      const { key } = await server.issueKey({ scopes: ["read:users"] });
      const forbidden = { path: "/v2/projects", headers: withKey("standard", key) };
      const late = { path: "/v2/me", headers: { authorization: `Bearer ${expired}` } };
      for (const [slug, question, status] of [
        ["standard", forbidden, 403],
        ["calcom", late, 498],
      ] as const) {
        const facade = await server.ask({ ...question, path: `/${slug}${question.path}` });
        expect(facade.status).toBe(status);
        expect(comparable(await proxy(slug).ask(question))).toEqual(comparable(facade));
      }
    });

    test("sends no body with a refusal of HEAD", async () => {
      const { status, text, headers } = await proxy().ask({ method: "HEAD", path: "/v2/users" });
      expect([status, text]).toEqual([401, ""]);
      expect(headers["www-authenticate"]).toBe('Bearer realm="standard"');
    });

    test("refuses a credential that was sent twice", async () => {
      const { authorization = "" } = good();
      const headers = { authorization: [authorization, authorization] };
      expect((await proxy().ask({ path: "/v2/users", headers })).status).toBe(400);
    });

    test("passes on a request of a key with very many scopes", async () => {
      const { key } = await server.issueKey({ scopes: SCOPES }, "signed-keys");
      const { request } = await pass(
        { path: "/things", headers: { "x-api-key": key } },
        "signed-keys",
      );
      expect(request.headers["x-latchkey-scopes"]).toBe(SCOPES.join(" "));
    });

    test("tells the client of a rotated key what the facade tells", async () => {
      const { id, key } = await server.issueKey({ scopes: ["read:users"] });
      await server.operator("POST", `/v1/apis/standard/api-keys/${id}/rotate`);
      const headers = withKey("standard", key);
      const told = (await server.ask({ path: "/standard/v2/users", headers })).headers;
      const { answer } = await pass({ path: "/v2/users", headers });
      for (const name of ["deprecation", "sunset"]) {
        expect(told[name]).toBeDefined();
        expect(answer.headers[name]).toBe(told[name]);
      }
      const other = await pass({ path: "/v2/users", headers: good() });
      expect(other.answer.headers).not.toHaveProperty("sunset");
      expect(other.answer.headers).not.toHaveProperty("deprecation");
    });

    test("has each request counted once", async () => {
      const { key } = await server.issueKey({ scopes: ["read:users"], limits: ["3/hour"] });
      const statuses = [];
      for (let i = 0; i < 4; i += 1) {
        const headers = withKey("standard", key);
        statuses.push((await proxy().ask({ path: "/v2/users", headers })).status);
      }
      expect(statuses).toEqual([201, 201, 201, 429]);
    });

    test("lets a browser's preflight through to the API", async () => {
      const headers = { origin: "https://a.example", "access-control-request-method": "POST" };
      const { request } = await pass({ method: "OPTIONS", path: "/v2/users", headers });
      expect(request.line).toBe("OPTIONS /v2/users");
      const said = Object.entries(request.headers).filter(([name]) =>
        name.startsWith("x-latchkey"),
      );
      expect(said).toEqual([["x-latchkey-request-id", expect.stringMatching(/^[\w-]+$/)]]);
    });

    test("keeps its connections, to Latchkey and to the API", async () => {
      await pass({ path: "/v2/users", headers: good() });
      const before = { latchkey: between.connections, api: apiConnections };
      for (let i = 0; i < 20; i += 1) await pass({ path: "/v2/users", headers: good() });
      expect(between.connections - before.latchkey).toBeLessThanOrEqual(1);
      expect(apiConnections - before.api).toBeLessThanOrEqual(1);
    });

    test("asks over a Unix socket as well", async () => {
      const latchkeySocket = path.join(server.folder, "latchkey.sock");
      const behind = { latchkeyPort: 1, latchkeySocket, apiPort, api: "standard", token };
      const alone = await startProxy(name, behind);
      try {
        const before = arrived.length;
        for (let i = 0; i < 3; i += 1) {
          const answer = await alone.ask({ path: "/v2/users", headers: good() });
          expect([answer.status, answer.text], alone.log()).toEqual([201, "from the API"]);
        }
        expect(arrived).toHaveLength(before + 3);
        const headers = withKey("standard", keys.standard?.spent ?? "");
        const facade = await server.ask({ path: "/standard/v2/users", headers });
        expect(facade.status).toBe(429);
        const refused = await alone.ask({ path: "/v2/users", headers });
        expect(comparable(refused)).toEqual(comparable(facade));
      } finally {
        await alone.stop();
      }
    });

    test("does not say of Latchkey that it is away where the API is", async () => {
      const behind = { latchkeyPort: server.port, api: "standard", token };
      const alone = await startProxy(name, { ...behind, apiPort: await freePort() });
      try {
        const { status, text } = await alone.ask({ path: "/v2/users", headers: good() });
        expect([502, 503]).toContain(status);
        expect(text).not.toContain("Authentication");
      } finally {
        await alone.stop();
      }
    });

    test("lets nothing pass while Latchkey does not answer", async () => {
      const relay = await relayTo(server.port);
      const behind = { latchkeyPort: relay.port, apiPort, api: "standard", token };
      const alone = await startProxy(name, behind);
      try {
        await relay.close();
        const before = arrived.length;
        const headers = { ...good(), "x-latchkey-request-id": "spoofed" };
        const answer = await alone.ask({ path: "/v2/users", headers });
        expect([answer.status, answer.headers["retry-after"]]).toEqual([503, "1"]);
        expect(answer.json).toMatchObject({ error: { code: "UNAVAILABLE" } });
        expect(arrived).toHaveLength(before);
      } finally {
        await alone.stop();
      }
    });
  });
});
