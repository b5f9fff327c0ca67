import { afterEach, beforeEach, expect, test } from "vitest";
import { DEPLOYMENT, type Store } from "../store/store.ts";
import { aContext, anAccount, anApiKey } from "../testing/builders.ts";
import { openTestStore } from "../testing/databases.ts";
import { keptLog } from "../testing/log.ts";
import { type TemporarySqlite, temporarySqlite } from "../testing/temporary-sqlite.ts";
import { type ChangeStreams, createChangeStreams } from "./change-streams.ts";
import { lineOf, markOf } from "./recent-lines.ts";

const API = "standard";

let database: TemporarySqlite;
let store: Store;
let streams: ChangeStreams;
beforeEach(async () => {
  database = temporarySqlite();
  store = await openTestStore(database.url);
  await store.write("recordPolicy", { digest: "d", document: { a: 1 } }, aContext({ api: API }));
  streams = createChangeStreams({ store, log: keptLog(), heartbeatMillis: 5 });
});
afterEach(async () => {
  await streams.close();
  await store.close();
  database.remove();
});

/** Somebody who follows, and what has come so far. */
async function follow(after?: number, operatorId = "op_1", mark = markAt(after)) {
  let isReading = true;
  const lines: { kind: string; seq: number; [more: string]: unknown }[] = [];
  const ended = Promise.withResolvers<void>();
  const heard = new Map<string, () => void>();
  let left = Promise.withResolvers<void>();
  left.resolve();
  let waiting = 0;
  const known = after === undefined ? undefined : { seq: after, mark: await mark };
  const stream = await streams.open({ api: API, after: known, operatorId });
  const end = stream.start({
    get waiting() {
      return waiting;
    },
    async write(text) {
      for (const line of text.split("\n").slice(0, -1)) {
        const message = JSON.parse(line);
        lines.push(message);
        heard.get(message.kind)?.();
      }
      if (isReading) return;
      waiting += text.length;
      await left.promise;
    },
    end: () => ended.resolve(),
  });
  const next = (kind: string) => new Promise<void>((resolve) => heard.set(kind, resolve));
  const seqs = () => lines.filter(({ kind }) => kind === "account").map(({ seq }) => seq);
  return {
    ...{ lines, seqs, next, end, ended: ended.promise },
    stopReading() {
      isReading = false;
      left = Promise.withResolvers();
    },
    readOn() {
      isReading = true;
      waiting = 0;
      left.resolve();
    },
  };
}

async function markAt(seq = 0): Promise<string> {
  const [change] = seq === 0 ? [] : await store.changes.after(API, seq - 1, 1);
  return change === undefined ? "" : markOf(lineOf(change));
}

async function makeAccounts(from: number, to: number): Promise<void> {
  for (let n = from; n <= to; n += 1) {
    await store.write("createAccount", anAccount({ id: `acct_${n}` }), aContext({ api: API }));
  }
}

test("begins with where it begins and the policy, then tells each change before its write ends", async () => {
  const { lines, seqs } = await follow();
  const policy = { version: 1, digest: "d", policy: { a: 1 } };
  const issuerKeys = { keys: [] };
  const mark = await markAt(1);
  expect(lines[0]).toEqual({ kind: "hello", seq: 1, mark, resumed: false, policy, issuerKeys });
  await makeAccounts(1, 1);
  expect(seqs()).toEqual([2]);
  expect(lines.at(-1)).toMatchObject({ state: { id: "acct_1", status: "active" } });
});

test("goes on from any change, told by this process or by another, without a gap", async () => {
  await makeAccounts(1, 3);
  const early = await follow(2);
  expect(early.lines[0]).toMatchObject({ seq: 2, resumed: true });
  const other = await openTestStore(database.url);
  await other.write("createAccount", anAccount({ id: "acct_9" }), aContext({ api: API }));
  await store.changes.caughtUp(API);
  await makeAccounts(4, 4);
  await early.next("heartbeat");
  expect(early.seqs()).toEqual([3, 4, 5, 6]);
  const late = await follow(4);
  expect(late.seqs()).toEqual([5, 6]);
  await other.close();
});

test("a line that was told begins a stream again, and where it begins does", async () => {
  const { lines } = await follow();
  await makeAccounts(1, 1);
  const limits = [{ name: "burst", max: 1, windowSeconds: 1 }];
  const key = anApiKey({ allowedIps: ["192.0.2.0/24"], limits });
  await store.write("issueCredential", key, aContext({ api: API }));
  const told = lines.find(({ kind }) => kind === "credential");
  const again = await follow(told?.seq, "op_1", Promise.resolve(markOf(JSON.stringify(told))));
  expect(again.lines[0]).toMatchObject({ seq: told?.seq, resumed: true });
  const hello = again.lines[0];
  const third = await follow(hello?.seq, "op_1", Promise.resolve(String(hello?.mark)));
  expect(third.lines[0]).toMatchObject({ seq: told?.seq, resumed: true });
});

