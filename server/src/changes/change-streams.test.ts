import { afterEach, beforeEach, expect, test } from "vitest";
import { DEPLOYMENT, type Store } from "../store/store.ts";
import { aContext, anAccount } from "../testing/builders.ts";
import { openTestStore } from "../testing/databases.ts";
import { keptLog } from "../testing/log.ts";
import { type TemporarySqlite, temporarySqlite } from "../testing/temporary-sqlite.ts";
import { type ChangeStreams, createChangeStreams } from "./change-streams.ts";

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
async function follow(after?: number, operatorId = "op_1", waiting = 0) {
  const lines: { kind: string; seq: number; [more: string]: unknown }[] = [];
  const ended = Promise.withResolvers<void>();
  const heard = new Map<string, () => void>();
  const stream = await streams.open({ api: API, after, operatorId });
  const end = stream.start({
    waiting,
    write(text) {
      for (const line of text.split("\n").slice(0, -1)) {
        const message = JSON.parse(line);
        lines.push(message);
        heard.get(message.kind)?.();
      }
    },
    end: () => ended.resolve(),
  });
  const next = (kind: string) => new Promise<void>((resolve) => heard.set(kind, resolve));
  const seqs = () => lines.filter(({ kind }) => kind === "account").map(({ seq }) => seq);
  return { lines, seqs, next, end, ended: ended.promise };
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
  expect(lines[0]).toEqual({ kind: "hello", seq: 1, resumed: false, policy, issuerKeys });
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

test("starts afresh after a change that is yet to come, as behind a restored database", async () => {
  const { lines } = await follow(100);
  expect(lines[0]).toMatchObject({ kind: "hello", seq: 1, resumed: false });
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
  await makeAccounts(1, 5);
  for (const { seqs } of followers) expect(seqs()).toEqual([2, 3, 4, 5, 6]);
  expect((await follow(3)).seqs()).toEqual([4, 5, 6]);
  expect(reads).toBe(0);
});

test("cuts off who does not read, and nobody else", async () => {
  const [slow, quick] = [await follow(undefined, "op_1", 1024 * 1024 + 1), await follow()];
  await makeAccounts(1, 2);
  await slow.ended;
  expect(slow.seqs()).not.toContain(3);
  expect(quick.seqs()).toEqual([2, 3]);
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
