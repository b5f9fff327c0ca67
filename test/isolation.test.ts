import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Answer } from "./answer.ts";
import { type RunningServer, startServer, TEST_ACCOUNT } from "./running-server.ts";

const ROLES = ["viewer", "verifier", "admin", "owner"] as const;

let server: RunningServer;
/** By role, and `<role> of a`: those that may see the API `a` only. */
const tokens = new Map<string, string>();
let key = "";
let keyId = "";
/** What stands for an id in `calls` → what `b` has. */
const ids = new Map<string, string>();
/** Every scheme that takes things of its own. */
const SCHEMES = [
  "api-key",
  "customer-jwt",
  "shared-secret-jwt",
  "signed-request",
  "client-secret-headers",
  "anonymous",
];
beforeAll(async () => {
  const policy = {
    apis: ["a", "b"].map((slug) => ({ slug, extends: "standard", schemes: SCHEMES })),
  };
  server = await startServer({ policy });
  const issued = await server.issueKey({ scopes: ["admin:all"] }, "b");
  ({ key, id: keyId } = issued);
  ids.set("KEY", keyId);
  const organization = { id: ORGANIZATION, name: "Organization", kind: "organization" };
  await server.create("b", "accounts", organization);
  for (const [name, [collection, draft]] of Object.entries(THINGS)) {
    ids.set(name, (await server.create("b", collection, draft)).id);
  }
  const endpoints = "/v1/apis/b/webhook-endpoints";
  await server.operator("POST", `${endpoints}/${ids.get("ENDPOINT")}/test`);
  ids.set("DELIVERY", (await server.operator("GET", "/v1/apis/b/deliveries")).json.data[0].id);
  ids.set("GRANT", grantOf(ids.get("USER") ?? "", ids.get("APPLICATION") ?? ""));
  for (const role of ROLES) {
    for (const apis of [undefined, ["a"]]) {
      const draft = { name: role, role, ...(apis !== undefined && { apis }) };
      const { json } = await server.operator("POST", "/v1/operator-tokens", draft);
      tokens.set(apis === undefined ? role : `${role} of a`, json.token);
    }
  }
});
afterAll(() => server?.stop());

function as(who: string, method: string, path: string, body?: unknown): Promise<Answer> {
  const authorization = `Bearer ${tokens.get(who)}`;
  return server.ask({ method, path, headers: { authorization }, body });
}

const ORGANIZATION = "acct_organization";
const accountId = TEST_ACCOUNT;
const application = { accountId, name: "x", redirectUris: ["https://app.example.com"] };
const endpoint = { accountId, url: "https://hooks.example.com/", events: ["webhook.*"] };
const published = { type: "thing.made", accountId, data: {} };
const request = { accountId, kind: "limit", detail: "More, please." };
/** What stands for an id in `calls`: where such a thing is made, and what of. */
const THINGS: Readonly<Record<string, readonly [string, object]>> = {
  USER: ["users", { accountId }],
  SIGNING: ["signing-keys", { accountId, name: "x" }],
  SHARED: ["jwt-secrets", { accountId, issuer: "x" }],
  COSIGNING: ["organization-keys", { accountId: ORGANIZATION }],
  APPLICATION: ["applications", application],
  REQUEST: ["requests", request],
  ENDPOINT: ["webhook-endpoints", endpoint],
};

const asked = { method: "GET", url: "/v2/auth/test", headers: {} };

const usedByNobody = {
  ...{ accountId, credentialId: "key_0", hour: "2026-11-22T12:00:00Z", allowed: 1, denied: 0 },
  ...{ lastAllowedAt: null, clientVersion: null },
};

/** The id of a limit of `b`. */
const LIMIT_OF_B =
  '["b","apiKey","credential","any",[{"blockSeconds":0,"max":9,"name":"w","windowSeconds":60}]]';

