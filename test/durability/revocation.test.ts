import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type RunningServer, startServer, waitUntil } from "../running-server.ts";
import { beforeItExpires } from "../soon-expired.ts";

let server: RunningServer;
beforeAll(async () => {
  server = await startServer({ env: { LATCHKEY_LOG_LEVEL: "info" } });
});
afterAll(() => server?.stop());

const API = "/v1/apis/standard";
const TEST = "/v2/auth/test";

/** The doors of one node, each as a status. */
const DOORS = {
  verify: async (key: string) => {
    const request = { method: "GET", url: TEST, headers: { authorization: `Bearer ${key}` } };
    return (await server.operator("POST", `${API}/verify`, { request })).json.status as number;
  },
  "verify/batch": async (key: string) => {
    const request = { method: "GET", url: TEST, headers: { authorization: `Bearer ${key}` } };
    const body = { requests: [request] };
    const { json } = await server.operator("POST", `${API}/verify/batch`, body);
    return json.decisions[0].status as number;
  },
  "forward-auth": async (key: string) => {
    const headers = { authorization: `Bearer ${key}`, "x-latchkey-token": server.operatorToken };
    return (await server.ask({ path: `${API}/forward-auth${TEST}`, headers })).status;
  },
  facade: async (key: string) => {
    const headers = { authorization: `Bearer ${key}` };
    return (await server.ask({ path: `/standard${TEST}`, headers })).status;
  },
};
const doors = Object.values(DOORS);

/** What ends a key, by name: each is done when its answer has come. */
const ENDINGS = {
  revoke: (id: string) => server.operator("POST", `${API}/api-keys/${id}/revoke`),
  "rotate without overlap": (id: string) =>
    server.operator("POST", `${API}/api-keys/${id}/rotate`, { overlapSeconds: 0 }),
  "expire soon": async (id: string) => {
    const { made: answer, expiresAt } = await beforeItExpires(async (at) => {
      const patched = await server.operator("PATCH", `${API}/api-keys/${id}`, { expiresAt: at });
      expect(patched.status).toBe(200);
      return patched;
    });
    const hasExpired = async () => Date.now() >= Date.parse(expiresAt);
    await waitUntil("it has expired", hasExpired);
    return answer;
  },
};

/** Ends fresh keys while they are seen for the first time; all that was allowed afterwards. */
async function allowedAfter(
  count: number,
  end: (id: string) => Promise<{ readonly status: number }>,
  isWarm: (n: number) => boolean,
): Promise<readonly string[]> {
  const allowed: string[] = [];
  let issued = 0;
  const lane = async (): Promise<void> => {
    while (issued < count) {
      issued += 1;
      const n = issued;
      const { id, key } = await server.issueKey();
      // Known already, or seen for the first time while it is revoked: both must end.
      if (isWarm(n)) expect(await DOORS.facade(key)).toBe(200);
      const racing = [DOORS.verify(key), DOORS.facade(key), DOORS["forward-auth"](key)];
      const ended = end(id);
      racing.push(DOORS["verify/batch"](key));
      expect((await ended).status).toBeLessThan(300);
      const next = doors[n % doors.length] as (key: string) => Promise<number>;
      const statuses = [await next(key), ...(await Promise.all(doors.map((ask) => ask(key))))];
      if (statuses.some((status) => status !== 401)) allowed.push(`${id}: ${statuses}`);
      // Whatever the race brought was an answer: allowed before the end, refused after it.
      for (const status of await Promise.all(racing)) expect([200, 401]).toContain(status);
      expect(await DOORS.facade(key)).toBe(401);
    }
  };
  await Promise.all(Array.from({ length: 8 }, lane));
  return allowed;
}

test("after revoke has answered, every door refuses: 1,000 times in a row", async () => {
  expect(await allowedAfter(1000, ENDINGS.revoke, (n) => n % 2 === 0)).toEqual([]);
}, 60_000);

describe.each(Object.entries(ENDINGS))(
  "after %s has taken effect, every door refuses:",
  (_, end) => {
    test("a key that was in use, and one that is seen for the first time", async () => {
      expect(await allowedAfter(16, end, (n) => n % 2 === 0)).toEqual([]);
    });
  },
);

test("a suspended account's keys are refused at once, and work again at once", async () => {
  for (let round = 0; round < 20; round += 1) {
    const { id } = (await server.operator("POST", `${API}/accounts`, { name: "Acme" })).json;
    const { key } = await server.issueKey({ accountId: id });
    const racing = doors.map((ask) => ask(key));
    await server.operator("POST", `${API}/accounts/${id}/suspend`);
    expect(await Promise.all(doors.map((ask) => ask(key)))).toEqual([403, 403, 403, 403]);
    for (const status of await Promise.all(racing)) expect([200, 403]).toContain(status);
    await server.operator("POST", `${API}/accounts/${id}/resume`);
    expect(await Promise.all(doors.map((ask) => ask(key)))).toEqual([200, 200, 200, 200]);
  }
});

test("a scope taken away is gone at the next request", async () => {
  const { id, key } = await server.issueKey({ scopes: ["read:users"] });
  const headers = { authorization: `Bearer ${key}` };
  const read = async () => (await server.ask({ path: "/standard/v2/users", headers })).status;
  expect(await read()).toBe(200);
  await server.operator("PATCH", `${API}/api-keys/${id}`, { scopes: [] });
  expect(await read()).toBe(403);
  await server.operator("PATCH", `${API}/api-keys/${id}`, { scopes: ["read:all"] });
  expect(await read()).toBe(200);
});

test("a revoked key stays revoked over a kill -9", async () => {
  const { id, key } = await server.issueKey();
  expect(await DOORS.facade(key)).toBe(200);
  const receipt = await server.operator("POST", `${API}/api-keys/${id}/revoke`);
  await server.kill();
  await server.restart();
  expect(await Promise.all(doors.map((ask) => ask(key)))).toEqual([401, 401, 401, 401]);
  const again = await server.operator("POST", `${API}/api-keys/${id}/revoke`);
  expect(again.json.revokedAt).toBe(receipt.json.revokedAt);
});
