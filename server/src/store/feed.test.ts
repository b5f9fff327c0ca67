import { describe, expect, test } from "vitest";
import { createFeed } from "./feed.ts";
import type { ChangeRecord } from "./records.ts";

const change = (seq: number): ChangeRecord => ({
  seq,
  at: 0,
  kind: "credential",
  subjectId: `key_${seq}`,
  state: null,
});
const changes = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => change(from + index));

/** A database with so many committed changes, whose answers wait until they are let go. */
function aFeed({ committed = 0, from = 0 }: { committed?: number; from?: number } = {}) {
  const delivered: number[] = [];
  const held: (() => void)[] = [];
  let end = committed;
  const feed = createFeed({
    from,
    read: async (seq, limit) => {
      const page = changes(seq + 1, end).slice(0, limit);
      await new Promise<void>((resolve) => held.push(resolve));
      return page;
    },
    deliver: (news) => delivered.push(...news.map(({ seq }) => seq)),
  });
  const letGo = async () => {
    held.shift()?.();
    for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
  };
  const commit = (to: number) => {
    end = to;
  };
  return { feed, delivered, letGo, commit };
}

test("delivers the next changes at once, without a promise", () => {
  const { feed, delivered } = aFeed();
  expect(feed.take(changes(1, 2))).toBeUndefined();
  expect(feed.take(changes(3, 3))).toBeUndefined();
  expect(delivered).toEqual([1, 2, 3]);
});

test("begins after the change that it was given", () => {
  const { feed, delivered } = aFeed({ from: 7 });
  void feed.take(changes(7, 7));
  void feed.take(changes(8, 8));
  expect(delivered).toEqual([8]);
});

test("delivers a change once, however often it comes", () => {
  const { feed, delivered } = aFeed();
  void feed.take(changes(1, 2));
  expect(feed.take(changes(1, 2))).toBeUndefined();
  expect(feed.catchUp(2)).toBeUndefined();
  expect(delivered).toEqual([1, 2]);
});

test("reads what is missing before it delivers what came too early", async () => {
  const { feed, delivered, letGo } = aFeed({ committed: 3 });
  const taken = feed.take(changes(3, 3));
  expect(delivered).toEqual([]);
  await letGo();
  await taken;
  expect(delivered).toEqual([1, 2, 3]);
});

test("keeps the order while a read is under way, and reads what came meanwhile", async () => {
  const { feed, delivered, letGo, commit } = aFeed({ committed: 2 });
  const first = feed.catchUp(2);
  commit(3);
  const second = feed.take(changes(3, 3));
  expect(delivered).toEqual([]);
  await letGo();
  expect(delivered).toEqual([1, 2]);
  await letGo();
  await Promise.all([first, second]);
  expect(delivered).toEqual([1, 2, 3]);
});

test("reads again for what was committed after a read that found nothing", async () => {
  const { feed, delivered, letGo, commit } = aFeed();
  const looked = feed.look();
  commit(1);
  const taken = feed.take(changes(1, 1));
  await letGo();
  await letGo();
  await Promise.all([looked, taken]);
  expect(delivered).toEqual([1]);
});

test.each([0, 1, 2, 3, 4, 5, 6])(
  "delivers what comes %i turns after the last page before its writer goes on",
  async (turns) => {
    const firstPage = Promise.withResolvers<void>();
    const delivered: number[] = [];
    let end = 1;
    const feed = createFeed({
      from: 0,
      read: async (seq) => {
        const page = changes(seq + 1, end);
        await firstPage.promise;
        return page;
      },
      deliver: (news) => delivered.push(...news.map(({ seq }) => seq)),
    });
    const first = feed.catchUp(1);
    firstPage.resolve();
    for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
    end = 2;
    await feed.take(changes(2, 2));
    expect(delivered).toEqual([1, 2]);
    await first;
  },
);

test("catches up over any number of pages", async () => {
  const { feed, delivered, letGo } = aFeed({ committed: 1200 });
  const caughtUp = feed.catchUp(1200);
  for (let page = 0; page < 3; page += 1) await letGo();
  await caughtUp;
  expect(delivered).toEqual(changes(1, 1200).map(({ seq }) => seq));
});

test("delivers nothing after a change that is not there", async () => {
  const delivered: ChangeRecord[] = [];
  const feed = createFeed({
    from: 1,
    read: async () => changes(3, 4),
    deliver: (news) => delivered.push(...news),
  });
  await expect(feed.catchUp(4)).rejects.toThrow("change 2 is not there");
  expect([feed.seq(), delivered]).toEqual([1, []]);
});

test("delivers what a failed read missed with the next call", async () => {
  const delivered: number[] = [];
  let away = true;
  const feed = createFeed({
    from: 0,
    read: async (seq) => {
      if (away) throw new Error("the database is away");
      return changes(seq + 1, 3);
    },
    deliver: (news) => delivered.push(...news.map(({ seq }) => seq)),
  });
  await expect(feed.take(changes(2, 2))).rejects.toThrow("the database is away");
  away = false;
  await feed.take(changes(3, 3));
  expect(delivered).toEqual([1, 2, 3]);
});