/** Every call of the management API about one API, with names of things that `b` has. */
const calls: readonly [string, string, unknown?][] = [
  ["GET", "/accounts"],
  ["POST", "/accounts", { name: "x" }],
  ["GET", `/accounts/${TEST_ACCOUNT}`],
  ["PATCH", `/accounts/${TEST_ACCOUNT}`, { name: "x" }],
  ["POST", `/accounts/${TEST_ACCOUNT}/suspend`],
  ["POST", `/accounts/${TEST_ACCOUNT}/resume`],
  ["GET", "/users"],
  ["POST", "/users", { accountId: TEST_ACCOUNT }],
  ["GET", "/users/USER"],
  ["POST", "/users/USER/memberships", { accountId: TEST_ACCOUNT, role: "owner" }],
  ["POST", "/users/USER/memberships/revoke", { accountId: TEST_ACCOUNT }],
  ["POST", "/users/USER/invite"],
  ["GET", "/api-keys"],
  ["POST", "/api-keys", { name: "x", accountId: TEST_ACCOUNT }],
  ["GET", "/api-keys/KEY"],
  ["PATCH", "/api-keys/KEY", { name: "x" }],
  ["POST", "/api-keys/KEY/rotate", {}],
  ["POST", "/api-keys/KEY/brown-outs", { brownOuts: [] }],
  ["POST", "/api-keys/KEY/cancel-rotation"],
  ["POST", "/api-keys/KEY/revoke"],
  ["POST", "/api-keys/report-leaked", { key: "x" }],
  ["GET", "/signing-keys"],
  ["POST", "/signing-keys", { accountId, name: "x" }],
  ...callsOfKey("/signing-keys/SIGNING"),
  ["GET", "/jwt-secrets"],
  ["POST", "/jwt-secrets", { accountId, issuer: "y" }],
  ...callsOfKey("/jwt-secrets/SHARED"),
  ["GET", "/organization-keys"],
  ["POST", "/organization-keys", { accountId }],
  ...callsOfKey("/organization-keys/COSIGNING"),
  ["GET", "/applications"],
  ["POST", "/applications", application],
  ["GET", "/applications/APPLICATION"],
  ["PATCH", "/applications/APPLICATION", { name: "x" }],
  ["POST", "/applications/APPLICATION/verify"],
  ["POST", "/applications/APPLICATION/reject"],
  ["POST", "/applications/APPLICATION/rotate", {}],
  ["POST", "/applications/APPLICATION/rotate-secret", {}],
  ["POST", "/applications/APPLICATION/brown-outs", { brownOuts: [] }],
  ["POST", "/applications/APPLICATION/revoke"],
  ["GET", "/grants"],
  ["GET", "/grants/GRANT"],
  ["POST", "/grants/GRANT/revoke"],
  ["GET", "/issuer-keys"],
  ["POST", "/issuer-keys/rotate"],
  ["GET", "/changes"],
  ["POST", "/leases", { verifier: "vrf_1", appliedSeq: 0 }],
  ["POST", "/resolve", { questions: [{ about: "account", name: TEST_ACCOUNT }] }],
  ["POST", "/slices", { slices: [{ limit: LIMIT_OF_B, key: "", need: 1, spare: 0 }] }],
  ["POST", "/usage", { counts: [usedByNobody] }],
  ["GET", "/verifiers"],
  ["GET", "/requests"],
  ["POST", "/requests", request],
  ["GET", "/requests/REQUEST"],
  ["POST", "/requests/REQUEST/approve"],
  ["POST", "/requests/REQUEST/decline"],
  ["GET", "/webhook-endpoints"],
  ["POST", "/webhook-endpoints", endpoint],
  ["GET", "/webhook-endpoints/ENDPOINT"],
  ["PATCH", "/webhook-endpoints/ENDPOINT", { parallel: 2 }],
  ["POST", "/webhook-endpoints/ENDPOINT/rotate", {}],
  ["POST", "/webhook-endpoints/ENDPOINT/test"],
  ["POST", "/webhook-endpoints/ENDPOINT/retry", {}],
  ["POST", "/webhook-endpoints/ENDPOINT/revoke"],
  ["GET", "/webhook-endpoints/ENDPOINT/deliveries"],
  ["GET", "/deliveries"],
  ["GET", "/deliveries/DELIVERY"],
  ["POST", "/deliveries/DELIVERY/retry"],
  ["GET", "/events"],
  ["POST", "/events/publish", published],
  ["GET", "/usage"],
  ["GET", "/overview"],
  ["GET", "/findings"],
  ["GET", "/policy-versions"],
  ["POST", "/explain", { curl: "curl https://api.example.com/v2/users" }],
  ["POST", "/portal-sessions", { accountId, capabilities: ["usage:read"] }],
  ["POST", "/verify", { request: asked }],
  ["POST", "/verify/batch", { requests: [asked] }],
];
const named = (path: string) => path.replace(/[A-Z]+/, (name) => ids.get(name) ?? name);

function callsOfKey(path: string): readonly [string, string, unknown?][] {
  return [
    ["GET", path],
    ["POST", `${path}/rotate`, {}],
    ["POST", `${path}/brown-outs`, { brownOuts: [] }],
    ["POST", `${path}/revoke`],
  ];
}

/** A grant in `b`, which only a person's approval makes: written as that would. */
function grantOf(userId: string, applicationId: string): string {
  using database = new DatabaseSync(server.database);
  database.exec("pragma busy_timeout = 5000");
  const row = ["b", "gnt_1", userId, accountId, applicationId, "[]", "{}", 0, 4e12];
  database
    .prepare(
      `insert into oauth_grant
        (api, id, user_id, account_id, application_id, scopes, payload, created_at, expires_at)
        values (${row.map(() => "?").join(", ")})`,
    )
    .run(...row);
  return "gnt_1";
}

