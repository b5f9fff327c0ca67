import { readFileSync } from "node:fs";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { type CompiledLimit, createMemoryLimiter } from "@latchkey/engine";
import { afterEach, describe, expect, test } from "vitest";
import { freePort } from "../testing/free-port.ts";
import { keptLog } from "../testing/log.ts";
import {
  hasRedis,
  type PrivateCluster,
  type PrivateRedis,
  startPrivateCluster,
  startPrivateRedis,
} from "../testing/private-redis.ts";
import { hasOpenssl, selfSigned } from "../testing/self-signed.ts";
import { createRedisOneTime } from "./one-time.ts";
import { CountersAwayError, connectRedisCounters, type RedisCounters } from "./redis-counters.ts";
import { type CountersAway, createRedisLimiter } from "./redis-limiter.ts";

const NOW = 1_800_000_000_000;
const AWAY = "the counters on Redis are away";
const BACK = "the counters on Redis are back";
const LOST = "Redis has lost what was counted: every window begins anew";
/** Where silence is not the point: a busy machine is not taken for an absent Redis. */
const PATIENT = { answerMillis: 20_000 };
const LIMIT: CompiledLimit = {
  id: "test",
  per: "credential",
  windows: [{ name: "default", max: 2, windowSeconds: 3600, blockSeconds: 0 }],
  refuseWhen: "any",
};

const ended: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ended.splice(0).reverse()) await end();
});

/** Ended after the test. */
async function aRedis(settings?: Readonly<Record<string, string>>): Promise<PrivateRedis> {
  const redis = await startPrivateRedis(settings);
  ended.push(() => redis.stop());
  return redis;
}

/** Ended after the test. */
async function aCluster(options?: { readonly replicas: 0 | 1 }): Promise<PrivateCluster> {
  const cluster = await startPrivateCluster(options);
  ended.push(() => cluster.stop());
  return cluster;
}

/** Closed after the test. */
async function connect(url: string, answer: { readonly answerMillis?: number } = PATIENT) {
  const log = keptLog();
  const monotonic = () => performance.now();
  const counters = await connectRedisCounters({ url, monotonic, log, ...answer });
  ended.push(() => counters.close());
  const messages = () => log.lines.map(({ message }) => message);
  return { counters, log, messages };
}

function limiters(counters: RedisCounters) {
  const decided: Record<CountersAway, number> = { open: 0, closed: 0, local: 0 };
  const one = (away: CountersAway) => {
    const onAway = () => {
      decided[away] += 1;
    };
    const local = createMemoryLimiter();
    const limiter = createRedisLimiter({ api: `api-${away}`, away, counters, local, onAway });
    return async (how: "spend" | "peek" = "spend") => {
      const state = await limiter[how](LIMIT, "key_1", NOW);
      return typeof state === "string" ? state : `${state.decidedBy} ${state.decisive.remaining}`;
    };
  };
  return { decided, open: one("open"), closed: one("closed"), local: one("local") };
}

