import { afterEach, beforeEach, expect, test } from "vitest";
import { openStore } from "../store/open-store.ts";
import type { Store } from "../store/store.ts";
import { aContext } from "../testing/builders.ts";
import { keptLog } from "../testing/log.ts";
import { type FrozenClock, frozenClock } from "../testing/now.ts";
import { type TemporarySqlite, temporarySqlite } from "../testing/temporary-sqlite.ts";
import { followStaleTimes } from "./stale-times.ts";

const API = "standard";
const HOUR = 3_600_000;
/** How long the last lease under a policy may be behind. */
const LAST_LEASE = 60_000;

let database: TemporarySqlite;
let store: Store;
let clock: FrozenClock;
beforeEach(async () => {
  database = temporarySqlite();
  clock = frozenClock();
  store = await openStore({ url: database.url, clock, log: keptLog() });
});
afterEach(async () => {
  await store.close();
  database.remove();
});

/** Some node is started with it. */
const record = (staleSeconds: number) =>
  store.write(
    "recordPolicy",
    { digest: String(staleSeconds), document: { verifiers: { staleSeconds } } },
    aContext({ api: API, at: clock() }),
  );
const follow = () => followStaleTimes({ store, clock, apis: [API] });

test("there is none where no policy says so", async () => {
  const staleMillisOf = await follow();
  expect([staleMillisOf(API), staleMillisOf("other")]).toEqual([0, 0]);
  await store.write("recordPolicy", { digest: "d", document: {} }, aContext({ api: API }));
  expect(staleMillisOf(API)).toBe(0);
});

test.each<[string, boolean]>([
  ["before this node was started", false],
  ["while this node runs", true],
])("what was lowered %s counts until nobody can go by it any more", async (_when, runs) => {
  await record(300);
  clock.advance(HOUR);
  const early = runs ? await follow() : undefined;
  await record(10);
  const staleMillisOf = early ?? (await follow());
  expect(staleMillisOf(API)).toBe(300_000);
  clock.advance(300_000 + LAST_LEASE);
  expect(staleMillisOf(API)).toBe(300_000);
  clock.advance(1);
  expect(staleMillisOf(API)).toBe(10_000);
  clock.advance(HOUR);
  expect(staleMillisOf(API)).toBe(10_000);
});

test("what another node was started with counts as soon as it is recorded", async () => {
  await record(0);
  const staleMillisOf = await follow();
  expect(staleMillisOf(API)).toBe(0);
  await record(300);
  expect(staleMillisOf(API)).toBe(300_000);
});

test("who was replaced several times goes by the longest of all", async () => {
  const staleMillisOf = await follow();
  for (const seconds of [60, 300, 120, 0]) await record(seconds);
  expect(staleMillisOf(API)).toBe(300_000);
  clock.advance(300_000 + LAST_LEASE + 1);
  expect(staleMillisOf(API)).toBe(0);
});
