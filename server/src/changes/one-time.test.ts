import { afterEach, beforeEach, expect, test } from "vitest";
import { openStore } from "../store/open-store.ts";
import type { Store } from "../store/store.ts";
import { keptLog } from "../testing/log.ts";
import { type FrozenClock, frozenClock, NOW } from "../testing/now.ts";
import { type TemporarySqlite, temporarySqlite } from "../testing/temporary-sqlite.ts";
import { createStoreOneTime } from "./one-time.ts";

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

test("of many who claim one name at once, one is the first", async () => {
  const once = createStoreOneTime(store, "standard", clock);
  const claims = Array.from({ length: 20 }, () => once.claim("jti", NOW + 1000));
  expect((await Promise.all(claims)).filter(Boolean)).toHaveLength(1);
});

test("names of two APIs, and two names of one, are apart", async () => {
  const once = createStoreOneTime(store, "standard", clock);
  expect(await once.claim("a", NOW + 1000)).toBe(true);
  expect(await once.claim("b", NOW + 1000)).toBe(true);
  expect(await createStoreOneTime(store, "other", clock).claim("a", NOW + 1000)).toBe(true);
});

test.each([NOW - 1, NOW + 1000])(
  "claimed until %i, it stays so for the five minutes that clocks may differ",
  async (until) => {
    const once = createStoreOneTime(store, "standard", clock);
    await once.claim("a", until);
    clock.advance(Math.max(0, until - NOW) + 299_999);
    expect(await once.claim("a", until)).toBe(false);
    expect(await once.isClaimed("a")).toBe(true);
    clock.advance(1);
    expect(await once.isClaimed("a")).toBe(false);
    expect(await once.claim("a", until)).toBe(true);
  },
);

test("asking whether a name is claimed claims nothing", async () => {
  const once = createStoreOneTime(store, "standard", clock);
  expect(await once.isClaimed("a")).toBe(false);
  expect(await once.claim("a", NOW + 1000)).toBe(true);
  expect(await once.isClaimed("a")).toBe(true);
  expect(await createStoreOneTime(store, "other", clock).isClaimed("a")).toBe(false);
});
