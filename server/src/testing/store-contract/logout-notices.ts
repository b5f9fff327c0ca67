import { expect, test } from "vitest";
import type { Store } from "../../store/store.ts";
import { aUser, digestOf } from "../builders.ts";
import { NOW } from "../now.ts";
import { aScene, aSceneWithAccount } from "./scene.ts";

const MINUTE = 60_000;
const USER = { userId: "user_1", sid: null };

/** Whether something is due to `app_1` of this API: others share the database. */
const dueOf = async (store: Store, api: string, at: number) =>
  (await store.logoutNotices.due(at, 1000)).filter((client) => client.api === api);

/** What every store does with clients that are to be told of sign-outs. */
export function logoutNoticesContract(open: () => Store): void {
  const claim = { clientId: "app_1", limit: 10, heldUntil: NOW + MINUTE };

  test("what is queued is due at once, to one sender until its time is over", async () => {
    const { store, api, write } = aScene(open());
    await write("queueLogoutNotice", { ...USER, clientId: "app_1" });
    await write("queueLogoutNotice", { ...USER, clientId: "app_1", sid: "s" });
    await write("queueLogoutNotice", { ...USER, clientId: "app_2" });
    expect(await dueOf(store, api, NOW - 1)).toEqual([]);
    expect(await dueOf(store, api, NOW)).toHaveLength(2);
    const claimed = await Promise.all([
      write("claimLogoutNotices", claim),
      write("claimLogoutNotices", claim),
    ]);
    expect(
      claimed
        .flat()
        .map(({ sid }) => sid)
        .toSorted(),
    ).toEqual([null, "s"].toSorted());
    expect(await dueOf(store, api, NOW)).toEqual([{ api, clientId: "app_2" }]);
    expect(await dueOf(store, api, NOW + MINUTE)).toHaveLength(2);
  });

  test("the oldest come first, as many as are asked for", async () => {
    const { write } = aScene(open());
    for (const [i, userId] of ["user_3", "user_1", "user_2"].entries()) {
      const notice = { clientId: "app_1", userId, sid: null };
      await write("queueLogoutNotice", notice, { at: NOW - 10 + i });
    }
    const claimed = await write("claimLogoutNotices", { ...claim, limit: 2 });
    expect(claimed.map(({ userId }) => userId).toSorted()).toEqual(["user_1", "user_3"]);
  });

  test("who was told is told no more, unless of another sign-out meanwhile", async () => {
    const { store, api, write } = aScene(open());
    const notice = { ...USER, clientId: "app_1" };
    const tell = async () => {
      const [claimed] = await write("claimLogoutNotices", claim);
      if (claimed === undefined) throw new Error("nothing is due");
      return claimed;
    };
    await write("queueLogoutNotice", notice);
    const first = await tell();
    await write("queueLogoutNotice", notice);
    await write("endLogoutNotice", first);
    expect(await dueOf(store, api, NOW)).toHaveLength(1);
    await write("endLogoutNotice", await tell());
    expect(await dueOf(store, api, NOW + MINUTE)).toEqual([]);
  });

  test("who could not be told waits with everything, and only what was tried counts", async () => {
    const { store, api, write, eventTypes } = aScene(open());
    for (const sid of ["a", "b"])
      await write("queueLogoutNotice", { ...USER, clientId: "app_1", sid });
    const [tried, other] = await write("claimLogoutNotices", claim);
    if (tried === undefined || other === undefined) throw new Error("they are not due");
    await write("queueLogoutNotice", { ...USER, clientId: "app_1", sid: "c" });
    const nextAt = NOW + 2 * MINUTE;
    await write("postponeLogoutNotices", { notice: tried, nextAt, queuedBy: NOW - 1 });
    expect(await dueOf(store, api, NOW + 2 * MINUTE - 1)).toEqual([]);
    const again = await write(
      "claimLogoutNotices",
      { ...claim, heldUntil: NOW + 3 * MINUTE },
      { at: NOW + 2 * MINUTE },
    );
    const tries = Object.fromEntries(again.map((each) => [each.sid, each.tries]));
    expect(tries).toEqual({ [tried.sid ?? ""]: 1, [other.sid ?? ""]: 0, c: 0 });
    expect(again.at(-1)?.sid).toBe(tried.sid);
    expect(await eventTypes()).toEqual([]);
  });

  test("what is too old is given up, tried or not, and what is younger is not", async () => {
    const { store, api, write, eventTypes } = aScene(open());
    for (const [i, sid] of ["a", "b", "c"].entries()) {
      await write("queueLogoutNotice", { ...USER, clientId: "app_1", sid }, { at: NOW - 2 + i });
    }
    await write("queueLogoutNotice", { ...USER, clientId: "app_2" }, { at: NOW - 2 });
    const [tried] = await write("claimLogoutNotices", claim);
    if (tried === undefined) throw new Error("nothing is due");
    const nextAt = NOW + 2 * MINUTE;
    await write("postponeLogoutNotices", { notice: tried, nextAt, queuedBy: NOW - 1 });
    expect(await eventTypes()).toEqual(["logout_notice.given_up", "logout_notice.given_up"]);
    const left = await write("claimLogoutNotices", claim, { at: nextAt });
    expect(left.map(({ sid }) => sid)).toEqual(["c"]);
    expect(await dueOf(store, api, NOW)).toEqual([{ api, clientId: "app_2" }]);
  });

  test("ending a user's sign-ins has all clients told to which they led, and no others", async () => {
    const { store, api, write } = await aSceneWithAccount(open());
    await write("createUser", aUser());
    const signIn = async (userId: string, clientId: string) =>
      write("saveArtifact", {
        ...{ model: "Session", digest: digestOf(`${api} ${userId}`), userId },
        ...{ grantId: null, uidDigest: null, userCodeDigest: null, token: null },
        payload: JSON.stringify({ authorizations: { [clientId]: { sid: "s" } } }),
        expiresAt: NOW + MINUTE,
      });
    await signIn("user_1", "app_1");
    await signIn("user_2", "app_2");
    await write("endSessions", { kind: "user", personId: "user_1" });
    expect(await dueOf(store, api, NOW)).toEqual([{ api, clientId: "app_1" }]);
    const find = (userId: string) =>
      store.oauthArtifacts.find(api, { model: "Session", digest: digestOf(`${api} ${userId}`) });
    expect(await find("user_1")).toBeUndefined();
    expect(await find("user_2")).toBeDefined();
  });
}
