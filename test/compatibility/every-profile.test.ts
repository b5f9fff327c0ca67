import { newKey, profiles, sameSecret } from "@latchkey/engine";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Answer } from "../answer.ts";
import { type RunningServer, startServer, waitUntil } from "../running-server.ts";

// Checklist 6.5 of the compatibility document, for each profile; line 2 is canaries.test.ts.

/** Where a profile is tried: an endpoint that needs a credential, and one that needs a scope. */
const PROBES: Readonly<Record<string, { readonly open: string; readonly scoped: string }>> = {
  standard: { open: "/v2/auth/test", scoped: "/v2/projects" },
};
const PROFILES = Object.keys(profiles);
const policy = { apis: PROFILES.map((name) => ({ slug: name, extends: name })) };

let server: RunningServer;
let behindProxy: RunningServer;
beforeAll(async () => {
  [server, behindProxy] = await Promise.all([
    startServer({ policy }),
    startServer({ policy, env: { LATCHKEY_TRUSTED_PROXIES: "127.0.0.1" } }),
  ]);
});
afterAll(() => Promise.all([server.stop(), behindProxy.stop()]));

test("every profile there is has its probes here", () => {
  expect(Object.keys(PROBES)).toEqual(PROFILES);
});

/** The three doors, each as the API's client sees it in the end. */
const DOORS = {
  facade: (api, path, headers) => server.ask({ path: `/${api}${path}`, headers }),
  "forward-auth": (api, path, headers) =>
    server.ask({
      path: `/v1/apis/${api}/forward-auth`,
      headers: {
        ...headers,
        "x-latchkey-token": server.operatorToken,
        "x-forwarded-method": "GET",
        "x-forwarded-uri": path,
        "x-forwarded-proto": "https",
      },
    }),
  verify: async (api, path, headers) => {
    const request = { method: "GET", url: path, headers, ip: "127.0.0.1" };
    const { json } = await server.operator("POST", `/v1/apis/${api}/verify`, { request });
    const { status, body, headers: lines } = json.response;
    const entries = Object.entries<string>(lines).map(([name, value]) => [
      name.toLowerCase(),
      value,
    ]);
    return { status, text: body, json, headers: Object.fromEntries(entries) };
  },
} satisfies Record<
  string,
  (api: string, path: string, headers: Record<string, string>) => Promise<Answer>
>;

const bearer = (key: string) => ({ authorization: `Bearer ${key}` });
const doors = Object.entries(DOORS);

