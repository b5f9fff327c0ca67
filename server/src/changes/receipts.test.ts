import { afterEach, beforeEach, expect, test } from "vitest";
import { openStore } from "../store/open-store.ts";
import type { Store } from "../store/store.ts";
import { aContext, anAccount } from "../testing/builders.ts";
import { keptLog } from "../testing/log.ts";
import { type FrozenClock, frozenClock, NOW } from "../testing/now.ts";
import { type TemporarySqlite, temporarySqlite } from "../testing/temporary-sqlite.ts";
import { createLeaseRenewals, type LeaseRenewals } from "./lease-renewals.ts";
import { createReceipts } from "./receipts.ts";

const API = "standard";

let database: TemporarySqlite;
let store: Store;
let clock: FrozenClock;
let renewals: LeaseRenewals;
let seq: number;
beforeEach(async () => {
  database = temporarySqlite();
  clock = frozenClock();
  store = await openStore({ url: database.url, clock, log: keptLog() });
  renewals = createLeaseRenewals({ store, clock, staleMillisOf: () => 0 });
  const written = await store.write("createAccount", anAccount(), aContext({ api: API }));
  seq = written.seq ?? 0;
});
afterEach(async () => {
  await store.close();
  database.remove();
});

const renew = (id: string, appliedSeq: number) =>
  renewals.renew(API, { id, appliedSeq, ends: false });

function receiptOf(waitMillis?: number, { nodeLeaseMillis = 0, staleMillis = 0 } = {}) {
  const parts = { store, renewals, clock, staleMillisOf: () => staleMillis };
  const receipts = createReceipts({ ...parts, nodeLeaseMillis: () => nodeLeaseMillis });
  return receipts({ api: API, revokedAt: NOW, seq }, waitMillis);
}

test("without verifiers a deed is confirmed at once, and bound by the leases of other nodes", async () => {
  const verifiers = { confirmed: 0, pending: 0 };
  const confirmed = { revokedAt: NOW, confirmedAt: NOW, verifiers };
  expect(await receiptOf()).toEqual({ ...confirmed, boundAt: NOW });
  const bound = { ...confirmed, boundAt: NOW + 3000 };
  expect(await receiptOf(0, { nodeLeaseMillis: 3000 })).toEqual(bound);
});

test("whoever has not applied it is pending until its lease ends, and not longer", async () => {
  await renew("vrf_a", seq);
  clock.advance(500);
  await renew("vrf_b", seq - 1);
  const pending = { confirmedAt: null, boundAt: NOW + 3500 };
  const one = { confirmed: 1, pending: 1 };
  expect(await receiptOf()).toMatchObject({ ...pending, verifiers: one });
  clock.advance(2999);
  expect(await receiptOf()).toMatchObject({ ...pending, verifiers: { confirmed: 0, pending: 1 } });
  clock.advance(2);
  const over = { confirmedAt: clock(), verifiers: { confirmed: 0, pending: 0 } };
  expect(await receiptOf()).toMatchObject(over);
});

test("what a policy lets be stale is counted in", async () => {
  await renew("vrf_a", seq - 1);
  clock.advance(60_000);
  const pending = { confirmedAt: null, boundAt: NOW + 63_000, verifiers: { pending: 1 } };
  expect(await receiptOf(0, { staleMillis: 60_000 })).toMatchObject(pending);
});

test("waits until the last verifier has confirmed, and tells until when that was not sure", async () => {
  await renew("vrf_a", seq - 1);
  const receipt = receiptOf(30_000);
  await renew("vrf_a", seq);
  expect(await receipt).toEqual({
    revokedAt: NOW,
    confirmedAt: NOW,
    boundAt: expect.toSatisfy((at) => at === NOW || at === NOW + 3000),
    verifiers: { confirmed: 1, pending: 0 },
  });
});

test("waits no longer than it was asked to", async () => {
  await renew("vrf_a", seq - 1);
  expect(await receiptOf(10)).toMatchObject({ confirmedAt: null, verifiers: { pending: 1 } });
});

test("a deed that was done before asks for every change up to now", async () => {
  await renew("vrf_a", seq);
  const again = createReceipts({
    ...{ store, renewals, clock },
    nodeLeaseMillis: () => 0,
    staleMillisOf: () => 0,
  });
  const deed = { api: API, revokedAt: NOW, seq: undefined };
  expect(await again(deed)).toMatchObject({ verifiers: { confirmed: 1, pending: 0 } });
  await store.write("createAccount", anAccount({ id: "acct_2" }), aContext({ api: API }));
  expect(await again(deed)).toMatchObject({ verifiers: { confirmed: 0, pending: 1 } });
});
