import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { sealWebhookSecret } from "../accounts/webhook-secret.ts";
import { createGuardedFetch } from "../outbound/guarded-fetch.ts";
import type { CommandInput } from "../store/commands.ts";
import { openStore } from "../store/open-store.ts";
import { createSealing } from "../store/sealing.ts";
import type { Store } from "../store/store.ts";
import { API, aContext, anAccount } from "../testing/builders.ts";
import { keptLog } from "../testing/log.ts";
import { type FrozenClock, frozenClock } from "../testing/now.ts";
import { anEndpoint, anEvent } from "../testing/store-contract/webhook-scene.ts";
import { temporarySqlite } from "../testing/temporary-sqlite.ts";
import { attemptLimits } from "./attempt.ts";
import { type Sender, startSender } from "./sender.ts";

const SECRET = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;
const sealing = createSealing([new Uint8Array(32).fill(7)]);
const ALL = { limit: 200, after: undefined } as const;

let store: Store;
let clock: FrozenClock;
let sender: Sender;
const ends: (() => Promise<void> | void)[] = [];

beforeEach(async () => {
  const database = temporarySqlite();
  clock = frozenClock();
  store = await openStore({ url: database.url, clock, log: keptLog() });
  await store.write("createAccount", anAccount(), context());
  ends.push(database.remove, () => store.close());
});
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});

const context = () => aContext({ at: clock() });

function send({ timeoutMillis = 20_000, allow = ["127.0.0.1"], most = 64 } = {}): void {
  const limits = { ...attemptLimits(timeoutMillis), allow };
  sender = startSender({
    ...{ store, sealing, clock, log: keptLog(), most, everyMillis: 20, timeoutMillis },
    fetch: createGuardedFetch(limits),
    monotonic: () => performance.now(),
    random: () => 0.5,
  });
  ends.push(() => sender.stop());
}

type Respond = (n: number, response: ServerResponse) => void;