/** Asks until it holds; fails after 10 s. For what only other processes bring. */
async function until(holds: () => boolean): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!holds()) {
    if (performance.now() > deadline) throw new Error("waited in vain");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

describe.skipIf(!hasRedis())("while Redis is away", () => {
  test("each mode does what it says; once it is back all count on it again", async () => {
    const redis = await aRedis();
    const { counters, messages } = await connect(redis.url);
    const { decided, open, closed, local } = limiters(counters);
    for (const spend of [open, closed, local]) expect(await spend()).toBe("redis 1");

    await redis.kill();
    for (const spend of [open, open, open]) expect(await spend()).toBe("uncounted");
    expect(await closed()).toBe("unavailable");
    expect([await local(), await local(), await local()]).toEqual([
      "local 1",
      "local 0",
      "local 0",
    ]);
    expect([await open("peek"), await closed("peek"), await local("peek")]).toEqual([
      "uncounted",
      "unavailable",
      "local 0",
    ]);
    expect(decided).toEqual({ open: 3, closed: 1, local: 3 });
    expect(messages().filter((message) => message === AWAY)).toHaveLength(1);
    expect(messages()).not.toContain(BACK);

    await redis.restart();
    await until(() => counters.up);
    for (const spend of [open, closed, local]) expect(await spend()).toBe("redis 1");
    expect(decided).toEqual({ open: 3, closed: 1, local: 3 });
    expect(messages().slice(1)).toEqual([AWAY, LOST, BACK]);
  });

  test("requests under way are answered too, when it dies and when it falls silent", async () => {
    const redis = await aRedis();
    const { counters } = await connect(redis.url, {});
    const { closed, local } = limiters(counters);
    redis.freeze();
    const waiting = [closed(), local()];
    const began = performance.now();
    expect(await Promise.all(waiting)).toEqual(["unavailable", "local 1"]);
    expect(performance.now() - began).toBeGreaterThan(240);
    expect(counters.up).toBe(false);
    // From now on nobody waits: what is asked is decided without Redis in the same turn.
    const limiter = createRedisLimiter({
      api: "acme",
      away: "local",
      counters,
      local: createMemoryLimiter(),
    });
    expect(limiter.spend(LIMIT, "key_1", NOW)).not.toBeInstanceOf(Promise);
    redis.thaw();
    await until(() => counters.up);

    const dying = Array.from({ length: 50 }, () => closed());
    await redis.kill();
    for (const answer of await Promise.all(dying)) {
      expect(["redis 1", "redis 0", "unavailable"]).toContain(answer);
    }
    expect(counters.up).toBe(false);
  });

  test("check rejects, and resolves when it is back", async () => {
    const redis = await aRedis();
    const { counters } = await connect(redis.url);
    await counters.check();
    await redis.kill();
    await expect(counters.check()).rejects.toThrow(CountersAwayError);
    await redis.restart();
    await until(() => counters.up);
    await counters.check();
  });

  test("check notices that it fell silent although nobody asked", async () => {
    const redis = await aRedis();
    const { counters } = await connect(redis.url, {});
    redis.freeze();
    await expect(counters.check()).rejects.toThrow(/no answer within 250 ms/);
    redis.thaw();
  });

  test("a start without it says so, and uses it as soon as it is there", async () => {
    const redis = await aRedis();
    await redis.kill();
    const { counters, messages } = await connect(redis.url);
    expect(counters.up).toBe(false);
    expect(messages()).toEqual([AWAY]);
    expect(await limiters(counters).local()).toBe("local 1");
    await redis.restart();
    await until(() => counters.up);
    expect(messages()).toEqual([AWAY, BACK]);
  });

  test("closing ends the waiting for it", async () => {
    const redis = await aRedis();
    await redis.kill();
    const { counters } = await connect(redis.url);
    await counters.close();
    await redis.restart();
    expect(counters.up).toBe(false);
    await expect(counters.check()).rejects.toThrow(CountersAwayError);
  });
});

describe.skipIf(!hasRedis())("a Redis that answers but does not count", () => {
  test.each([
    [
      "is out of memory",
      ["config", "set", "maxmemory", "1"],
      ["config", "set", "maxmemory", "0"],
      /OOM/,
    ],
    ["is a replica", ["replicaof", "127.0.0.1", "1"], ["replicaof", "no", "one"], /READONLY/],
    [
      "no longer allows it",
      ["acl", "setuser", "default", "-evalsha"],
      ["acl", "setuser", "default", "+evalsha"],
      /NOPERM/,
    ],
  ])("because it %s is away until it does", async (_, breaking, mending, reason) => {
    const redis = await aRedis();
    const { counters, log, messages } = await connect(redis.url);
    const { closed } = limiters(counters);
    await redis.command(...breaking);
    expect(await closed()).toBe("unavailable");
    const line = log.lines.find(({ message }) => message === AWAY);
    expect(line?.fields).toMatchObject({ reason: expect.stringMatching(reason) });
    await expect(counters.check()).rejects.toThrow(reason);
    expect(counters.up).toBe(false);
    await redis.command(...mending);
    await until(() => counters.up);
    expect(await closed()).toBe("redis 1");
    expect(messages().slice(1)).toEqual([AWAY, BACK]);
  });
});

test.skipIf(!hasRedis())(
  "a command that is wrong fails alone: the link stays, and the log has one line for all of them",
  async () => {
    const redis = await aRedis();
    const { counters, log, messages } = await connect(redis.url);
    const { closed } = limiters(counters);
    const wrong = () => counters.send("latchkey:{x}", ["SET", "latchkey:{x}", "1", "PX", "0"]);
    const asked = [wrong(), closed(), wrong()];
    const [first, counted, second] = await Promise.allSettled(asked);
    expect(counted).toMatchObject({ value: "redis 1" });
    for (const outcome of [first, second]) {
      expect(outcome).toMatchObject({ reason: expect.any(CountersAwayError) });
    }
    expect(counters.up).toBe(true);
    expect(await closed()).toBe("redis 0");
    expect(messages().slice(1)).toEqual(["Redis refuses a command"]);
    const reason = expect.stringMatching(/^ERR .*expire/);
    expect(log.lines[1]?.fields).toEqual({ redis: `127.0.0.1:${redis.port}`, reason });
  },
);

describe.skipIf(!hasRedis())("the address", () => {
  const PASSWORD = "p@ss/word:#1";

  test.each(["single", "cluster"] as const)(
    "may name a user who may do no more than the guide says: %s",
    async (kind) => {
      const server = kind === "single" ? await aRedis() : await aCluster();
      const guide = readFileSync(new URL("../../../docs/guide/many-nodes.md", import.meta.url));
      const [, rights = ""] = /^ACL SETUSER latchkey on >PASSWORD (.+)$/m.exec(`${guide}`) ?? [];
      const more = kind === "single" ? [] : ["+cluster|slots"];
      const user = ["latchkey", "on", `>${PASSWORD}`, ...rights.split(" "), ...more];
      for (const node of "nodes" in server ? server.nodes : [server]) {
        await node.command("acl", "setuser", ...user);
        await node.command("script", "flush", "sync");
      }
      const url = server.url.replace("//", `//latchkey:${encodeURIComponent(PASSWORD)}@`);
      const { counters } = await connect(url);
      const { closed } = limiters(counters);
      expect([await closed(), await closed("peek")]).toEqual(["redis 1", "redis 1"]);
      const oneTime = createRedisOneTime({ counters, clock: () => NOW });
      expect(await oneTime.claim("jti", NOW)).toBe(true);
      expect(await oneTime.isClaimed("jti")).toBe(true);
      expect(counters.up).toBe(true);
    },
  );

  test.skipIf(!hasOpenssl())(
    "may ask for TLS, and then the certificate must be one that is trusted",
    async () => {
      const { certificate, key, remove } = selfSigned("IP:127.0.0.1");
      ended.push(async () => remove());
      const tlsPort = await freePort();
      await aRedis({
        "tls-port": String(tlsPort),
        "tls-cert-file": certificate,
        "tls-key-file": key,
        "tls-auth-clients": "no",
      });
      const url = `rediss://127.0.0.1:${tlsPort}`;
      const untrusted = await connect(url);
      expect(untrusted.counters.up).toBe(false);
      expect(JSON.stringify(untrusted.log.lines)).toContain("self-signed certificate");

      const usual = getCACertificates("default");
      setDefaultCACertificates([readFileSync(certificate, "utf8")]);
      ended.push(async () => setDefaultCACertificates(usual));
      expect(await limiters((await connect(url)).counters).closed()).toBe("redis 1");
    },
  );

  test("may name a database", async () => {
    const redis = await aRedis();
    const { closed } = limiters((await connect(`${redis.url}/2`)).counters);
    expect(await closed()).toBe("redis 1");
    expect(await redis.command("-n", "2", "keys", "*")).toContain("latchkey:{api-closed:");
  });

  test("is never shown with its password, also when that is wrong", async () => {
    const redis = await aRedis();
    await redis.command("config", "set", "requirepass", "another");
    const { counters, log } = await connect(
      redis.url.replace("//", `//:${encodeURIComponent(PASSWORD)}@`),
    );
    expect(counters.up).toBe(false);
    expect(log.lines.map(({ fields }) => fields)).toMatchObject([
      { redis: `127.0.0.1:${redis.port}`, reason: expect.stringContaining("WRONGPASS") },
    ]);
    const fault: unknown = await counters.check().catch((error: unknown) => error);
    const said = JSON.stringify(log.lines) + String(fault) + JSON.stringify(fault);
    expect(said).not.toContain(PASSWORD);
    expect(said).not.toContain(encodeURIComponent(PASSWORD));
  });
});

test.skipIf(!hasRedis())(
  "a master of a Cluster that dies is away until its replica has taken over",
  async () => {
    const cluster = await aCluster({ replicas: 1 });
    const { counters, messages } = await connect(cluster.url);
    const { local } = limiters(counters);
    expect(await local()).toBe("redis 1");
    // The one that the address names: from now on the Cluster is known by its other nodes alone.
    await cluster.nodes[0]?.kill();
    await until(() => !counters.up);
    expect(await local()).toBe("local 1");
    // The nodes do not learn all at once that it has: the first to know may answer alone.
    let answer = await local();
    while (!answer.startsWith("redis")) {
      await until(() => counters.up);
      answer = await local();
    }
    expect(answer).toMatch(/^redis [01]$/);
    expect(messages().at(-1)).toBe(BACK);
  },
);
