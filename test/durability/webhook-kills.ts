import type { ServerResponse } from "node:http";
import path from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { Answer } from "../answer.ts";
import { type RunningServer, TEST_ACCOUNT } from "../running-server.ts";
import { type Received, startReceiver } from "../webhook-receiver.ts";

const API = "/v1/apis/standard";
const PUBLISHERS = 64;
/** On a machine with too much to do good receivers fail too, and the third time costs two minutes. */
const LONGEST_SILENCE_MILLIS = 180_000;

/** How the nodes are started: receivers have three seconds, and leases last for eight. */
export const KILLED_NODES_ENV = {
  // As `npm start` sets it: they start often.
  NODE_COMPILE_CACHE: path.join(import.meta.dirname, "../../node_modules/.cache/latchkey"),
  LATCHKEY_OUTBOUND_ALLOW: "127.0.0.1",
  LATCHKEY_WEBHOOK_TIMEOUT_SECONDS: "3",
} as const;

/** An endpoint, and what it does with an event that it sees for the first time, if it is one in so many. */
interface Receiver {
  readonly parallel: number;
  readonly oneIn: number;
  readonly fault?: (response: ServerResponse) => void;
}

const RECEIVERS: Readonly<Record<string, Receiver>> = {
  orderly: { parallel: 1, oneIn: 1 },
  well: { parallel: 8, oneIn: 1 },
  fails: { parallel: 8, oneIn: 5, fault: (response) => void response.writeHead(500).end() },
  busy: {
    ...{ parallel: 8, oneIn: 5 },
    fault: (response) => void response.writeHead(429, { "retry-after": "1" }).end(),
  },
  resets: { parallel: 8, oneIn: 5, fault: (response) => void response.socket?.resetAndDestroy() },
  lies: {
    ...{ parallel: 8, oneIn: 5 },
    fault: (response) => {
      response.writeHead(200, { "content-length": "1000" }).write("x");
      setTimeout(() => response.socket?.destroy(), 5);
    },
  },
  hangs: { parallel: 8, oneIn: 100, fault: () => undefined },
};
/** Answers 410 until it is told that it is wanted again. */
const GONE = "gone";

/** What a run did, and what it found; all lists and faults are empty and 0 when all went well. */
export interface KillsReport {
  readonly acknowledged: number;
  readonly kills: number;
  /** Requests that the receivers took, repetitions included; and how many were of one event twice. */
  readonly taken: number;
  readonly repeated: number;
  readonly seconds: number;
  /** Repetitions whose body differs. */
  readonly differing: number;
  /** Requests that came while the same event was under way to the same endpoint. */
  readonly atOnce: number;
  /** Most requests at once to the endpoint that takes one at a time. */
  readonly orderlyAtOnce: number;
  /** Events that overtook another on the way to that endpoint. */
  readonly disordered: number;
  /** What was given up for the endpoint that answered 410; and what it got when it wanted it again. */
  readonly given: number;
  readonly restored: number;
}

/**
 * Publishes so many events while one node after the other is killed, to receivers of which most are
 * bad; resolves when each event that was acknowledged has arrived at each of them, nothing waits and
 * nothing is given up.
 * @throws {Error} When nothing arrives for three minutes although something is missing.
 */
