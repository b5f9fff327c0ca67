import { expect, test } from "vitest";
import type { Answer } from "../answer.ts";
import { hasRedis, startRedis } from "../running-redis.ts";
import { type RunningServer, startServer, waitUntil } from "../running-server.ts";

const MODES = ["open", "closed", "local"] as const;
type Mode = (typeof MODES)[number];

const LIMIT = 50;
const windows = [{ name: "hour", max: LIMIT, windowSeconds: 3600 }];

/** One API for each thing that can be done while Redis is away. */
const POLICY = {
  apis: MODES.map((countersAway) => ({
    slug: countersAway,
    extends: "standard",
    countersAway,
    limits: { apiKey: { per: "credential", windows } },
  })),
};

/** Asks with a key of its own in each API, through the facade. */
async function callers(server: RunningServer) {
  const call = async (api: Mode): Promise<() => Promise<Answer>> => {
    const { key } = await server.issueKey({}, api);
    const headers = { authorization: `Bearer ${key}` };
    return () => server.ask({ path: `/${api}/v2/auth/test`, headers });
  };
  const [open, closed, local] = await Promise.all(MODES.map(call));
  if (!open || !closed || !local) throw new Error("a caller is missing");
  return { open, closed, local };
}

function left({ headers }: Answer): number | undefined {
  const value = headers["x-ratelimit-remaining"];
  return value === undefined ? undefined : Number(value);
}

async function metric(server: RunningServer, name: string): Promise<number> {
  const { text } = await server.ask({ path: "/metrics" });
  return Number(new RegExp(`^${name} (\\S+)$`, "m").exec(text)?.[1]);
}

const linesWith = (server: RunningServer, words: string) => server.log().split(words).length - 1;

test.skipIf(!hasRedis())(
  "Redis dies in the middle of traffic and comes back: each API does what its policy says",
  async () => {
    await using redis = await startRedis();
    await using server = await startServer({
      policy: POLICY,
      env: { LATCHKEY_REDIS_URL: redis.url },
    });
    const { open, closed, local } = await callers(server);
    for (const call of [open, closed, local]) {
      const answer = await call();
      expect([answer.status, left(answer)]).toEqual([200, LIMIT - 1]);
    }
    expect(await metric(server, "latchkey_counters_up")).toBe(1);
    expect(await metric(server, "latchkey_counters_away_decisions_total")).toBe(0);

    // Whoever is asking while it dies gets an answer of one of the two worlds.
    let isAway = false;
    const lane = async () => {
      const statuses: number[] = [];
      while (!isAway) for (const call of [open, closed]) statuses.push((await call()).status);
      return statuses;
    };
    const traffic = Promise.all([lane(), lane(), lane()]);
    await redis.kill();
    await waitUntil(
      "it is noticed",
      async () => (await metric(server, "latchkey_counters_up")) === 0,
    );
    isAway = true;
    for (const status of (await traffic).flat()) expect([200, 429, 503]).toContain(status);

    for (let i = 0; i < LIMIT + 10; i += 1) {
      const answer = await open();
      expect([answer.status, left(answer)]).toEqual([200, undefined]);
    }
    expect((await closed()).status).toBe(503);
    const counted = [];
    for (let i = 0; i < LIMIT + 1; i += 1) counted.push(await local());
    expect(counted.map(({ status }) => status)).toEqual([...Array(LIMIT).fill(200), 429]);
    expect(counted.slice(0, 2).map(left)).toEqual([LIMIT - 1, LIMIT - 2]);

    const ready = await server.ask({ path: "/readyz" });
    expect([ready.status, ready.json.checks]).toEqual([
      503,
      { store: "ok", counters: "unavailable", changes: "ok" },
    ]);
    expect((await server.ask({ path: "/healthz" })).status).toBe(200);
    const decidedAway = await metric(server, "latchkey_counters_away_decisions_total");
    expect(decidedAway).toBeGreaterThanOrEqual(2 * LIMIT + 12);

    await redis.restart();
    await waitUntil(
      "it is ready",
      async () => (await server.ask({ path: "/readyz" })).status === 200,
    );
    for (const call of [open, closed, local]) {
      const answer = await call();
      expect([answer.status, left(answer)]).toEqual([200, LIMIT - 1]);
    }
    expect(await metric(server, "latchkey_counters_up")).toBe(1);
    expect(await metric(server, "latchkey_counters_away_decisions_total")).toBe(decidedAway);
    expect(linesWith(server, 'the counters on Redis are away"')).toBe(1);
    expect(linesWith(server, 'the counters on Redis are back"')).toBe(1);
    expect(await server.end()).toBe(0);
  },
);

test.skipIf(!hasRedis())(
  "a Redis that has lost its counters is told of once by each node, emptied or started anew",
  async () => {
    await using redis = await startRedis();
    const env = { LATCHKEY_REDIS_URL: redis.url };
    await using one = await startServer({ policy: POLICY, env });
    await using other = await startServer({ policy: POLICY, env, folder: one.folder });
    const nodes = [one, other];
    const isReady = async (node: RunningServer) =>
      (await node.ask({ path: "/readyz" })).status === 200;
    const told = async () => {
      for (const node of nodes) await waitUntil("it is ready", () => isReady(node));
      const lines = nodes.map((node) => linesWith(node, "Redis has lost what was counted"));
      const losses = nodes.map((node) => metric(node, "latchkey_counters_lost_total"));
      return [lines, await Promise.all(losses)];
    };
    expect(await told()).toEqual([
      [0, 0],
      [0, 0],
    ]);
    redis.empty();
    await told();
    expect(await told()).toEqual([
      [1, 1],
      [1, 1],
    ]);
    await redis.kill();
    await redis.restart();
    expect(await told()).toEqual([
      [2, 2],
      [2, 2],
    ]);
  },
);

test.skipIf(!hasRedis())("two nodes with one Redis share each limit, exactly", async () => {
  await using redis = await startRedis();
  const env = { LATCHKEY_REDIS_URL: redis.url };
  await using one = await startServer({ policy: POLICY, env });
  await using other = await startServer({ policy: POLICY, env, folder: one.folder });
  const { key } = await one.issueKey({}, "closed");
  const ask = (server: RunningServer) =>
    server.ask({ path: "/closed/v2/auth/test", headers: { authorization: `Bearer ${key}` } });
  const statuses: number[] = [];
  let asked = 0;
  const lane = async (server: RunningServer) => {
    while (asked < 3 * LIMIT) {
      asked += 1;
      statuses.push((await ask(server)).status);
    }
  };
  await Promise.all([one, other, one, other, one, other].map(lane));
  expect(statuses.filter((status) => status === 200)).toHaveLength(LIMIT);
  expect(statuses.filter((status) => status === 429)).toHaveLength(2 * LIMIT);
});
