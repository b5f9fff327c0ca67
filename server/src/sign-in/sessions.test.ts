import { ApiError } from "@latchkey/engine";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openStore } from "../store/open-store.ts";
import type { SessionRecord } from "../store/session-rows.ts";
import type { Store } from "../store/store.ts";
import { keptLog } from "../testing/log.ts";
import { type FrozenClock, frozenClock, NOW } from "../testing/now.ts";
import { type TemporarySqlite, temporarySqlite } from "../testing/temporary-sqlite.ts";
import { createSessions, type Sessions } from "./sessions.ts";

const PERSON = { kind: "operator", api: null, id: "opr_1" } as const;
const BROWSER = {
  ...{ address: "192.0.2.1", userAgent: "Firefox/1", requestId: "req_1" },
  replaces: undefined,
};

let database: TemporarySqlite;
let store: Store;
let clock: FrozenClock;
let faults: unknown[];
let isAway: boolean;
/** The commands that were written, in order. */
let written: string[];
let underway: Promise<unknown>[];
let sessions: Sessions;
beforeEach(async () => {
  database = temporarySqlite();
  clock = frozenClock();
  store = await openStore({ url: database.url, clock, log: keptLog() });
  [faults, written, underway] = [[], [], []];
  isAway = false;
  const watched: Store = {
    ...store,
    write(name, input, context, once) {
      written.push(name);
      if (isAway) return Promise.reject(new ApiError("STORE_UNAVAILABLE", "It is away."));
      const result = store.write(name, input, context, once);
      underway.push(result);
      return result;
    },
  };
  sessions = createSessions({ store: watched, clock, onFault: (fault) => faults.push(fault) });
});
afterEach(async () => {
  await store.close();
  database.remove();
});

const again = async (cookie: string): Promise<SessionRecord> => {
  const session = await sessions.byCookie(cookie);
  if (session === undefined) throw new Error("it has ended");
  return session;
};

test("that it was seen is written at most once a minute, however many calls there are", async () => {
  const { cookie } = await sessions.open(PERSON, BROWSER);
  clock.advance(59_999);
  sessions.touch(await again(cookie));
  expect(written).toEqual(["openSession"]);
  clock.advance(1);
  const session = await again(cookie);
  for (let i = 0; i < 20; i += 1) sessions.touch(session);
  await Promise.all(underway);
  expect(written).toEqual(["openSession", "seeSession"]);
  expect(await again(cookie)).toMatchObject({ lastSeenAt: NOW + 60_000 });
});

test("a note that cannot be written harms nobody and is reported", async () => {
  const { cookie } = await sessions.open(PERSON, BROWSER);
  clock.advance(60_000);
  const session = await again(cookie);
  isAway = true;
  sessions.touch(session);
  await expect.poll(() => faults).toHaveLength(1);
  expect(await again(cookie)).toEqual(session);
});

test("neither the cookie nor anything it follows from is kept", async () => {
  const { cookie, session } = await sessions.open(PERSON, BROWSER);
  expect(cookie).toMatch(/^[\w-]{43}$/);
  expect(JSON.stringify(session)).not.toContain(cookie);
  expect(await sessions.byCookie(session.id)).toBeUndefined();
  expect(await sessions.byCookie(`${cookie.slice(0, -1)}_`)).toBeUndefined();
});

test("a browser may call itself anything, of which a part is kept", async () => {
  const userAgent = `\0\ud800${"x".repeat(1000)}`;
  const { session } = await sessions.open(PERSON, { ...BROWSER, userAgent });
  expect(session.userAgent).toBe(`\ufffd${"x".repeat(254)}`);
});