test("reads at once when it is told to look, and once more for all who come meanwhile", async () => {
  const { feed, delivered, letGo, commit } = aFeed({ committed: 1 });
  const first = feed.look();
  commit(2);
  const others = [feed.look(), feed.look()];
  await letGo();
  expect(delivered).toEqual([1]);
  await letGo();
  await Promise.all([first, ...others]);
  expect(delivered).toEqual([1, 2]);
});

describe("a database that has lost what was told", () => {
  /** As after a failover to a standby that had not got the last change. */
  const other = { ...change(2), subjectId: "key_other" };
  test.each([
    ["nothing in its place", [change(1)]],
    ["something else in its place", [change(1), other]],
    ["something else in its place, and more", [change(1), other, change(3)]],
  ])("has %s: nobody goes on from there", async (_what, stored) => {
    const delivered: ChangeRecord[] = [];
    const feed = createFeed({
      from: 0,
      read: async (seq, limit) => stored.filter((each) => each.seq > seq).slice(0, limit),
      deliver: (news) => delivered.push(...news),
    });
    await feed.take(changes(1, 2));
    const lost = "the database has lost change 2: this node has to be started anew";
    await expect(feed.confirm(stored.length)).rejects.toThrow(lost);
    stored.push(change(stored.length + 1));
    await expect(feed.confirm(stored.length)).rejects.toThrow(lost);
    await expect(feed.look()).rejects.toThrow(lost);
    expect(feed.take(changes(3, 3))).toBeUndefined();
    expect(delivered).toEqual(changes(1, 2));
  });

  test.each([
    ["nothing", []],
    ["something else", [other]],
    ["something else, and more", [other, change(3)]],
  ])("has %s where the feed began: nobody goes on from there", async (_what, found) => {
    let stored: readonly ChangeRecord[] = changes(1, 2);
    const delivered: ChangeRecord[] = [];
    const feed = createFeed({
      from: 2,
      read: async (seq, limit) => stored.filter((each) => each.seq > seq).slice(0, limit),
      deliver: (news) => delivered.push(...news),
    });
    await feed.confirm(2);
    stored = [change(1), ...found];
    const lost = "the database has lost change 2: this node has to be started anew";
    await expect(feed.confirm(stored.length)).rejects.toThrow(lost);
    expect(delivered).toEqual([]);
  });

  /** Knows changes 1 and 2, of which the database has but the first. */
  async function aFeedAhead(stored: readonly ChangeRecord[]) {
    const delivered: ChangeRecord[] = [];
    const feed = createFeed({
      from: 0,
      read: async (seq, limit) => stored.filter((each) => each.seq > seq).slice(0, limit),
      deliver: (news) => delivered.push(...news),
    });
    await feed.take(changes(1, 2));
    return { feed, delivered };
  }
  const LOST = "the database has lost change 2: this node has to be started anew";

  test("tells nothing of what came after, though that is read first", async () => {
    const { feed, delivered } = await aFeedAhead([change(1), other, change(3)]);
    await expect(feed.look()).rejects.toThrow(LOST);
    await expect(feed.catchUp(3)).rejects.toThrow(LOST);
    await expect(feed.confirm(3)).rejects.toThrow(LOST);
    expect(delivered).toEqual(changes(1, 2));
  });

  test("is found out by what this process writes in its place", async () => {
    const { feed, delivered } = await aFeedAhead([change(1), other]);
    expect(() => feed.take([other])).toThrow(LOST);
    expect(feed.take([change(3)])).toBeUndefined();
    await expect(feed.confirm(3)).rejects.toThrow(LOST);
    expect(delivered).toEqual(changes(1, 2));
  });

  test("is found out although this process has written behind what another put there", async () => {
    const { feed } = await aFeedAhead([change(1), other, change(3)]);
    await feed.take([change(3)]);
    await expect(feed.confirm(3)).rejects.toThrow(LOST);
    await expect(feed.confirm(3)).rejects.toThrow(LOST);
  });

  test("is found out behind more than one page of what this process wrote since", async () => {
    const stored = [change(1), other, ...changes(3, 1200)];
    const { feed } = await aFeedAhead(stored);
    for (const each of stored.slice(2)) await feed.take([each]);
    await expect(feed.confirm(1200)).rejects.toThrow(LOST);
  });

  test("is told from one that has it, whatever came after", async () => {
    const stored = changes(1, 4);
    const feed = createFeed({
      from: 0,
      read: async (seq, limit) => stored.filter((each) => each.seq > seq).slice(0, limit),
      deliver: () => undefined,
    });
    await feed.take(changes(1, 2));
    await feed.confirm(4);
    await feed.confirm(4);
    expect(feed.seq()).toBe(4);
  });
});
