import { randomBytes } from "node:crypto";
import path from "node:path";
import { type Contender, measure, print, printRatios } from "./contenders.ts";
import { startPostgres, startRedis } from "./databases.ts";
import { frameworkContender, startServerWithKey } from "./middleware.ts";
import { installPeers } from "./peer-packages.ts";
import { freePort, type Running, start, untilReady } from "./pinned-process.ts";

const PROGRAM = path.join(import.meta.dirname, "peers", "by-hand.mjs");

/**
 * An Express API with Latchkey's middleware beside one with what people write by hand: hashed keys in
 * PostgreSQL, and express-rate-limit on Redis. Its databases have the core of the clients, and the
 * processor time is that of all processes together; Latchkey's server counts too. Express without
 * any check shows how much there is to gain.
 */
export async function benchByHand(length: {
  readonly rounds: number;
  readonly seconds: number;
}): Promise<void> {
  const stops: (() => Promise<void>)[] = [];
  try {
    const server = await startServerWithKey();
    stops.push(server.stop);
    const ours = await frameworkContender(server, "express", "latchkey");
    stops.push(ours.running.stop);
    const nothing = await frameworkContender(server, "express", "nothing");
    stops.push(nothing.running.stop);
    const theirs = await byHand(stops);
    const [latchkey, bare, hand] = measure(
      [
        {
          ...ours,
          name: "Express with Latchkey",
          running: together(ours.running, [server.running]),
        },
        { ...nothing, name: "Express alone" },
        theirs,
      ],
      length,
    );
    print([latchkey, bare, hand]);
    printRatios([
      ["Latchkey ÷ by hand", latchkey, hand, "goal 3.3 by rate, 4 by CPU"],
      ["Express alone ÷ by hand", bare, hand, ""],
    ]);
  } finally {
    for (const stop of stops.reverse()) await stop();
  }
}

async function byHand(stops: (() => Promise<void>)[]): Promise<Contender> {
  const postgres = await startPostgres();
  stops.push(postgres.stop);
  const redis = await startRedis();
  stops.push(redis.stop);
  const port = await freePort();
  const key = `lk_live_${randomBytes(24).toString("base64url")}`;
  const env = {
    PATH: process.env.PATH,
    PORT: String(port),
    KEY: key,
    POSTGRES: postgres.url,
    REDIS: redis.url,
    PEERS: installPeers(),
    NODE_ENV: "production",
  };
  const running = start("server", [process.execPath, PROGRAM], { env });
  stops.push(running.stop);
  const headers = { Authorization: `Bearer ${key}` };
  const url = `http://127.0.0.1:${port}/v2/users`;
  await untilReady(running, url, headers);
  return {
    name: "Express, PostgreSQL and Redis by hand",
    running: together(running, [postgres.running, redis.running]),
    shot: { url, method: "GET", headers, body: null },
    decisions: 1,
  };
}

/** A process whose processor time is that of others, too. */
export function together(running: Running, others: readonly Running[]): Running {
  return {
    ...running,
    cpuSeconds: () => [running, ...others].reduce((sum, { cpuSeconds }) => sum + cpuSeconds(), 0),
  };
}
