import { setTimeout } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { keepLease, type LeaseKeeper } from "./lease-keeper.ts";
import { LinkError } from "./server-link.ts";

interface Asked {
  readonly body: {
    readonly verifier: string;
    readonly appliedSeq: number;
    readonly ends?: true;
    readonly tells?: true;
  };
  readonly answer: PromiseWithResolvers<unknown>;
}

let asked: Asked[];
let heard: PromiseWithResolvers<void>;
let wall: number;
let monotonic: number;
let problems: number;
let behind: number;
let keeper: LeaseKeeper;
beforeEach(() => {
  asked = [];
  heard = Promise.withResolvers();
  wall = Date.UTC(2026, 10, 22, 12);
  monotonic = 0;
  problems = 0;
  behind = 0;
  keeper = keepLease({
    link: {
      post: (_path, body) => {
        const answer = Promise.withResolvers<unknown>();
        asked.push({ body: body as Asked["body"], answer });
        heard.resolve();
        heard = Promise.withResolvers();
        return answer.promise;
      },
    },
    verifier: "vrf_1",
    mark: () => "m",
    wall: () => wall,
    monotonic: () => monotonic,
    onProblem: () => {
      problems += 1;
    },
    onBehind: () => {
      behind += 1;
    },
  });
});
afterEach(async () => {
  const stopped = keeper.stop();
  asked.at(-1)?.answer.resolve({});
  await stopped;
});

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** Answers the last question. */
async function answer(head: number, tellAfterMillis = 0): Promise<void> {
  asked.at(-1)?.answer.resolve({ head, leaseSeconds: 3, tellAfterMillis });
  await turn();
}

function pass(millis: number): void {
  wall += millis;
  monotonic += millis;
}

/** A lease that was granted at once. */
async function leased(): Promise<void> {
  keeper.applied(7);
  await heard.promise;
  await answer(7);
  expect(keeper.lease.holds()).toBe(true);
}

test.each([undefined, null, {}, { head: null, tellAfterMillis: 0 }, { head: 7 }])(
  "takes %j for no lease, and tells that it is none",
  async (strange) => {
    keeper.applied(7);
    await heard.promise;
    asked.at(-1)?.answer.resolve(strange);
    await turn();
    expect([keeper.lease.holds(), problems]).toEqual([false, 1]);
  },
);

test("nothing holds before the first answer; then it holds for three seconds", async () => {
  expect(keeper.lease.holds()).toBe(false);
  await leased();
  expect(asked[0]?.body).toEqual({ verifier: "vrf_1", appliedSeq: 7, mark: "m" });
  pass(2999);
  expect([keeper.lease.holds(), keeper.rest()]).toEqual([true, 1]);
  pass(1);
  expect([keeper.lease.holds(), keeper.rest()]).toEqual([false, 0]);
});

test("one decision has one time, which was looked at when it began", async () => {
  await leased();
  pass(5);
  const began = wall;
  expect(keeper.enter()).toBe(true);
  pass(5);
  expect(keeper.now()).toBe(began);
  keeper.leave();
  expect(keeper.now()).toBe(began + 5);
});

test("an answer that took two seconds leaves one of its lease, and one that took three none", async () => {
  keeper.applied(7);
  await heard.promise;
  pass(2000);
  await answer(7);
  expect(keeper.rest()).toBe(1000);
  pass(1000);
  expect(keeper.lease.holds()).toBe(false);
});

test("it counts only once every change up to the server's head is applied", async () => {
  keeper.applied(7);
  await heard.promise;
  await answer(9);
  expect(keeper.lease.holds()).toBe(false);
  keeper.applied(8);
  expect(keeper.lease.holds()).toBe(false);
  keeper.applied(9);
  expect(keeper.lease.holds()).toBe(true);
});

/** So many seconds, each with a lease that is asked for; how often the stream was found behind. */
async function behindAfter(
  seconds: number,
  { applied, reply }: { applied: (n: number) => number; reply: () => Promise<void> },
): Promise<number> {
  for (let n = 0; n < seconds; n += 1) {
    pass(1000);
    const next = heard.promise;
    keeper.applied(applied(n));
    await next;
    await reply();
  }
  return behind;
}

const refuse = async (status: number) => {
  asked.at(-1)?.answer.reject(new LinkError(`the server answered ${status}`, status));
  await turn();
};
const nothingComes = () => 7;

test("a stream that brings nothing for three seconds of what others know is left for another", async () => {
  await leased();
  const parts = { applied: nothingComes, reply: () => answer(8) };
  expect(await behindAfter(3, parts)).toBe(0);
  expect(await behindAfter(1, parts)).toBe(1);
  expect(await behindAfter(3, parts)).toBe(1);
});

test("one that has caught up meanwhile begins anew to be late", async () => {
  await leased();
  const late = { applied: nothingComes, reply: () => answer(8) };
  for (let times = 0; times < 3; times += 1) {
    expect(await behindAfter(3, late)).toBe(0);
    expect(await behindAfter(1, { applied: nothingComes, reply: () => answer(7) })).toBe(0);
  }
});

test("one that brought what is yet to come is left, too", async () => {
  await leased();
  expect(await behindAfter(4, { applied: nothingComes, reply: () => refuse(409) })).toBe(1);
});