/** Without what differs between any two answers. */
function look({ status, text, headers }: Answer): string {
  return `${status} ${text.replaceAll(headers["x-request-id"] ?? "", "ID")}`;
}

test("the list of calls is complete", async () => {
  const { paths } = (await server.ask({ path: "/openapi.json" })).json;
  const described = Object.entries<object>(paths).flatMap(([path, methods]) =>
    path.startsWith("/v1/apis/{api}/") && !path.endsWith("/forward-auth")
      ? Object.keys(methods).map((method) => `${method.toUpperCase()} ${path.slice(14)}`)
      : [],
  );
  const listed = calls.map(([method, path]) => {
    return `${method} ${path.replace(/[A-Z]+|acct_test/, "{id}")}`;
  });
  expect(listed.toSorted()).toEqual(described.toSorted());
});

describe.each(ROLES)("a %s of API a", (role) => {
  test.each(calls)("finds nothing of b: %s %s", async (method, path, body) => {
    const who = `${role} of a`;
    const foreign = await as(who, method, `/v1/apis/b${named(path)}`, body);
    expect(foreign.status).toBe(404);
    expect(foreign.json.error.code).toBe("NOT_FOUND");
    // An API that is hidden looks like one that never was, whatever the role may do.
    const missing = await as(who, method, `/v1/apis/nowhere${named(path)}`, body);
    expect(look(foreign)).toBe(look(missing));
  });

  test("sees a and nothing else in the list of APIs", async () => {
    const { status, json } = await as(`${role} of a`, "GET", "/v1/apis");
    const slugs = status === 200 && json.data.map(({ slug }: { slug: string }) => slug);
    expect([status, slugs]).toEqual(role === "verifier" ? [403, false] : [200, ["a"]]);
  });

  test("sees a and nothing of b in the metrics", async () => {
    for (const api of ["a", "b"]) await server.ask({ path: `/${api}/v2/auth/test` });
    const all = (await as(role, "GET", "/metrics")).text;
    const seen = (await as(`${role} of a`, "GET", "/metrics")).text;
    for (const of of ['api="X"', 'route="/X/v2/auth/test"']) {
      expect(all).toContain(of.replace("X", "b"));
      expect(seen).toContain(of.replace("X", "a"));
      expect(seen).not.toContain(of.replace("X", "b"));
    }
  });

  test("asks nothing about b as a proxy", async () => {
    const ask = (api: string) =>
      server.ask({
        path: `/v1/apis/${api}/forward-auth/v2/auth/test`,
        headers: {
          authorization: `Bearer ${key}`,
          "x-latchkey-token": tokens.get(`${role} of a`) ?? "",
        },
      });
    const [own, foreign, missing] = await Promise.all([ask("a"), ask("b"), ask("nowhere")]);
    expect(foreign.status).toBe(401);
    expect(foreign.json.error.code).toBe("PROXY_NOT_TRUSTED");
    expect(look(missing)).toBe(look(foreign));
    // The key is one of b's, so a refuses it: the door was open.
    expect(own.json.error.code).toBe(role === "viewer" ? "PROXY_NOT_TRUSTED" : "UNAUTHORIZED");
  });
});

test("things of b are not found under a, by nobody", async () => {
  for (const [method, path, body] of calls) {
    if (!/[A-Z]/.test(path)) continue;
    const answer = await as("owner", method, `/v1/apis/a${named(path)}`, body);
    expect([path, answer.status]).toEqual([path, 404]);
  }
  const headers = { authorization: `Bearer ${key}` };
  expect((await server.ask({ path: "/a/v2/auth/test", headers })).status).toBe(401);
  expect((await server.ask({ path: "/b/v2/auth/test", headers })).status).toBe(200);
});

test("an account's key sees keys of its own account only, at the facade", async () => {
  const { id } = (await server.operator("POST", "/v1/apis/b/accounts", { name: "Other" })).json;
  const theirs = await server.issueKey({ accountId: id }, "b");
  const ours = (method: string, path: string, body?: unknown) =>
    server.ask({ method, path: `/b${path}`, headers: { authorization: `Bearer ${key}` }, body });
  expect((await ours("GET", "/api-keys")).text).not.toContain(theirs.id);
  const foreign = await ours("DELETE", `/api-keys/${theirs.id}`);
  const missing = await ours("DELETE", "/api-keys/key_000000000000000000000000");
  expect(foreign.status).toBe(404);
  expect(look(foreign)).toBe(look(missing));
  expect((await ours("POST", `/api-keys/${theirs.id}/rotate`, {})).status).toBe(404);
  const alive = { authorization: `Bearer ${theirs.key}` };
  expect((await server.ask({ path: "/b/v2/auth/test", headers: alive })).status).toBe(200);
});

