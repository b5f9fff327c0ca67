import type { Decision } from "@latchkey/engine";
import { createVerifier, type Verifier } from "@latchkey/sdk";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hasRedis, type RunningRedis, startRedis } from "../running-redis.ts";
import { type RunningServer, startServer } from "../running-server.ts";

const VERIFIERS = 8;
const POLICY = {
  apis: [{ slug: "standard", extends: "standard", verifiers: { limits: "leased" } }],
};

const COUNTERS = [
  { name: "counted by the server", absent: false, redis: false, decidedBy: "server" },
  { name: "counted on Redis", absent: !hasRedis(), redis: true, decidedBy: "redis" },
] as const;

describe.each(COUNTERS)("$name", ({ absent, redis, decidedBy }) => {
  let counters: RunningRedis | undefined;
  let server: RunningServer;
  const verifiers: Verifier[] = [];

  beforeAll(async () => {
    if (absent) return;
    if (redis) counters = await startRedis();
    const env = counters && { LATCHKEY_REDIS_URL: counters.url };
    server = await startServer({ policy: POLICY, ...(env !== undefined && { env }) });
    for (let n = 0; n < VERIFIERS; n += 1) verifiers.push(await aVerifier());
  });
  afterAll(async () => {
    for (const verifier of verifiers) await verifier.close();
    await server?.stop();
    await counters?.[Symbol.asyncDispose]();
  });

  const aVerifier = () =>
    createVerifier({
      url: `http://127.0.0.1:${server.port}`,
      token: server.operatorToken,
      api: "standard",
    });

  /** Everyone asks at once, again and again, until all of it was asked for. */
  async function demand(key: string, times: number): Promise<readonly Decision[]> {
    const headers = ["Authorization", `Bearer ${key}`];
    const request = { method: "GET", target: "/v2/users", headers, secure: true } as const;
    const decisions: Decision[] = [];
    while (decisions.length < times) {
      const asked = verifiers.map((each) => each.verify({ ...request, address: "192.0.2.1" }));
      decisions.push(...(await Promise.all(asked)));
    }
    return decisions;
  }

  const passed = (decisions: readonly Decision[]) =>
    decisions.filter(({ outcome }) => outcome === "allow");

  test.skipIf(absent).each([5, 100, 10_000])(
    "eight verifiers and the server let exactly %i pass, all of them in one window",
    async (max) => {
      const limits = [{ name: "w", max, windowSeconds: 600 }];
      const { key } = await server.issueKey({ scopes: ["read:users"], limits });
      const decisions = await demand(key, 1.5 * max + 2 * VERIFIERS);
      expect(passed(decisions)).toHaveLength(max);
      const refused = decisions.at(-1);
      expect(refused).toMatchObject({ reason: "rate_limited", limit: { decidedBy: "lease" } });
      expect(passed(decisions)[0]).toMatchObject({ limit: { decidedBy } });
      const headers = { authorization: `Bearer ${key}` };
      expect((await server.ask({ path: "/standard/v2/users", headers })).status).toBe(429);
    },
  );

  test.skipIf(absent)("most of a large limit is passed without asking", async () => {
    const limits = [{ name: "w", max: 10_000, windowSeconds: 600 }];
    const { key } = await server.issueKey({ scopes: ["read:users"], limits });
    const decisions = passed(await demand(key, 10_000));
    const lent = decisions.filter(({ limit }) => limit?.decidedBy === "lease");
    expect(lent.length).toBeGreaterThan(0.9 * decisions.length);
  });

  test.skipIf(absent)("what the server lets pass itself counts, too", async () => {
    const limits = [{ name: "w", max: 40, windowSeconds: 600 }];
    const { key } = await server.issueKey({ scopes: ["read:users"], limits });
    await demand(key, 16);
    const headers = { authorization: `Bearer ${key}` };
    let atTheServer = 0;
    while ((await server.ask({ path: "/standard/v2/users", headers })).status === 200) {
      atTheServer += 1;
    }
    const later = passed(await demand(key, 40)).length;
    expect(16 + atTheServer + later).toBe(40);
  });

  test.skipIf(absent)("what a process borrowed dies with it, and is not lent twice", async () => {
    const limits = [{ name: "w", max: 200, windowSeconds: 600 }];
    const { key } = await server.issueKey({ scopes: ["read:users"], limits });
    const before = passed(await demand(key, 80)).length;
    await verifiers.pop()?.close();
    verifiers.push(await aVerifier());
    const all = before + passed(await demand(key, 300)).length;
    expect(all).toBeLessThanOrEqual(200);
    // Never more than a sixteenth of what was left.
    expect(all).toBeGreaterThanOrEqual(188);
  });
});