describe.each(PROFILES)("%s:", (api) => {
  const { open = "", scoped = "" } = PROBES[api] ?? {};

  test("6.5.1 a secret of any length is refused, never a fault", async () => {
    const key = (await server.issueKey({}, api)).key;
    const lengths = [0, 1, 2, 7, 8, 31, 32, 33, 43, 44, 45, 63, 64, 65, 255, 4096, 8192, 8193];
    for (const length of lengths) {
      for (const filler of ["a", key]) {
        const token = filler.repeat(Math.ceil(length / filler.length)).slice(0, length);
        if (token === key) continue;
        for (const [door, ask] of doors) {
          expect([door, length, (await ask(api, open, bearer(token))).status]).toEqual([
            door,
            length,
            401,
          ]);
        }
        const operator = await server.ask({ path: "/v1/apis", headers: bearer(token) });
        const proxy = await server.ask({
          path: `/v1/apis/${api}/forward-auth`,
          headers: { "x-latchkey-token": token },
        });
        expect([operator.status, proxy.status]).toEqual([401, 401]);
      }
    }
  });

  test("6.5.3 unknown, revoked, expired and malformed credentials look the same", async () => {
    const wellFormed = newKey({ live: "lk_live_", test: "lk_test_" }, "live").key;
    const revoked = await server.issueKey({}, api);
    await server.operator("POST", `/v1/apis/${api}/api-keys/${revoked.id}/revoke`);
    const expiresAt = new Date(Date.now() + 200).toISOString();
    const expired = await server.issueKey({ expiresAt }, api);
    await waitUntil("it has expired", async () => Date.now() > Date.parse(expiresAt));
    const bad = [wellFormed, revoked.key, expired.key, wellFormed.slice(0, -1), "x", "a b", "é"];
    for (const [door, ask] of doors) {
      const answers = await Promise.all(bad.map((key) => ask(api, open, bearer(key))));
      const looks = new Set(
        answers.map(({ status, text, headers }) => {
          const { date, "x-request-id": id, ...fixed } = headers;
          return JSON.stringify({ status, text, fixed });
        }),
      );
      expect([door, ...looks]).toHaveLength(2);
    }
  });

  test("6.5.6 the client's address comes from the connection, whatever headers say", async () => {
    const { key } = await server.issueKey({ allowedIps: ["192.0.2.0/24"] }, api);
    for (const name of [
      "x-forwarded-for",
      "forwarded",
      "x-real-ip",
      "cf-connecting-ip",
      "true-client-ip",
      "x-client-ip",
      "fly-client-ip",
      "x-cluster-client-ip",
    ]) {
      const value = name === "forwarded" ? "for=192.0.2.7" : "192.0.2.7";
      const headers = { ...bearer(key), [name]: value };
      expect([name, (await DOORS.facade(api, open, headers)).status]).toEqual([name, 403]);
    }
  });

  test("6.5.6 a configured proxy names it in X-Forwarded-For, and nowhere else", async () => {
    const { key } = await behindProxy.issueKey({ allowedIps: ["192.0.2.0/24"] }, api);
    const from = async (headers: Record<string, string | readonly string[]>) => {
      const asked = { path: `/${api}${open}`, headers: { ...bearer(key), ...headers } };
      return (await behindProxy.ask(asked)).status;
    };
    expect(await from({ "x-forwarded-for": "192.0.2.7" })).toBe(200);
    expect(await from({ "x-forwarded-for": "192.0.2.7, 127.0.0.1" })).toBe(200);
    // What the client wrote itself stands to the left of what the proxy saw.
    expect(await from({ "x-forwarded-for": "192.0.2.7, 203.0.113.9" })).toBe(403);
    expect(await from({ "x-forwarded-for": ["192.0.2.7", "203.0.113.9"] })).toBe(403);
    expect(await from({ "x-forwarded-for": "192.0.2.7, unknown" })).toBe(403);
    expect(await from({ "cf-connecting-ip": "192.0.2.7" })).toBe(403);
    expect(await from({ "x-real-ip": "192.0.2.7" })).toBe(403);
    expect(await from({ forwarded: "for=192.0.2.7" })).toBe(403);
  });

  test.each(doors)("6.5.7 %s challenges with every 401 and every missing scope", async (_, ask) => {
    const { key } = await server.issueKey({}, api);
    const [missing, unknown, scope] = await Promise.all([
      ask(api, open, {}),
      ask(api, open, bearer("unknown")),
      ask(api, scoped, bearer(key)),
    ]);
    expect([missing.status, unknown.status, scope.status]).toEqual([401, 401, 403]);
    expect(missing.headers["www-authenticate"]).toMatch(/^[A-Za-z]+ realm="[^"]+"$/);
    expect(unknown.headers["www-authenticate"]).toMatch(/ error="invalid_token"$/);
    expect(scope.headers["www-authenticate"]).toMatch(
      / error="insufficient_scope", scope="[^"]+"$/,
    );
  });
});

test("6.5.7 the management API challenges with every 401 as well", async () => {
  const { status, headers } = await server.ask({ path: "/v1/apis" });
  expect(status).toBe(401);
  expect(headers["www-authenticate"]).toBe('Bearer realm="latchkey"');
});

test("6.5.1 secrets are compared by digests of one length", () => {
  for (const [a, b, same] of [
    ["", "", true],
    ["a", "a", true],
    ["a", "b", false],
    ["a", "aa", false],
    ["", "a", false],
    ["é", "e\u0301", false],
  ] as const) {
    expect(sameSecret(a, b)).toBe(same);
  }
});
