import type { ServerResponse } from "node:http";
import { afterEach, expect, test } from "vitest";
import type { Answer } from "../answer.ts";
import { type RunningServer, startServer, TEST_ACCOUNT } from "../running-server.ts";
import { type Received, startReceiver } from "../webhook-receiver.ts";

const API = "/v1/apis/standard";
/** Enough to be killed in the middle of everything; it has been run with 10,000 too. */
const EVENTS = 300;
const KILLS = 2;
/** A fraction of it on an idle machine. */
const PATIENCE = 240_000;

let server: RunningServer;
afterEach(() => server?.stop());

/** What each endpoint does with an event that it sees for the first time, if it is one in five. */
const FAULTS: Readonly<Record<string, ((response: ServerResponse) => void) | undefined>> = {
  well: undefined,
  fails: (response) => void response.writeHead(500).end(),
  busy: (response) => void response.writeHead(429, { "retry-after": "1" }).end(),
  resets: (response) => void response.socket?.resetAndDestroy(),
  lies: (response) => {
    response.writeHead(200, { "content-length": "1000" }).write("x");
    setTimeout(() => response.socket?.destroy(), 5);
  },
  hangs: () => undefined,
};

/** What is sent while the server may be killed at any moment: the answer, or none. */
async function answered(promise: Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await promise;
  } catch {
    return undefined;
  }
}

test(
  "of all events none is lost to kills and bad receivers, and each has one id",
  async () => {
    const arrived = new Map<string, Map<string, string>>();
    const seen = new Set<string>();
    let differing = 0;
    await using receiver = await startReceiver((received, response) => {
      const name = received.path.slice(1);
      const id = received.headers["webhook-id"] ?? "";
      const isFirst = !seen.has(`${name} ${id}`);
      seen.add(`${name} ${id}`);
      // Each of these costs the whole time limit: there is none among a few hundred.
      const isOne = name === "hangs" ? isOneOf(received, 1_000) : isOneOf(received, 5);
      const fault = isFirst && isOne ? FAULTS[name] : undefined;
      if (fault !== undefined) return fault(response);
      const bodies = arrived.get(name) ?? new Map<string, string>();
      arrived.set(name, bodies);
      if ((bodies.get(id) ?? received.body) !== received.body) differing += 1;
      bodies.set(id, received.body);
      response.end();
    });
    server = await startServer({
      mode: "serve",
      env: { LATCHKEY_OUTBOUND_ALLOW: "127.0.0.1" },
    });
    for (const name of Object.keys(FAULTS)) {
      const url = `${receiver.url}/${name}`;
      const endpoint = { accountId: TEST_ACCOUNT, url, events: ["*"], parallel: 8 };
      await server.create("standard", "webhook-endpoints", endpoint);
    }

    const acknowledged = new Set<string>();
    let kills = 0;
    let sent = 0;
    let restarted = Promise.resolve();
    const crash = async (): Promise<void> => {
      kills += 1;
      await server.kill();
      await server.restart();
    };
    const publish = async (): Promise<void> => {
      while (acknowledged.size < EVENTS) {
        await restarted;
        sent += 1;
        const event = { type: "thing.made", accountId: TEST_ACCOUNT, data: { n: sent } };
        const answer = await answered(server.operator("POST", `${API}/events/publish`, event));
        if (answer === undefined) continue;
        expect(answer.status, answer.text).toBe(202);
        acknowledged.add(answer.json.id);
        const isDue = acknowledged.size >= ((kills + 0.5) * EVENTS) / KILLS;
        if (isDue && kills < KILLS) restarted = crash();
      }
    };
    await Promise.all(Array.from({ length: 64 }, publish));
    await restarted;
    expect(kills).toBe(KILLS);

    const missing = () =>
      Object.keys(FAULTS).flatMap((name) =>
        [...acknowledged].filter((id) => arrived.get(name)?.has(id) !== true),
      );
    await expect.poll(missing, { interval: 100, timeout: 90_000 }).toEqual([]);
    expect(differing).toBe(0);
    // Nothing waits, and nothing was given up.
    for (const status of ["pending", "dead"]) {
      await expect
        .poll(
          async () => (await server.operator("GET", `${API}/deliveries?status=${status}`)).json,
          {
            timeout: 20_000,
          },
        )
        .toMatchObject({ data: [] });
    }
    expect(await server.end()).toBe(0);
  },
  PATIENCE,
);

/** One of so many, by what the body says, so that it is the same one at every attempt. */
function isOneOf({ body }: Received, many: number): boolean {
  return JSON.parse(body).data.n % many === 0;
}