/** A receiver, and what it was sent: the `n` of each event. */
async function receive(respond: Respond = (_n, response) => void response.end()) {
  const got: number[] = [];
  let atOnce = 0;
  const most = { atOnce: 0 };
  const server = createServer(async (request, response) => {
    atOnce += 1;
    most.atOnce = Math.max(most.atOnce, atOnce);
    response.once("close", () => {
      atOnce -= 1;
    });
    let body = "";
    for await (const chunk of request.setEncoding("utf8")) body += chunk;
    const { n = 0 } = JSON.parse(body).data;
    got.push(n);
    respond(n, response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  ends.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/`, got, most };
}

async function endpoint(
  url: string,
  changes: Partial<CommandInput<"createWebhookEndpoint">> = {},
): Promise<void> {
  const { id = "wh_1" } = changes;
  const place = { api: API, endpointId: id, withPair: false };
  const secret = sealWebhookSecret(sealing, SECRET, place);
  const draft = anEndpoint({ url, secret, events: ["thing.*"], ...changes });
  await store.write("createWebhookEndpoint", draft, context());
}

async function publish(...numbers: readonly number[]): Promise<void> {
  for (const n of numbers) await store.write("publishEvent", anEvent(n), context());
}

const deliveries = async (filter = {}) =>
  (await store.webhooks.deliveries.list(API, filter, ALL)).items;
const statuses = async (endpointId = "wh_1") =>
  (await deliveries({ endpointId })).map(({ status }) => status).sort();
/** Until it holds; the sender works beside the test. */
const soon = (check: () => unknown) => vi.waitFor(check, { timeout: 10_000, interval: 10 });
const settled = (count: number, endpointId = "wh_1") =>
  soon(async () =>
    expect((await statuses(endpointId)).filter((each) => each !== "pending")).toHaveLength(count),
  );

const NUMBERS = Array.from({ length: 60 }, (_, i) => i + 1);

test("sends everything once, in the order in which it was committed", async () => {
  const { url, got, most } = await receive();
  await endpoint(url);
  await publish(...NUMBERS);
  send();
  await settled(60);
  expect(got).toEqual(NUMBERS);
  expect(most.atOnce).toBe(1);
  expect(sender.counts()).toMatchObject({ delivered: 60, failed: 0 });
});

test("several at once, and never more, where the endpoint allows it", async () => {
  const { url, got, most } = await receive((_n, response) => {
    setTimeout(() => response.end(), 5);
  });
  await endpoint(url, { parallel: 4 });
  await publish(...NUMBERS);
  send();
  await settled(60);
  expect(got.toSorted((a, b) => a - b)).toEqual(NUMBERS);
  expect(most.atOnce).toBe(4);
});

test("requests that hang keep their own places, and no other of the same endpoint waits", async () => {
  const open: ServerResponse[] = [];
  const { url, got, most } = await receive((n, response) => {
    if (n === 1 || n === 2) open.push(response);
    else response.end();
  });
  await endpoint(url, { parallel: 4 });
  await publish(...NUMBERS);
  send({ timeoutMillis: 60_000 });
  await settled(58);
  expect(open).toHaveLength(2);
  // What comes while they hang does not wait for them either, and they are not sent once more.
  await publish(61, 62);
  await settled(60);
  expect(open).toHaveLength(2);
  for (const response of open) response.end();
  await settled(62);
  expect(got.toSorted((a, b) => a - b)).toEqual([...NUMBERS, 61, 62]);
  expect(most.atOnce).toBeLessThanOrEqual(4);
  expect(sender.counts()).toMatchObject({ delivered: 62, failed: 0 });
});

test("what is due again comes while another hangs", async () => {
  const open: ServerResponse[] = [];
  let isWell = false;
  const { url, got } = await receive((n, response) => {
    if (n === 1) return void open.push(response);
    response.statusCode = isWell ? 200 : 500;
    response.end();
  });
  await endpoint(url, { parallel: 2 });
  await publish(1, 2);
  send({ timeoutMillis: 60_000 });
  const attempts = async () => (await deliveries()).map(({ attemptCount }) => attemptCount).sort();
  await soon(async () => expect(await attempts()).toEqual([0, 1]));
  isWell = true;
  clock.advance(5000);
  await settled(1);
  expect(got).toEqual([1, 2, 2]);
  expect(open).toHaveLength(1);
  open[0]?.end();
  await settled(2);
});

test("what fails comes again at its time, and holds back nothing", async () => {
  let isWell = false;
  const { url, got } = await receive((n, response) => {
    response.statusCode = n === 1 && !isWell ? 500 : 200;
    response.end(n === 1 ? "no, thanks" : "");
  });
  await endpoint(url);
  await publish(1, 2, 3);
  send();
  await settled(2);
  expect(got).toEqual([1, 2, 3]);
  const [failed] = await deliveries({ status: "pending" });
  expect(failed?.attempts).toMatchObject([
    { number: 1, status: 500, error: "answered 500", responseBody: "no, thanks" },
  ]);
  isWell = true;
  clock.advance(4999);
  await publish(4);
  await settled(3);
  expect(got).toEqual([1, 2, 3, 4]);
  clock.advance(1);
  await settled(4);
  expect(got).toEqual([1, 2, 3, 4, 1]);
});

test("in strict order it holds back what came after it", async () => {
  let isWell = false;
  const { url, got } = await receive((_n, response) => {
    response.statusCode = isWell ? 204 : 503;
    response.end();
  });
  await endpoint(url, { strictOrder: true });
  await publish(1, 2, 3);
  send();
  await soon(() => expect(sender.counts()).toMatchObject({ failed: 1, serving: 0 }));
  isWell = true;
  clock.advance(4999);
  await publish(4);
  expect(got).toEqual([1]);
  clock.advance(1);
  await settled(4);
  expect(got).toEqual([1, 1, 2, 3, 4]);
});

test("a receiver that asks for time gets it", async () => {
  const { url } = await receive((_n, response) => {
    response.writeHead(429, { "retry-after": "3600" }).end();
  });
  await endpoint(url);
  await publish(1);
  send();
  await soon(async () => {
    const [delivery] = await deliveries();
    expect(delivery).toMatchObject({ attemptCount: 1, nextAttemptAt: clock() + 3_600_000 });
  });
});

test("410 ends it at once", async () => {
  const { url, got } = await receive((_n, response) => response.writeHead(410).end());
  await endpoint(url);
  await publish(1, 2, 3);
  send();
  await settled(3);
  expect(got).toEqual([1]);
  expect(await statuses()).toEqual(["dead", "dead", "dead"]);
  const found = await store.webhooks.endpoints.find(API, { id: "wh_1" });
  expect(found).toMatchObject({ disabledReason: "gone" });
});

describe("counts as failed:", () => {
  const SILENCE = "silence";
  const cases: readonly (readonly [string, Respond, string])[] = [
    ["a redirect", (_n, r) => void r.writeHead(302, { location: "/" }).end(), "redirects"],
    [SILENCE, () => undefined, "did not answer"],
    ["a reset", (_n, r) => void r.socket?.resetAndDestroy(), "did not answer"],
    [
      "half an answer",
      (_n, r) => {
        r.writeHead(200, { "content-length": "100" }).write("x", () => r.socket?.destroy());
      },
      "cut off",
    ],
    ["no HTTP", (_n, r) => void r.socket?.end("hello\r\n\r\n"), "no HTTP"],
  ];
  test.each(cases)("%s", async (what, respond, why) => {
    const { url, got } = await receive(respond);
    await endpoint(url);
    await publish(1);
    send(what === SILENCE ? { timeoutMillis: 200 } : {});
    await soon(async () => {
      const [delivery] = await deliveries();
      expect(delivery).toMatchObject({ status: "pending", attemptCount: 1 });
      expect(delivery?.attempts[0]?.error).toContain(why);
    });
    expect(got).toEqual([1]);
  });

  test("an address that may not be reached, without being reached", async () => {
    const { url, got } = await receive();
    await endpoint(url);
    await publish(1);
    send({ allow: [] });
    await soon(async () => {
      const [delivery] = await deliveries();
      const error = "the host is not on the public Internet";
      expect(delivery?.attempts).toMatchObject([{ status: null, error }]);
    });
    expect(got).toEqual([]);
  });
});

test("a long answer counts by its status, and only its beginning is kept", async () => {
  const { url } = await receive((_n, response) => void response.end("x".repeat(1_000_000)));
  await endpoint(url);
  await publish(1);
  send();
  await settled(1);
  const [delivery] = await deliveries();
  expect(delivery?.attempts[0]?.responseBody).toBe("x".repeat(2048));
});

test("an answer is not cut within a character", async () => {
  const { url } = await receive(
    (_n, response) => void response.end(`${"x".repeat(2047)}\u{1f600}`),
  );
  await endpoint(url);
  await publish(1);
  send();
  await settled(1);
  const [delivery] = await deliveries();
  expect(delivery?.attempts[0]?.responseBody).toBe(`${"x".repeat(2047)}\ufffd`);
});

test("what is kept of requests and answers holds no signature and no secret", async () => {
  const key = `lk_live_${"aB3".repeat(12)}`;
  const { url } = await receive((_n, response) => {
    response.writeHead(200, { "set-cookie": "session=abcdef", "x-echo": key }).end(`key: ${key}`);
  });
  await endpoint(url);
  await publish(1);
  send();
  await settled(1);
  const [delivery] = await deliveries();
  const [attempt] = delivery?.attempts ?? [];
  expect(attempt?.requestHeaders).toMatchObject({
    "webhook-id": "evt_1",
    "webhook-signature": "[hidden]",
    "x-webhook-signature": "[hidden]",
  });
  for (const secret of [key, "abcdef", SECRET]) {
    expect(JSON.stringify(delivery)).not.toContain(secret);
  }
});

test("of every request the digest of its body is kept whole", async () => {
  const sent: unknown[] = [];
  const { url } = await receive((_n, response) => {
    sent.push(response.req.headers["content-digest"]);
    response.end();
  });
  await endpoint(url);
  send();
  for (const n of [1, 2, 3, 4, 5, 6, 7, 8]) await publish(n);
  await settled(8);
  const kept = (await deliveries()).map(
    ({ attempts }) => attempts[0]?.requestHeaders["content-digest"],
  );
  expect(kept.toSorted()).toEqual(sent.toSorted());
});

test("a secret that is cut off where the answer is, is kept in no part either", async () => {
  let length = 2030;
  const { url } = await receive((_n, r) => void r.end(`${"x ".repeat(length / 2)}${SECRET}`));
  await endpoint(url);
  send();
  for (const [n, before] of [2030, 2040, 4080].entries()) {
    length = before;
    await publish(n);
    await settled(n + 1);
  }
  const kept = JSON.stringify(await deliveries());
  expect(kept).toContain("x x x");
  expect(kept).not.toContain(SECRET.slice(0, 8));
});

test("a template that makes a body of megabytes is given up, and holds back nothing", async () => {
  const { url, got } = await receive();
  const payloadTemplate = `{"data":{"n":{{n}}},"x":"${"{{text}}".repeat(500)}"}`;
  await endpoint(url, { format: "calcom", payloadTemplate });
  const long = { ...anEvent(1), data: { n: 1, text: "x".repeat(60_000) } };
  await store.write("publishEvent", long, context());
  await store.write("publishEvent", { ...anEvent(2), data: { n: 2, text: "x" } }, context());
  send();
  await settled(2);
  expect(got).toEqual([2]);
  const [dead] = await deliveries({ status: "dead" });
  expect(dead?.attempts).toMatchObject([
    { status: null, error: expect.stringContaining("256 KiB") },
  ]);
});

test("however many hang, the others are served", async () => {
  const hanging = await receive(() => undefined);
  const well = await receive();
  await endpoint(well.url, { id: "wh_well" });
  for (let n = 1; n <= 6; n += 1) {
    await endpoint(hanging.url, { id: `wh_${n}`, accountId: null });
  }
  await publish(1);
  send({ timeoutMillis: 3000, most: 8 });
  await soon(() => expect(sender.counts()).toMatchObject({ failed: 6, serving: 0 }));
  // They are known to fail now, and may not take all places again.
  hanging.most.atOnce = 0;
  await publish(2, 3, 4, 5);
  await settled(5, "wh_well");
  expect(sender.counts().failed).toBe(6);
  expect(hanging.most.atOnce).toBeLessThanOrEqual(4);
});

test("more that fail than one look shows keep nobody from being looked for", async () => {
  let isHanging = false;
  const open: ServerResponse[] = [];
  const bad = await receive((_n, response) => {
    if (isHanging) open.push(response);
    else response.writeHead(500).end();
  });
  const well = await receive();
  const MANY = 12;
  for (let n = 1; n <= MANY; n += 1) {
    await endpoint(bad.url, {
      ...{ id: `wh_${n}`, accountId: null, events: ["thing.made"], maxLive: MANY },
    });
  }
  await publish(1);
  send({ most: 4, timeoutMillis: 10_000 });
  await soon(() => expect(sender.counts()).toMatchObject({ failed: MANY, serving: 0 }));
  // Served last, so all that fail come before it.
  clock.advance(1);
  await endpoint(well.url, { id: "wh_well", events: ["thing.made", "thing.else"] });
  await store.write("publishEvent", anEvent(2, "thing.else"), context());
  await settled(1, "wh_well");
  isHanging = true;
  await publish(3);
  await settled(2, "wh_well");
  expect(sender.counts()).toMatchObject({ failed: MANY });
  isHanging = false;
  for (const response of open) response.end();
});

test("an account whose endpoints answer slowly keeps no other from being served", async () => {
  const open: ServerResponse[] = [];
  const slow = await receive((_n, response) => void open.push(response));
  const well = await receive();
  await store.write("createAccount", anAccount({ id: "acct_2" }), context());
  for (let n = 1; n <= 10; n += 1) await endpoint(slow.url, { id: `wh_${n}` });
  await publish(1);
  send({ most: 8 });
  await soon(() => expect(open).toHaveLength(2));
  await endpoint(well.url, { id: "wh_well", accountId: "acct_2" });
  await store.write("publishEvent", { ...anEvent(2), accountId: "acct_2" }, context());
  await settled(1, "wh_well");
  expect(open).toHaveLength(2);
  await soon(() => {
    for (const response of open) response.end();
    expect(sender.counts().delivered).toBe(11);
  });
  expect(slow.most.atOnce).toBe(2);
});

test("stopping waits for what is under way, and leaves the rest to the next", async () => {
  const open: ServerResponse[] = [];
  const { url, got } = await receive((n, response) => {
    if (n === 1) open.push(response);
    else response.end();
  });
  await endpoint(url);
  await publish(1, 2);
  send();
  await soon(() => expect(open).toHaveLength(1));
  const stopped = sender.stop();
  open[0]?.end();
  await stopped;
  expect(await statuses()).toEqual(["delivered", "pending"]);
  send();
  await settled(2);
  expect(got).toEqual([1, 2]);
});

test("a revoked endpoint is sent nothing more", async () => {
  const { url, got } = await receive();
  await endpoint(url);
  await publish(1);
  send();
  await settled(1);
  await store.write("revokeWebhookEndpoint", { id: "wh_1" }, context());
  await publish(2);
  sender.wake();
  await endpoint(url, { id: "wh_2" });
  await publish(3);
  await settled(1, "wh_2");
  expect(got).toEqual([1, 3]);
});

describe("of an endpoint that ends while requests are under way it is kept what became of them:", () => {
  const disable = { id: "wh_1", changes: { enabled: false } };
  const cases: readonly [string, () => Promise<unknown>][] = [
    ["revoked", () => store.write("revokeWebhookEndpoint", { id: "wh_1" }, context())],
    ["disabled", () => store.write("updateWebhookEndpoint", disable, context())],
    ["gone", async () => undefined],
  ];
  test.each(cases)("%s", async (how, end) => {
    const open: ServerResponse[] = [];
    const { url, got } = await receive((_n, response) => void open.push(response));
    await endpoint(url, { parallel: 3 });
    await publish(1, 2, 3);
    send();
    await soon(() => expect(open).toHaveLength(3));
    await end();
    const [first, second, third] = got.map((n) => `evt_${n}`);
    open[0]?.writeHead(how === "gone" ? 410 : 500).end();
    await soon(() => expect(sender.counts().failed).toBe(1));
    await soon(async () => expect(await deliveries({ status: "dead" })).not.toHaveLength(0));
    open[1]?.end();
    open[2]?.writeHead(500).end();
    await soon(() => expect(sender.counts()).toMatchObject({ serving: 0, failed: 2 }));
    const kept = new Map((await deliveries()).map((each) => [each.eventId, each]));
    expect(kept.get(first ?? "")).toMatchObject({ status: "dead", attemptCount: 1 });
    expect(kept.get(second ?? "")).toMatchObject({ status: "delivered", attemptCount: 1 });
    expect(kept.get(third ?? "")).toMatchObject({ status: "dead", attemptCount: 1 });
  });
});
