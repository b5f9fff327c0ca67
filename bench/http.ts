import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { type Contender, measure, print, printRatios } from "./contenders.ts";
import { issueKeys, newInstallation } from "./latchkey-process.ts";
import type { Shot } from "./load.ts";
import { freePort, type Running, start, untilReady } from "./pinned-process.ts";

const BATCH = 100;

/**
 * The HTTP doors beside what answers the same bytes and decides nothing: `forward-auth` beside bare
 * `node:http`, `verify` beside a bare Fastify route. Each process has one core to itself while it is
 * asked; rounds take turns, so that a machine that slows down does so for all.
 */
export async function benchHttp(length: {
  readonly rounds: number;
  readonly seconds: number;
}): Promise<void> {
  const installation = newInstallation();
  const folder = mkdtempSync(path.join(tmpdir(), "latchkey-bench-"));
  const started: Running[] = [];
  try {
    const { origin, ...latchkey } = await installation.start();
    started.push(latchkey);
    await untilReady(latchkey, `${origin}/readyz`);
    const keys = await issueKeys(origin, installation.operatorToken, BATCH);
    const shots = shotsAt(origin, installation.operatorToken, keys);

    const peer = async (file: string, shot: Shot, decisions = 1): Promise<Contender> => {
      const port = await freePort();
      const answer = path.join(folder, `${port}.json`);
      writeFileSync(answer, shot.body === null ? "{}" : await answerOf(shot));
      const program = path.join(import.meta.dirname, "peers", `${file}.mjs`);
      const env = { ...process.env, PORT: String(port), ANSWER: answer };
      const running = start("server", [process.execPath, program], { env });
      started.push(running);
      await untilReady(running, `http://127.0.0.1:${port}/readyz`);
      const { pathname, search } = new URL(shot.url);
      const url = `http://127.0.0.1:${port}${pathname}${search}`;
      const name = decisions === 1 ? file : `${file}, batch`;
      return { name, running, shot: { ...shot, url }, decisions };
    };
    const ours = (name: string, shot: Shot, decisions = 1): Contender => {
      return { name, running: latchkey, shot, decisions };
    };

    const results = measure(
      [
        ours("GET forward-auth", shots.forwardAuth),
        await peer("bare-http", shots.forwardAuth),
        await peer("tuned-http", shots.forwardAuth),
        ours("POST verify", shots.verify),
        await peer("fastify-json", shots.verify),
        ours("POST verify/batch", shots.batch, BATCH),
        await peer("fastify-json", shots.batch, BATCH),
      ],
      length,
    );
    print(results);
    const [auth, bare, tuned, verify, fastify, batch, fastifyBatch] = results;
    printRatios([
      ["forward-auth ÷ bare-http", auth, bare, "goal 0.95"],
      ["forward-auth ÷ tuned-http", auth, tuned, ""],
      ["verify ÷ fastify-json", verify, fastify, "goal 0.80"],
      ["verify/batch ÷ fastify-json", batch, fastifyBatch, "goal 0.60"],
      ["a key of a batch ÷ verify", batch, verify, "goal 10"],
    ]);
  } finally {
    await Promise.all(started.map((each) => each.stop()));
    installation.remove();
    rmSync(folder, { recursive: true });
  }
}

/** What is asked of Latchkey: as an API or a proxy would ask about a request of its own client. */
export function shotsAt(origin: string, operatorToken: string, keys: readonly string[]) {
  const api = `${origin}/v1/apis/standard`;
  const [key = ""] = keys;
  const asked = (presented: string) => ({
    method: "GET",
    url: "/v2/users/user_123?expand=projects",
    headers: {
      host: "api.example.com",
      accept: "application/json",
      "user-agent": "client/1.0",
      authorization: `Bearer ${presented}`,
    },
    ip: "192.0.2.1",
  });
  const post = (url: string, body: object): Shot => ({
    url,
    method: "POST",
    headers: { Authorization: `Bearer ${operatorToken}`, "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  const forwardAuth: Shot = {
    url: `${api}/forward-auth`,
    method: "GET",
    headers: {
      Authorization: `Bearer ${key}`,
      "X-Latchkey-Token": operatorToken,
      "X-Forwarded-Method": "GET",
      "X-Forwarded-Uri": "/v2/users/user_123?expand=projects",
      "X-Forwarded-For": "192.0.2.1",
      "X-Forwarded-Proto": "https",
    },
    body: null,
  };
  return {
    forwardAuth,
    verify: post(`${api}/verify`, { request: asked(key) }),
    batch: post(`${api}/verify/batch`, { requests: keys.map(asked) }),
  };
}

async function answerOf({ url, method, headers, body }: Shot): Promise<string> {
  const answer = await fetch(url, { method, headers, body });
  const text = await answer.text();
  if (!text.includes('"outcome":"allow"')) throw new Error(`${url}: ${text}`);
  return text;
}