test("one that is late is not, nor one of a server that does not say what there is", async () => {
  await leased();
  expect(await behindAfter(10, { applied: (n) => 8 + n, reply: () => answer(99) })).toBe(0);
  expect(await behindAfter(10, { applied: nothingComes, reply: () => refuse(503) })).toBe(0);
});

test("a frozen process and a suspended machine have no lease when they wake", async () => {
  await leased();
  monotonic += 3000;
  expect(keeper.lease.holds()).toBe(false);
  monotonic -= 3000;
  wall += 3000;
  expect(keeper.lease.holds()).toBe(false);
});

test("a server that refuses renews nothing", async () => {
  await leased();
  pass(1000);
  keeper.applied(8);
  await heard.promise;
  pass(1999);
  asked.at(-1)?.answer.reject(new LinkError("the server answered 503", 503));
  await turn();
  expect([problems, keeper.rest()]).toEqual([1, 1]);
});

test("who was refused asks again after a fifth of a second, and no sooner", async () => {
  await leased();
  pass(1000);
  keeper.applied(8);
  await heard.promise;
  await refuse(503);
  pass(199);
  keeper.applied(9);
  await setTimeout(20);
  expect(asked).toHaveLength(2);
  pass(1);
  keeper.applied(10);
  await heard.promise;
  expect(asked.at(-1)?.body).toEqual({ verifier: "vrf_1", appliedSeq: 10, mark: "m" });
});

test("nothing more is asked before an answer has come", async () => {
  await leased();
  pass(1000);
  keeper.applied(8);
  await heard.promise;
  pass(1000);
  keeper.applied(9);
  await setTimeout(20);
  expect(asked).toHaveLength(2);
});

test("what was applied is told soon, and once, and renews nothing", async () => {
  await leased();
  pass(500);
  keeper.applied(8);
  keeper.applied(9);
  await heard.promise;
  const told = { verifier: "vrf_1", appliedSeq: 9, mark: "m", tells: true };
  expect(asked.map(({ body }) => body)).toEqual([
    { verifier: "vrf_1", appliedSeq: 7, mark: "m" },
    told,
  ]);
  await answer(9);
  expect(keeper.rest()).toBe(2500);
});

test("what was applied is told when the server wants to hear of it, and no sooner", async () => {
  keeper.applied(7);
  await heard.promise;
  await answer(7, 500);
  pass(499);
  keeper.applied(8);
  await setTimeout(20);
  expect(asked).toHaveLength(1);
  pass(1);
  keeper.applied(9);
  await setTimeout(50);
  expect(asked.at(-1)?.body).toEqual({ verifier: "vrf_1", appliedSeq: 9, mark: "m", tells: true });
});

test("however much there is to tell, a lease is asked for each second", async () => {
  await leased();
  for (let seq = 8; seq < 58; seq += 1) {
    pass(100);
    keeper.applied(seq);
    await heard.promise;
    await answer(seq);
    expect(keeper.rest()).toBeGreaterThan(1900);
  }
  const renewals = asked.filter(({ body }) => body.tells === undefined);
  expect([asked.length, renewals.length]).toEqual([51, 6]);
});

test("starting afresh ends the lease, and an answer to an older question does not bring it back", async () => {
  await leased();
  pass(1000);
  keeper.applied(8);
  await heard.promise;
  keeper.startAfresh();
  expect(keeper.lease.holds()).toBe(false);
  await answer(3);
  keeper.applied(3);
  expect(keeper.lease.holds()).toBe(false);
});

test("who starts afresh asks for nothing and tells nothing before it has something anew", async () => {
  await leased();
  keeper.startAfresh();
  await setTimeout(1100);
  expect(asked).toHaveLength(1);
  // Of a database that was restored, in which fewer changes are.
  keeper.applied(3);
  await heard.promise;
  await answer(3);
  expect([asked.at(-1)?.body.appliedSeq, keeper.lease.holds()]).toEqual([3, true]);
  pass(100);
  keeper.applied(4);
  await setTimeout(50);
  expect(asked.at(-1)?.body).toEqual({ verifier: "vrf_1", appliedSeq: 4, mark: "m", tells: true });
});

test("stale knowledge is used for as long after the lease as is allowed, and no longer", async () => {
  await leased();
  pass(62_999);
  expect([keeper.enter(), keeper.enter(59)]).toEqual([false, false]);
  expect([keeper.enter(60), keeper.lease.holds()]).toEqual([true, true]);
  keeper.leave();
  expect(keeper.lease.holds()).toBe(false);
  pass(1);
  expect([keeper.enter(60), keeper.lease.holds()]).toEqual([false, false]);
});

test("whoever never had a lease has nothing stale either", () => {
  expect([keeper.enter(), keeper.enter(3600)]).toEqual([false, false]);
});

test("stopping gives the lease back", async () => {
  await leased();
  const stopped = keeper.stop();
  expect(keeper.lease.holds()).toBe(false);
  expect(asked.at(-1)?.body).toEqual({ verifier: "vrf_1", appliedSeq: 7, ends: true });
  asked.at(-1)?.answer.resolve({});
  await stopped;
});