export async function runKills(
  nodes: readonly RunningServer[],
  { events, kills }: { readonly events: number; readonly kills: number },
): Promise<KillsReport> {
  const begun = performance.now();
  const ledger = openLedger();
  const published = new Map<string, { readonly sent: number; readonly answered: number }>();
  const restarted = nodes.map(() => Promise.resolve());
  const expected = events * Object.keys(RECEIVERS).length;
  let killed = 0;
  let isWanted = false;
  await using receiver = await startReceiver((received, response) => {
    const name = received.path.slice(1);
    if (name === GONE && !isWanted) return void response.writeHead(410).end();
    const isFirst = ledger.arrives(name, received, response);
    const { oneIn = 1, fault } = RECEIVERS[name] ?? {};
    if (isFirst && fault !== undefined && isOneOf(received, oneIn)) return fault(response);
    ledger.takes(name, received);
    response.end();
    // While there is much to do: the last fifth is for what is late.
    if (killed < kills && ledger.first() >= ((killed + 0.5) / kills) * 0.8 * expected) crash();
  });
  const [first] = nodes;
  if (first === undefined) throw new Error("no node");

  const ids = new Map<string, string>();
  for (const name of [...Object.keys(RECEIVERS), GONE]) {
    const { parallel = 1 } = RECEIVERS[name] ?? {};
    const draft = { accountId: TEST_ACCOUNT, events: ["thing.made"], parallel };
    const url = `${receiver.url}/${name}`;
    ids.set(name, (await first.create("standard", "webhook-endpoints", { ...draft, url })).id);
  }

  function crash(): void {
    const n = killed % nodes.length;
    killed += 1;
    const again = (async () => {
      await nodes[n]?.kill();
      // A machine that has too much to do may start it too late; then once more.
      await nodes[n]?.restart().catch(() => nodes[n]?.restart());
    })();
    // Whoever waits for it is told all the same.
    again.catch(() => undefined);
    restarted[n] = again;
  }

  let count = 0;
  await Promise.all(
    Array.from({ length: PUBLISHERS }, async (_, publisher) => {
      const n = publisher % nodes.length;
      while (published.size < events) {
        await restarted[n];
        count += 1;
        const sent = count;
        const event = { type: "thing.made", accountId: TEST_ACCOUNT, data: { n: sent } };
        const asked = nodes[n]?.operator("POST", `${API}/events/publish`, event);
        const answer = await asked?.catch((): undefined => undefined);
        // 503: it could not be written for five seconds, on a machine that has too much to do.
        if (answer === undefined || answer.status === 503) continue;
        if (answer.status !== 202) throw new Error(`not published: ${answer.text}`);
        published.set(answer.json.id, { sent, answered: count });
      }
    }),
  );
  const names = Object.keys(RECEIVERS);
  await ledger.until(() =>
    [...published.keys()].every((id) => names.every((name) => ledger.took(name, id))),
  );
  await Promise.all(restarted);

  const gone = `${API}/webhook-endpoints/${ids.get(GONE)}`;
  const { disabledReason } = (await first.operator("GET", gone)).json;
  if (disabledReason !== "gone") throw new Error(`410 disabled nothing: ${disabledReason}`);
  isWanted = true;
  await first.operator("PATCH", gone, { enabled: true });
  let given = 0;
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const { json } = await first.operator("POST", `${gone}/retry`, { status: "dead", cursor });
    given += json.retried;
    cursor = json.nextCursor;
  }
  for (const status of ["pending", "dead"]) {
    await ledger.until(async () => (await list(first, status)).data.length === 0);
  }
  return {
    ...{ acknowledged: published.size, kills: killed, given },
    ...ledger.report(),
    restored: ledger.tookIn(GONE).length,
    seconds: (performance.now() - begun) / 1000,
    disordered: overtakersAmong(ledger.tookIn("orderly").map((id) => published.get(id))),
  };
}

async function list(node: RunningServer, status: string): Promise<Answer["json"]> {
  return (await node.operator("GET", `${API}/deliveries?status=${status}&limit=1`)).json;
}

/** How many events came after one that was published when they had been acknowledged already. */
function overtakersAmong(
  arrived: readonly ({ readonly sent: number; readonly answered: number } | undefined)[],
): number {
  let latest = 0;
  let overtaken = 0;
  for (const event of arrived) {
    // Its answer was lost to a kill.
    if (event === undefined) continue;
    if (event.answered < latest) overtaken += 1;
    latest = Math.max(latest, event.sent);
  }
  return overtaken;
}

/** One of so many, by what the body says, so that it is the same one at every attempt. */
function isOneOf({ body }: Received, many: number): boolean {
  return JSON.parse(body).data.n % many === 0;
}

/** What the receivers saw. */
function openLedger() {
  /** By endpoint: bodies by event, in the order in which they were taken first. */
  const bodies = new Map<string, Map<string, string>>();
  const seen = new Set<string>();
  const open = new Map<string, number>();
  let [taken, repeated, differing, atOnce, orderlyAtOnce] = [0, 0, 0, 0, 0];
  let lastAt = performance.now();
  const idOf = ({ headers }: Received) => headers["webhook-id"] ?? "";
  const enter = (key: string, response: ServerResponse): number => {
    const now = (open.get(key) ?? 0) + 1;
    open.set(key, now);
    response.once("close", () => open.set(key, (open.get(key) ?? 0) - 1));
    return now;
  };
  return {
    /** Notes a request; whether it is the first of this event to this endpoint. */
    arrives(name: string, received: Received, response: ServerResponse): boolean {
      const key = `${name} ${idOf(received)}`;
      if (enter(key, response) > 1) atOnce += 1;
      if (name === "orderly") orderlyAtOnce = Math.max(orderlyAtOnce, enter(name, response));
      const isFirst = !seen.has(key);
      seen.add(key);
      lastAt = performance.now();
      return isFirst;
    },
    takes(name: string, received: Received): void {
      const all = bodies.get(name) ?? new Map<string, string>();
      bodies.set(name, all);
      const before = all.get(idOf(received));
      taken += 1;
      if (before !== undefined) repeated += 1;
      if (before !== undefined && before !== received.body) differing += 1;
      all.set(idOf(received), received.body);
    },
    first: () => seen.size,
    took: (name: string, id: string) => bodies.get(name)?.has(id) === true,
    tookIn: (name: string) => [...(bodies.get(name)?.keys() ?? [])],
    report: () => ({ taken, repeated, differing, atOnce, orderlyAtOnce }),
    async until(holds: () => boolean | Promise<boolean>): Promise<void> {
      lastAt = performance.now();
      while (!(await holds())) {
        if (performance.now() - lastAt > LONGEST_SILENCE_MILLIS) {
          throw new Error("something is missing, and nothing has come for three minutes");
        }
        await wait(100);
      }
    },
  };
}
