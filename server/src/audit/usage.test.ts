import { ApiError, type Decision } from "@latchkey/engine";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openStore } from "../store/open-store.ts";
import type { Store } from "../store/store.ts";
import { API, API_KEY, aContext, anAccount, anApiKey } from "../testing/builders.ts";
import { type KeptLog, keptLog } from "../testing/log.ts";
import { type FrozenClock, frozenClock, NOW } from "../testing/now.ts";
import { type TemporarySqlite, temporarySqlite } from "../testing/temporary-sqlite.ts";
import { createUsageRecorder } from "./usage.ts";

let database: TemporarySqlite;
let store: Store;
let clock: FrozenClock;
let log: KeptLog;
beforeEach(async () => {
  database = temporarySqlite();
  clock = frozenClock();
  log = keptLog();
  store = await openStore({ url: database.url, clock, log });
  await store.write("createAccount", anAccount(), aContext());
  await store.write("issueCredential", anApiKey(), aContext());
});
afterEach(async () => {
  await store.close();
  database.remove();
});

const principal = { accountId: "acct_1", credentialId: "key_1" };
/** Made whenever it is recorded. */
const made = (rest: object) =>
  ({
    ...rest,
    get at() {
      return clock();
    },
  }) as unknown as Decision;
const ALLOW = made({ outcome: "allow", principal });
const ANONYMOUS = made({ outcome: "allow", principal: { accountId: null, credentialId: null } });
const DENY = made({ outcome: "deny", reason: "scope_insufficient", principal });
const REQUEST = {
  method: "GET",
  target: "/v2/users?a=b",
  address: "192.0.2.1",
  headers: ["X-Client-Version", "2.1"],
};
const SECONDS = 0.000005;
const PAGE = { limit: 200, after: undefined };

const usage = async () => (await store.usage.list(API, {}, PAGE)).items;
const refusals = async () =>
  (await store.events.list(API, { type: "request.refused" }, PAGE)).items;

test("usage, last use and refusals reach the store with the flush", async () => {
  const recorder = createUsageRecorder({ store, clock, log });
  clock.advance(90_500);
  recorder.record(API, ALLOW, REQUEST, "req_1", SECONDS);
  recorder.record(API, ALLOW, REQUEST, "req_2", SECONDS);
  recorder.record(API, DENY, REQUEST, "req_3", SECONDS);
  recorder.record(API, ANONYMOUS, REQUEST, "req_4", SECONDS);
  expect(await usage()).toEqual([]);
  await recorder.flush();
  const latency = { timed: 3, totalMicros: 15, maxMicros: 5 };
  const row = { ...principal, hour: NOW, clientVersion: "2.1", latency };
  expect(await usage()).toEqual([
    { ...row, outcome: "deny", count: 1 },
    { ...row, outcome: "allow", count: 2 },
  ]);
  expect((await store.keyring.find(API, { ...API_KEY, id: "key_1" }))?.lastUsedAt).toBe(
    NOW + 60_000,
  );
  expect(await refusals()).toMatchObject([
    {
      requestId: "req_3",
      credentialId: "key_1",
      detail: { reason: "scope_insufficient", path: "/v2/users" },
    },
  ]);
  await recorder.close();
});

test("counts of one hour add up over flushes", async () => {
  const recorder = createUsageRecorder({ store, clock, log });
  for (let i = 0; i < 3; i += 1) {
    recorder.record(API, ALLOW, REQUEST, "req", SECONDS);
    await recorder.flush();
  }
  expect((await usage())[0]?.count).toBe(3);
  await recorder.close();
});

test("close writes everything, the count of a flood under way included", async () => {
  const recorder = createUsageRecorder({ store, clock, log });
  for (let i = 0; i < 150; i += 1) recorder.record(API, DENY, REQUEST, "req", SECONDS);
  await recorder.close();
  const lines = await refusals();
  expect(lines).toHaveLength(101);
  expect(lines.reduce((sum, { count }) => sum + count, 0)).toBe(150);
  expect((await usage())[0]?.count).toBe(150);
});

test("nothing is lost, doubled or piled up while the store is away", async () => {
  let away = true;
  let tries = 0;
  const flaky: Pick<Store, "write"> = {
    async write(name, input, context, once) {
      tries += 1;
      // The third try is committed, but its answer does not arrive.
      if (away && tries !== 3) throw new ApiError("STORE_UNAVAILABLE", "away");
      const written = await store.write(name, input, context, once);
      if (away) throw new ApiError("STORE_UNAVAILABLE", "away");
      return written;
    },
  };
  const recorder = createUsageRecorder({ store: flaky, clock, log });
  for (let i = 0; i < 5; i += 1) {
    recorder.record(API, ALLOW, REQUEST, "req", SECONDS);
    await recorder.flush();
  }
  expect(recorder.failures).toBe(5);
  expect(recorder.waiting).toBe(2);
  expect(log.lines.filter(({ level }) => level === "warn")).toHaveLength(5);
  away = false;
  await recorder.close();
  expect((await usage())[0]?.count).toBe(5);
  expect(recorder.waiting).toBe(0);
});

test("a store that stays away does not keep close from ending", async () => {
  const write = () => Promise.reject(new ApiError("STORE_UNAVAILABLE", "away"));
  const recorder = createUsageRecorder({ store: { write }, clock, log });
  recorder.record(API, ALLOW, REQUEST, "req", SECONDS);
  await recorder.close();
  expect(recorder.failures).toBeGreaterThan(0);
});

test("a path that PostgreSQL would refuse is written all the same", async () => {
  const recorder = createUsageRecorder({ store, clock, log });
  recorder.record(API, DENY, { ...REQUEST, target: "/a\0b\ud800" }, "req", SECONDS);
  await recorder.close();
  expect(await refusals()).toHaveLength(1);
});

test.each(["", "x".repeat(65), "1.0\u00e9"])("takes no client version from %j", async (version) => {
  const recorder = createUsageRecorder({ store, clock, log });
  recorder.record(
    API,
    ALLOW,
    { ...REQUEST, headers: ["x-client-version", version] },
    "req_1",
    SECONDS,
  );
  await recorder.close();
  expect(await usage()).toMatchObject([{ count: 1, clientVersion: null }]);
});

test("how long decisions took reaches the store with the flush, and adds up", async () => {
  const recorder = createUsageRecorder({ store, clock, log });
  for (const seconds of [0.000005, 0.002]) {
    for (let i = 0; i < 5; i += 1) recorder.record(API, ALLOW, REQUEST, "req", seconds);
    recorder.record(API, ANONYMOUS, REQUEST, "req", 1);
    await recorder.flush();
  }
  await recorder.close();
  const overview = await store.overview.read(API, { from: NOW, to: NOW + 3_600_000 });
  const buckets = [...new Array<number>(8).fill(0), 5, ...new Array<number>(16).fill(0), 5];
  expect(overview.latency).toEqual([{ hour: NOW, buckets }]);
  expect(overview.slowest).toEqual([
    { ...principal, name: "Production", timed: 10, meanMicros: 1002.5, maxMicros: 2000 },
  ]);
});
