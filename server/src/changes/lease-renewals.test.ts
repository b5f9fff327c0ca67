import { getEventListeners } from "node:events";
import { describe, expect, test } from "vitest";
import { frozenClock, NOW } from "../testing/now.ts";
import { createLeaseRenewals } from "./lease-renewals.ts";
import { lineOf, markOf } from "./recent-lines.ts";

type Write = Parameters<typeof createLeaseRenewals>[0]["store"]["write"];

interface Held {
  readonly name: string;
  readonly input: unknown;
  readonly at: number;
  readonly end: PromiseWithResolvers<unknown>;
}

/** A store whose writes end when they are told to. */
function heldStore() {
  const writes: Held[] = [];
  const write = ((name: string, input: unknown, { at }: { at: number }) => {
    const end = Promise.withResolvers<unknown>();
    writes.push({ name, input, at, end });
    return end.promise;
  }) as Write;
  return { writes, store: { write, changes: NO_CHANGES } };
}

const NO_CHANGES = { after: async () => [] };

const idsOf = (input: unknown) =>
  (input as { renewals: { id: string }[] }).renewals.map(({ id }) => id);
const renewal = (id: string) => ({ id, appliedSeq: 1, ends: false });
const head = (seq: number) => ({ output: { head: seq, ahead: [] as string[] } });
const turn = () => new Promise((resolve) => setImmediate(resolve));

test("who comes while a write is under way is in the next, which begins after the question", async () => {
  const { writes, store } = heldStore();
  const clock = frozenClock();
  const renewals = createLeaseRenewals({ store, clock, staleMillisOf: () => 0 });
  const first = renewals.renew("a", renewal("vrf_1"));
  const later = [renewals.renew("a", renewal("vrf_2")), renewals.renew("a", renewal("vrf_3"))];
  clock.advance(7);
  writes[0]?.end.resolve(head(4));
  expect(await first).toMatchObject({ head: 4, leaseSeconds: 3 });
  await turn();
  expect(writes.map(({ input, at }) => [idsOf(input), at])).toEqual([
    [["vrf_1"], NOW],
    [["vrf_2", "vrf_3"], NOW + 7],
  ]);
  writes[1]?.end.resolve(head(5));
  for (const granted of later) expect(await granted).toMatchObject({ head: 5 });
});

test("without a write there is no lease, and the next may have one", async () => {
  const { writes, store } = heldStore();
  const renewals = createLeaseRenewals({ store, clock: frozenClock(), staleMillisOf: () => 0 });
  const failed = renewals.renew("a", renewal("vrf_1"));
  const next = renewals.renew("a", renewal("vrf_1"));
  writes[0]?.end.reject(new Error("read-only"));
  await expect(failed).rejects.toThrow("read-only");
  await turn();
  writes[1]?.end.resolve(head(1));
  expect(await next).toMatchObject({ head: 1 });
});

test("who tells of changes that are yet to come is refused, and nobody else of its round", async () => {
  const { writes, store } = heldStore();
  const renewals = createLeaseRenewals({ store, clock: frozenClock(), staleMillisOf: () => 0 });
  void renewals.renew("a", renewal("vrf_0"));
  const asked = ["vrf_1", "vrf_2"].map((id) => renewals.renew("a", renewal(id)));
  writes[0]?.end.resolve(head(1));
  await turn();
  writes[1]?.end.resolve({ output: { head: 1, ahead: ["vrf_1"] } });
  const outcomes = await Promise.allSettled(asked);
  expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "fulfilled"]);
  expect(outcomes[0]).toMatchObject({ reason: { code: "CONFLICT" } });
});

