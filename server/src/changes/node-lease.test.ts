import { afterEach, beforeEach, expect, test } from "vitest";
import type { Store } from "../store/store.ts";
import { API, aContext, anAccount } from "../testing/builders.ts";
import { openTestStore } from "../testing/databases.ts";
import { keptLog } from "../testing/log.ts";
import { frozenClock } from "../testing/now.ts";
import { type TemporarySqlite, temporarySqlite } from "../testing/temporary-sqlite.ts";
import { type NodeLease, requireLease, startNodeLease } from "./node-lease.ts";
import { createSource, leasedSource } from "./source.ts";

const clock = frozenClock();
let database: TemporarySqlite;
let store: Store;
let lease: NodeLease;
beforeEach(async () => {
  database = temporarySqlite();
  store = await openTestStore(database.url);
  await store.write("createAccount", anAccount(), aContext());
  lease = await startNodeLease({ store, api: API, clock, monotonic: clock, log: keptLog() });
});
afterEach(async () => {
  await lease.stop();
  await store.close();
  database.remove();
});

test("holds for three seconds, and is there again for who asks for it", async () => {
  clock.advance(2999);
  requireLease(lease);
  clock.advance(1);
  expect(() => requireLease(lease)).toThrow("does not prove");
  await lease.ensure();
  requireLease(lease);
});

test("without it nothing that the store says counts, and with it everything", async () => {
  const sealing = { open: () => new Uint8Array() } as never;
  const source = leasedSource(createSource({ store, api: API, sealing }), lease);
  expect(await source.account("acct_1")).toMatchObject({ account: { id: "acct_1" } });
  clock.advance(3000);
  // It can still be read; whether it is current cannot be known any more.
  const isAway = { ...store.changes, caughtUp: () => Promise.reject(new Error("away")) };
  const cut = await startNodeLease({
    ...{ api: API, clock, monotonic: clock, log: keptLog() },
    store: { kind: store.kind, write: store.write, changes: isAway },
  });
  const unproven = leasedSource(createSource({ store, api: API, sealing }), cut);
  for (const ask of [
    () => unproven.account("acct_1"),
    () => unproven.user("user_1"),
    () => unproven.credential("api-key", new Uint8Array(32)),
  ]) {
    await expect(ask()).rejects.toThrow("does not prove");
  }
  await cut.stop();
  expect(await source.account("acct_1")).toMatchObject({ account: { id: "acct_1" } });
});

test("what was read before it lapsed counts once it is there again, and not before", async () => {
  let isAway = false;
  const changes = {
    ...store.changes,
    caughtUp: async (api: string) => {
      if (isAway) throw new Error("away");
      await store.changes.caughtUp(api);
    },
  };
  const held = await startNodeLease({
    ...{ api: API, clock, monotonic: clock, log: keptLog() },
    store: { kind: store.kind, write: store.write, changes },
  });
  const slow = {
    ...createSource({ store, api: API, sealing: { open: () => new Uint8Array() } as never }),
    account: async (id: string) => {
      const answer = await store.accounts.resolve(API, id);
      clock.advance(3000);
      return answer;
    },
  };
  const source = leasedSource(slow, held);
  expect(await source.account("acct_1")).toMatchObject({ account: { id: "acct_1" } });
  requireLease(held);
  isAway = true;
  await expect(source.account("acct_1")).rejects.toThrow("does not prove");
  await held.stop();
});

test("on PostgreSQL it needs every change up to the head that its own write was told", async () => {
  const asked: unknown[] = [];
  const changes = {
    ...store.changes,
    caughtUp: async (...what: unknown[]) => void asked.push(what),
  };
  const other = await startNodeLease({
    ...{ api: API, clock, monotonic: clock, log: keptLog() },
    store: { kind: "postgres", write: store.write, changes },
  });
  await other.stop();
  expect(asked).toEqual([[API, await store.changes.head(API)]]);
});
