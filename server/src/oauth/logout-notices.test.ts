import { afterEach, beforeEach, expect, test } from "vitest";
import type { LogoutNotice } from "../store/logout-notices.ts";
import type { Store } from "../store/store.ts";
import { API, aContext } from "../testing/builders.ts";
import { openTestStore } from "../testing/databases.ts";
import { keptLog } from "../testing/log.ts";
import { frozenClock } from "../testing/now.ts";
import { type TemporarySqlite, temporarySqlite } from "../testing/temporary-sqlite.ts";
import { startLogoutNotices } from "./logout-notices.ts";

const MINUTE = 60_000;

let clock: ReturnType<typeof frozenClock>;
let database: TemporarySqlite;
let store: Store;
let sender: ReturnType<typeof startLogoutNotices>;
/** Whom the client was told of, by each try. */
let told: string[];
let takes: (notice: LogoutNotice) => boolean;
beforeEach(async () => {
  clock = frozenClock();
  database = temporarySqlite();
  store = await openTestStore(database.url);
  told = [];
  takes = () => false;
  const servers = {
    async tellLogout(_api: string, notice: LogoutNotice): Promise<void> {
      told.push(notice.userId);
      if (!takes(notice)) throw new Error("the client answered 400");
    },
  };
  sender = startLogoutNotices({ store, servers, clock, log: keptLog(), everyMillis: 1 });
});
afterEach(async () => {
  await sender.stop();
  await store.close();
  database.remove();
});

const context = () => ({ ...aContext(), at: clock() });
const queue = async (userId: string) => {
  const notice = { clientId: "app_1", userId, sid: null };
  await store.write("queueLogoutNotice", notice, context());
};
const isDue = async () => (await store.logoutNotices.due(clock(), 1)).length > 0;
const quiet = () => expect.poll(isDue).toBe(false);

test("a client that is gone is given up after seven hours, whatever it was to be told", async () => {
  for (const userId of ["user_1", "user_2", "user_3", "user_4"]) await queue(userId);
  await expect.poll(() => told).not.toEqual([]);
  for (let hours = 0; hours < 24; hours += 0.5) {
    clock.advance(30 * MINUTE);
    await quiet();
  }
  const types = async () => {
    const { items } = await store.events.list(API, {}, { limit: 10, after: undefined });
    return items.map(({ type }) => type);
  };
  await expect.poll(types).toEqual(Array(4).fill("logout_notice.given_up"));
  clock.advance(365 * 24 * 60 * MINUTE);
  expect(await isDue()).toBe(false);
});

test("what a client never takes holds up nothing else for long", async () => {
  takes = ({ userId }) => userId !== "user_1";
  for (const userId of ["user_1", "user_2", "user_3"]) await queue(userId);
  await quiet();
  clock.advance(MINUTE);
  await expect.poll(() => told).toEqual(expect.arrayContaining(["user_2", "user_3"]));
});