describe("roles at the doors:", () => {
  const verify = (who: string, more: object = {}) =>
    as(who, "POST", "/v1/apis/b/verify", { request: asked, ...more });
  const batch = (who: string) => as(who, "POST", "/v1/apis/b/verify/batch", { requests: [asked] });
  const forward = (who: string) =>
    server.ask({
      path: "/v1/apis/b/forward-auth/v2/auth/test",
      headers: { authorization: `Bearer ${key}`, "x-latchkey-token": tokens.get(who) ?? "" },
    });

  test.each([
    ["viewer", { verify: 200, explain: 403, batch: 403, forward: 401 }],
    ["verifier", { verify: 200, explain: 403, batch: 200, forward: 200 }],
    ["admin", { verify: 200, explain: 200, batch: 200, forward: 200 }],
    ["owner", { verify: 200, explain: 200, batch: 200, forward: 200 }],
    ["nobody", { verify: 401, explain: 401, batch: 401, forward: 401 }],
  ])("%s: %j", async (who, statuses) => {
    expect({
      verify: (await verify(who)).status,
      explain: (await verify(who, { explain: true })).status,
      batch: (await batch(who)).status,
      forward: (await forward(who)).status,
    }).toEqual(statuses);
  });

  test("a revoked token opens none of them, at once", async () => {
    for (let round = 0; round < 20; round += 1) {
      const draft = { name: "short-lived", role: "owner" };
      const made = (await server.operator("POST", "/v1/operator-tokens", draft)).json;
      tokens.set("revoked", made.token);
      expect((await verify("revoked")).status).toBe(200);
      await server.operator("POST", `/v1/operator-tokens/${made.id}/revoke`);
      const after = await Promise.all([
        verify("revoked"),
        batch("revoked"),
        forward("revoked"),
        as("revoked", "GET", "/v1/apis"),
      ]);
      expect(after.map(({ status }) => status)).toEqual([401, 401, 401, 401]);
    }
  });

  test("explain tells each step, spends no limit, and shows nothing of the key", async () => {
    const { key: limited } = await server.issueKey({ limits: ["2/minute"] }, "b");
    const request = { ...asked, headers: { authorization: `Bearer ${limited}` } };
    for (let i = 0; i < 5; i += 1) {
      const { json, text } = await verify("admin", { request, explain: true });
      expect(json).toMatchObject({ outcome: "allow", limit: { limit: 2, remaining: 2 } });
      expect(json.trace.map(({ step }: { step: string }) => step)).toContain("authenticate");
      expect(text).not.toContain(limited.slice(8, 20));
    }
    const { json } = await verify("viewer", { request });
    expect(json).toMatchObject({ outcome: "allow", limit: { remaining: 1 } });
    expect(json).not.toHaveProperty("trace");
  });
});

describe("roles at the management API:", () => {
  // The changes are a verifier's to read, and their answer has no end.
  const reads = calls
    .filter(([method, path]) => method === "GET" && path !== "/changes")
    .map(([, path]) => path);

  test.each(ROLES)("%s", async (who) => {
    for (const path of reads) {
      const { status } = await as(who, "GET", `/v1/apis/b${named(path)}`);
      expect([path, status]).toEqual([path, who === "verifier" ? 403 : 200]);
    }
    const mayWrite = who === "admin" || who === "owner";
    const body = { name: "x", accountId: TEST_ACCOUNT };
    const made = await as(who, "POST", "/v1/apis/b/api-keys", body);
    expect(made.status).toBe(mayWrite ? 201 : 403);
    const changed = await as(who, "PATCH", `/v1/apis/b/api-keys/${keyId}`, { name: "y" });
    expect(changed.status).toBe(mayWrite ? 200 : 403);
    for (const [collection, draft] of Object.values(THINGS)) {
      const unique = collection === "jwt-secrets" ? { ...draft, issuer: who } : draft;
      const { status } = await as(who, "POST", `/v1/apis/b/${collection}`, unique);
      expect([collection, status]).toEqual([collection, mayWrite ? 201 : 403]);
    }
    const token = { name: "x", role: "viewer" };
    const appointed = await as(who, "POST", "/v1/operator-tokens", token);
    expect(appointed.status).toBe(who === "owner" ? 201 : 403);
    expect((await as(who, "GET", "/v1/operator-tokens")).status).toBe(who === "owner" ? 200 : 403);
  });

  test("an owner of one API appoints nobody who could see another", async () => {
    for (const apis of [undefined, ["b"], ["a", "b"]]) {
      const draft = { name: "x", role: "owner", ...(apis !== undefined && { apis }) };
      const { status } = await as("owner of a", "POST", "/v1/operator-tokens", draft);
      expect([apis, status]).not.toEqual([apis, 201]);
    }
    const { text } = await as("owner of a", "GET", "/v1/operator-tokens");
    expect(text).not.toContain('"apis":null');
  });
});
