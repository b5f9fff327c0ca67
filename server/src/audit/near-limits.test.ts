import {
  compilePolicy,
  type Decision,
  policyOf,
  profiles,
  type Window,
  type WindowState,
} from "@latchkey/engine";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openStore } from "../store/open-store.ts";
import type { Store } from "../store/store.ts";
import { API, aContext, anAccount, anApiKey } from "../testing/builders.ts";
import { keptLog } from "../testing/log.ts";
import { type FrozenClock, frozenClock, NOW } from "../testing/now.ts";
import { type TemporarySqlite, temporarySqlite } from "../testing/temporary-sqlite.ts";
import { type NearLimits, startNearLimits } from "./near-limits.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

let database: TemporarySqlite;
let store: Store;
let clock: FrozenClock;
const nodes: NearLimits[] = [];

beforeEach(async () => {
  database = temporarySqlite();
  clock = frozenClock();
  store = await openStore({ url: database.url, clock, log: keptLog() });
  await store.write("createAccount", anAccount(), aContext());
  for (const n of [1, 2]) await store.write("issueCredential", anApiKey({ n }), aContext());
});
afterEach(async () => {
  for (const node of nodes.splice(0)) await node.stop();
  await store.close();
  database.remove();
});

function aNode(changes: object = {}): NearLimits {
  const policy = compilePolicy(policyOf({ extends: profiles.standard, slug: API, ...changes }));
  const policies = new Map([[API, policy]]);
  const node = startNearLimits({ store, policies, clock, log: keptLog() });
  nodes.push(node);
  return node;
}

const window = (remaining: number, changes: Partial<Window & WindowState> = {}): WindowState => ({
  ...{ name: "hour", limit: 100, remaining, windowSeconds: 3600, resetAt: NOW + HOUR },
  ...changes,
});

/** Of a request of `key_1`. */
const decided = (windows: readonly WindowState[], changes: object = {}) =>
  ({
    ...{ outcome: "allow", principal: { credentialId: "key_1" }, limit: { windows } },
    ...changes,
  }) as unknown as Decision;

const told = async () => {
  const filter = { type: "limit.near" };
  const { items } = await store.events.list(API, filter, { limit: 100, after: undefined });
  return items.map(({ credentialId, detail }) => [credentialId, detail.window]);
};

async function see(node: NearLimits, ...windows: readonly WindowState[]) {
  node.see(API, decided(windows));
  await node.look();
  return (await told()).length;
}

test("of a window one event is told, when most of it is used", async () => {
  const node = aNode();
  expect(await see(node, window(21))).toBe(0);
  expect(await see(node, window(20))).toBe(1);
  for (const remaining of [19, 5, 0]) expect(await see(node, window(remaining))).toBe(1);
  const page = { limit: 1, after: undefined };
  const [event] = (await store.events.list(API, { type: "limit.near" }, page)).items;
  expect(event).toMatchObject({
    ...{ type: "limit.near", accountId: "acct_1", credentialId: "key_1" },
    detail: { ...{ window: "hour", windowSeconds: 3600, limit: 100 }, remaining: 20 },
  });
  clock.advance(HOUR - 1);
  expect(await see(node, window(0, { resetAt: NOW + HOUR }))).toBe(1);
  clock.advance(1);
  expect(await see(node, window(0, { resetAt: NOW + HOUR }))).toBe(1);
  expect(await see(node, window(10, { resetAt: NOW + 2 * HOUR }))).toBe(2);
});

test.each([
  ["an hour", 3600],
  ["a day", 86_400],
])("a window of %s is told of, however late the one before it was", async (_length, seconds) => {
  const node = aNode();
  const long = (end: number) => window(9, { windowSeconds: seconds, resetAt: NOW + end });
  expect(await see(node, long(5 * MINUTE))).toBe(1);
  clock.advance(5 * MINUTE);
  expect(await see(node, long(5 * MINUTE + seconds * 1000))).toBe(2);
  clock.advance(HOUR - 5 * MINUTE);
  expect(await see(node, long(5 * MINUTE + seconds * 1000))).toBe(2);
});