describe("of who has applied a change that the database does not have as it was", () => {
  const there = { seq: 4, at: NOW, kind: "account", subjectId: "acct_1", state: null } as const;
  const mark = markOf(lineOf(there));
  const other = markOf(lineOf({ ...there, kind: "credential" }));
  const changes = { after: async (_: string, seq: number) => (seq === 3 ? [there] : []) };

  function aRound() {
    const { writes, store } = heldStore();
    const parts = { store: { ...store, changes }, clock: frozenClock(), staleMillisOf: () => 0 };
    return { writes, renewals: createLeaseRenewals(parts) };
  }
  const code = (answer: Promise<unknown>) =>
    answer.then(
      () => "granted",
      (error: { readonly code: string }) => error.code,
    );

  test.each([
    ["another", 4, other],
    ["one that is not there", 5, other],
  ])("%s, no lease is renewed, and all others are", async (_what, appliedSeq, wrong) => {
    const { writes, renewals } = aRound();
    void renewals.renew("a", renewal("vrf_0"));
    const asked = [
      renewals.renew("a", { ...renewal("vrf_1"), appliedSeq, mark: wrong }),
      renewals.renew("a", { ...renewal("vrf_2"), appliedSeq: 4, mark }),
      renewals.renew("a", renewal("vrf_3")),
    ].map(code);
    writes[0]?.end.resolve(head(4));
    await turn();
    expect(idsOf(writes[1]?.input)).toEqual(["vrf_2", "vrf_3"]);
    writes[1]?.end.resolve(head(4));
    expect(await Promise.all(asked)).toEqual(["CONFLICT", "granted", "granted"]);
  });

  test("nothing is written down of how far it has come", async () => {
    const { writes, renewals } = aRound();
    const told = code(renewals.tell("a", { id: "vrf_1", appliedSeq: 4, mark: other }));
    expect(await told).toBe("CONFLICT");
    expect(writes).toEqual([]);
  });
});

test("who only tells has nothing granted, and a failure of it is told", async () => {
  const { writes, store } = heldStore();
  const renewals = createLeaseRenewals({ store, clock: frozenClock(), staleMillisOf: () => 0 });
  const first = renewals.tell("a", { id: "vrf_1", appliedSeq: 4 });
  const rest = [
    renewals.tell("a", { id: "vrf_1", appliedSeq: 5 }),
    renewals.tell("a", { id: "vrf_2", appliedSeq: 5 }),
  ];
  writes[0]?.end.resolve({ output: undefined });
  expect(await first).toEqual({ tellAfterMillis: 20 });
  await turn();
  writes[1]?.end.reject(new Error("away"));
  const outcomes = await Promise.allSettled(rest);
  expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  const told = [
    { id: "vrf_1", appliedSeq: 5 },
    { id: "vrf_2", appliedSeq: 5 },
  ];
  expect(writes.map(({ name, input }) => [name, input])).toEqual([
    ["recordProgress", [{ id: "vrf_1", appliedSeq: 4 }]],
    ["recordProgress", told],
  ]);
});

test("who waits for a round is told by the next, or when the wait is over, and is forgotten", async () => {
  const store = { write: (async () => head(1)) as unknown as Write, changes: NO_CHANGES };
  const renewals = createLeaseRenewals({ store, clock: frozenClock(), staleMillisOf: () => 0 });
  const [wait, over] = [new AbortController(), new AbortController()];
  const listeners = () => [wait, over].map(({ signal }) => getEventListeners(signal, "abort"));
  const waiting = [wait, over].map(({ signal }) => renewals.nextRound("a", signal));
  expect(listeners()).toMatchObject([{ length: 1 }, { length: 1 }]);
  over.abort();
  await waiting[1];
  await renewals.renew("a", renewal("vrf_1"));
  await waiting[0];
  expect(listeners()).toEqual([[], []]);
});

test("the more verifiers there are, the less often each tells how far it has come", async () => {
  const store = { write: (async () => head(1)) as unknown as Write, changes: NO_CHANGES };
  const clock = frozenClock();
  const renewals = createLeaseRenewals({ store, clock, staleMillisOf: () => 0 });
  const renewMany = (n: number) =>
    Promise.all(Array.from({ length: n }, (_, i) => renewals.renew("a", renewal(`vrf_${i}`))));
  const last = async (n: number) => (await renewMany(n)).at(-1)?.tellAfterMillis;
  expect(await last(1)).toBe(20);
  expect(await last(100)).toBe(100);
  expect(await last(2000)).toBe(1000);
  clock.advance(3001);
  expect(await last(1)).toBe(20);
});