test("starts afresh behind a restored database, also when it has gone on since", async () => {
  const mark = markAt(1);
  expect((await follow(100)).lines[0]).toMatchObject({ kind: "hello", seq: 1, resumed: false });
  await makeAccounts(1, 2);
  expect((await follow(2, "op_1", mark)).lines[0]).toMatchObject({ seq: 3, resumed: false });
  expect((await follow(2)).lines[0]).toMatchObject({ seq: 2, resumed: true });
});

test("two follow the same changes without the database being read again", async () => {
  let reads = 0;
  const counting: Store = {
    ...store,
    changes: {
      ...store.changes,
      after: (...asked) => {
        reads += 1;
        return store.changes.after(...asked);
      },
    },
  };
  await streams.close();
  streams = createChangeStreams({ store: counting, log: keptLog() });
  const followers = [await follow(), await follow(), await follow()];
  reads = 0;
  await makeAccounts(1, 5);
  for (const { seqs } of followers) expect(seqs()).toEqual([2, 3, 4, 5, 6]);
  expect(reads).toBe(0);
  expect((await follow(3)).seqs()).toEqual([4, 5, 6]);
  // For the mark alone.
  expect(reads).toBe(1);
});

test("thousands who come at once, as to a node that starts, cost the database little", async () => {
  await makeAccounts(1, 3);
  let reads = 0;
  let hold: Promise<unknown> = Promise.resolve();
  const counting: Store = {
    ...store,
    policies: {
      ...store.policies,
      async newest(api) {
        reads += 1;
        const newest = await store.policies.newest(api);
        await hold;
        return newest;
      },
    },
  };
  await streams.close();
  streams = createChangeStreams({ store: counting, log: keptLog() });
  const coming = Array.from({ length: 50 }, (_, n) => follow(1 + (n % 3)));
  const begun = (await Promise.all(coming)).map(({ lines }) => lines[0]);
  expect(begun.map((hello) => hello?.seq)).toEqual(begun.map((_, n) => 1 + (n % 3)));
  expect(new Set(begun.map((hello) => hello?.resumed))).toEqual(new Set([true]));
  expect(reads).toBeLessThanOrEqual(2);

  // Who comes while others are read for is told of what was there when they came.
  const held = Promise.withResolvers<void>();
  hold = held.promise;
  const [early, before] = [follow(), reads];
  await expect.poll(() => reads).toBe(before + 1);
  await store.write("recordPolicy", { digest: "e", document: { a: 2 } }, aContext({ api: API }));
  const late = follow();
  held.resolve();
  expect((await early).lines.at(-1)).toMatchObject({ seq: 5 });
  expect((await late).lines[0]).toMatchObject({ seq: 5, policy: { digest: "e" } });
});

test("who reads slowly costs no more than what may wait, and misses nothing", async () => {
  await streams.close();
  // Who reads nothing for ten of these is cut off: far longer than a busy machine writes here.
  streams = createChangeStreams({ store, log: keptLog(), heartbeatMillis: 1000 });
  const [slow, quick] = [await follow(), await follow()];
  slow.stopReading();
  await Promise.all(Array.from({ length: 1000 }, (_, n) => makeAccounts(n, n)));
  expect(quick.seqs()).toHaveLength(1000);
  expect(JSON.stringify(slow.lines).length).toBeLessThan(128 * 1024);
  expect(slow.seqs().length).toBeLessThan(1000);
  slow.readOn();
  await slow.next("heartbeat");
  expect(slow.seqs()).toEqual(quick.seqs());
});

test("cuts off who does not read at all, and nobody else", async () => {
  const [dead, quick] = [await follow(), await follow()];
  dead.stopReading();
  await makeAccounts(1, 1);
  await dead.ended;
  await makeAccounts(2, 2);
  expect([dead.seqs(), quick.seqs()]).toEqual([[2], [2, 3]]);
});

test("ends the streams of a token that is revoked, and no others", async () => {
  const [revoked, kept] = [await follow(undefined, "op_1"), await follow(undefined, "op_2")];
  const context = aContext({ api: DEPLOYMENT });
  const token = { name: "x", role: "verifier", apis: null, digest: new Uint8Array(32) } as const;
  await store.write("createOperatorToken", { id: "op_1", ...token }, context);
  await makeAccounts(1, 1);
  await store.write("revokeOperatorToken", { id: "op_1" }, context);
  await revoked.ended;
  await makeAccounts(2, 2);
  expect([revoked.seqs(), kept.seqs()]).toEqual([[2], [2, 3]]);
});

test("whoever leaves hears no more", async () => {
  const { end, ended, seqs } = await follow();
  end();
  await ended;
  await makeAccounts(1, 1);
  expect(seqs()).toEqual([]);
});