test.each<[string, (n: number) => Partial<WindowState>]>([
  ["names of windows", (n) => ({ name: `w${n}` })],
  ["ends of windows", () => ({ resetAt: clock() + 1 })],
])(
  "who makes up %s has eight told in an hour, and stops no other credential's",
  async (_, made) => {
    const node = aNode();
    const report = async (credentialId: string, changes: Partial<WindowState>) => {
      node.seeReported(API, credentialId, { windows: [window(0, changes)] });
      await node.look();
      clock.advance(1);
    };
    for (let n = 0; n < 20; n += 1) await report("key_1", made(n));
    expect(await told()).toHaveLength(8);
    await report("key_2", made(0));
    expect(await told()).toHaveLength(9);
    clock.advance(HOUR);
    await report("key_1", { resetAt: NOW + 2 * HOUR });
    expect(await told()).toHaveLength(10);
  },
);

test("who makes up credentials has no more told of one that is there", async () => {
  const node = aNode();
  for (let n = 0; n < 50_000; n += 1) {
    node.seeReported(API, `key_made_up_${n}`, { windows: [window(0)] });
  }
  await node.look();
  for (let n = 0; n < 20; n += 1) await see(node, window(0, { name: `w${n}` }));
  expect(await told()).toHaveLength(8);
});

test("credentials that another API's verifier makes up push none aside", async () => {
  const node = aNode();
  for (let n = 0; n < 50_000; n += 1) {
    node.seeReported("other", `key_${n}`, { windows: [window(100)] });
  }
  expect(await see(node, window(0))).toBe(1);
});

test("the policy says how much that is", async () => {
  const node = aNode({ limitNearPercent: 95 });
  expect(await see(node, window(6))).toBe(0);
  expect(await see(node, window(5))).toBe(1);
});

test("each window is told of by itself, but those for bursts", async () => {
  const minute = window(0, { name: "minute", windowSeconds: 60, resetAt: NOW + MINUTE });
  const burst = window(0, { name: "burst", windowSeconds: 59, resetAt: NOW + 59_000 });
  await see(aNode(), window(50), minute, burst);
  expect(await told()).toEqual([["key_1", "minute"]]);
});

test("of short windows one in an hour is told of", async () => {
  const node = aNode();
  const minute = () => window(0, { name: "minute", windowSeconds: 60, resetAt: clock() + MINUTE });
  await see(node, minute());
  clock.advance(HOUR - 1);
  expect(await see(node, minute())).toBe(1);
  clock.advance(1);
  expect(await see(node, minute())).toBe(2);
});

test("several nodes tell of it once, also when they were started anew", async () => {
  const [one, two] = [aNode(), aNode()];
  for (const node of [one, two]) node.see(API, decided([window(3)]));
  await Promise.all([one.look(), two.look()]);
  expect(await see(aNode(), window(2))).toBe(1);
});

test("a rotated key and its successor are told of as one", async () => {
  await store.write("issueCredential", anApiKey({ n: 3, lineageId: "key_1" }), aContext());
  const node = aNode();
  await see(node, window(3));
  node.see(API, decided([window(2)], { principal: { credentialId: "key_3" } }));
  await node.look();
  expect(await told()).toEqual([["key_1", "hour"]]);
});

test("what a verifier reports counts too, and its clock does not", async () => {
  const node = aNode();
  node.seeReported(API, "key_2", { windows: [window(1, { resetAt: NOW + 9000 * HOUR })] });
  await node.look();
  expect(await told()).toEqual([["key_2", "hour"]]);
  clock.advance(HOUR);
  node.seeReported(API, "key_2", { windows: [window(1, { resetAt: NOW + 9000 * HOUR })] });
  await node.look();
  expect(await told()).toHaveLength(2);
});

test.each([
  ["nobody", { principal: undefined }],
  ["who is not there", { principal: { credentialId: "key_9" } }],
  ["refusals that count for nothing", { outcome: "deny", reason: "scope_insufficient" }],
])("of %s nothing is told", async (_whom, changes) => {
  const node = aNode();
  node.see(API, decided([window(0)], changes));
  await node.look();
  expect(await told()).toEqual([]);
});

test("a refusal by the limit is told of", async () => {
  const node = aNode();
  node.see(API, decided([window(0)], { outcome: "deny", reason: "rate_limited" }));
  await node.look();
  expect(await told()).toHaveLength(1);
});
