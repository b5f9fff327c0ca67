import { expect, test } from "vitest";
import type { Store } from "../../store/store.ts";
import { anAccount, aUser } from "../builders.ts";
import { NOW } from "../now.ts";
import { aManagedUser, aPlatformScene } from "./managed-scene.ts";
import { aSceneWithAccount, expectRefusal } from "./scene.ts";

/** What every store does with users. */
export function usersContract(open: () => Store): void {
  test("creates a user of an account, and never shows the password's hash", async () => {
    const { store, api, write, events } = await aSceneWithAccount(open());
    const created = await write("createUser", aUser({ passwordHash: "$argon2id$CANARY" }));
    expect(created).toEqual({
      id: "user_1",
      number: 1,
      name: "A User",
      email: "user@example.com",
      memberships: [{ accountId: "acct_1", role: "owner" }],
      createdAt: NOW,
    });
    expect(await store.users.find(api, "user_1")).toEqual(created);
    expect(await store.users.find("another-api", "user_1")).toBeUndefined();
    expect(JSON.stringify(await events())).not.toContain("CANARY");
  });

  test("puts a user's whole state on the feed, and answers it as of the head", async () => {
    const { store, api, write } = await aSceneWithAccount(open());
    await write("createAccount", anAccount({ id: "acct_2" }));
    await write("createUser", aUser());
    const join = { userId: "user_1", accountId: "acct_2", role: "member" } as const;
    await write("addMembership", join);
    await write("addMembership", join);
    const first = { accountId: "acct_1", role: "owner" };
    const second = { accountId: "acct_2", role: "member" };
    const user = { id: "user_1", number: 1, memberships: [first, second] };
    const change = { at: NOW, kind: "user", subjectId: "user_1" };
    expect(await store.changes.after(api, 2, 10)).toEqual([
      { ...change, seq: 3, state: { ...user, memberships: [first] } },
      { ...change, seq: 4, state: user },
    ]);
    expect(await store.users.resolve(api, "user_1")).toEqual({ asOf: 4, user });
    expect(await store.users.resolve(api, "user_2")).toEqual({ asOf: 4, user: undefined });
  });

  test("the last state on the feed has every membership, however many come at once", async () => {
    const { store, api, write } = await aSceneWithAccount(open());
    await write("createUser", aUser());
    const ids = Array.from({ length: 8 }, (_, n) => `acct_${n + 2}`);
    for (const id of ids) await write("createAccount", anAccount({ id }));
    await Promise.all(
      ids.map((accountId) =>
        write("addMembership", { userId: "user_1", accountId, role: "member" }),
      ),
    );
    const changes = await store.changes.after(api, 0, 100);
    const last = changes.findLast(({ kind }) => kind === "user");
    expect(last?.state).toMatchObject({ memberships: { length: 9 } });
  });

  test("numbers users without a gap, also when some are refused and many come at once", async () => {
    const { write } = await aSceneWithAccount(open());
    const attempts = Array.from({ length: 20 }, (_, n) =>
      write("createUser", aUser({ id: `user_${n}`, email: `u${n % 10}@example.com` })).catch(
        () => undefined,
      ),
    );
    const users = (await Promise.all(attempts)).filter((user) => user !== undefined);
    const numbers = users.map((user) => user.number).sort((a, b) => a - b);
    expect(numbers).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  test.each([
    ["email", { id: "user_2", email: "USER@example.com" }],
    ["id", { id: "user_1", email: "other@example.com" }],
  ])("refuses a taken %s", async (field, changes) => {
    const { write } = await aSceneWithAccount(open());
    await write("createUser", aUser());
    await expectRefusal(write("createUser", aUser(changes)), "CONFLICT", { field });
  });

  test("refuses the id of a user that was deleted as the id that it is", async () => {
    const { write } = await aPlatformScene(open());
    const { user } = await write("createManagedUser", aManagedUser());
    await write("deleteManagedUser", { applicationId: "app_1", number: user.number });
    const again = write("createUser", aUser({ id: user.id, email: null }));
    await expectRefusal(again, "CONFLICT", { field: "id" });
  });

  test("lets many users have no email", async () => {
    const { write } = await aSceneWithAccount(open());
    await write("createUser", aUser({ id: "user_1", email: null }));
    const second = await write("createUser", aUser({ id: "user_2", email: null }));
    expect(second.number).toBe(2);
  });

  test("refuses an account that is not there", async () => {
    const { write } = await aSceneWithAccount(open());
    const attempt = write("createUser", aUser({ accountId: "acct_none" }));
    await expectRefusal(attempt, "INVALID_REQUEST", { field: "accountId" });
  });

  test("adds and replaces a membership, and repeats it without a trace", async () => {
    const { store, api, write, eventTypes } = await aSceneWithAccount(open());
    await write("createAccount", anAccount({ id: "acct_2" }));
    await write("createUser", aUser());
    const input = { userId: "user_1", accountId: "acct_2", role: "member" } as const;
    await write("addMembership", input, { at: NOW + 1 });
    await write("addMembership", input, { at: NOW + 2 });
    const user = await write("addMembership", { ...input, role: "admin" }, { at: NOW + 3 });
    expect(user.memberships).toEqual([
      { accountId: "acct_1", role: "owner" },
      { accountId: "acct_2", role: "admin" },
    ]);
    expect(await store.users.find(api, "user_1")).toEqual(user);
    expect((await eventTypes()).filter((type) => type === "user.membership_set")).toHaveLength(2);
  });

  test("refuses the membership of a stranger or in no account", async () => {
    const { write } = await aSceneWithAccount(open());
    const role = "member";
    const stranger = write("addMembership", { userId: "user_0", accountId: "acct_1", role });
    await expectRefusal(stranger, "NOT_FOUND");
    await write("createUser", aUser());
    const nowhere = write("addMembership", { userId: "user_1", accountId: "acct_0", role });
    await expectRefusal(nowhere, "INVALID_REQUEST", { field: "accountId" });
  });

  test("lists all users, or one account's, in pages from new to old", async () => {
    const { store, api, write } = await aSceneWithAccount(open());
    await write("createAccount", anAccount({ id: "acct_2" }));
    for (const [n, accountId] of ["acct_1", "acct_2", "acct_1", "acct_1"].entries()) {
      const user = aUser({ id: `user_${n}`, email: null, accountId });
      await write("createUser", user, { at: NOW + n });
    }
    const ids = async (accountId: string | undefined, after?: { at: number; id: string }) => {
      const page = await store.users.list(api, { accountId }, { limit: 2, after });
      return { ids: page.items.map((user) => user.id), next: page.next };
    };
    expect(await ids("acct_1")).toEqual({
      ids: ["user_3", "user_2"],
      next: { at: NOW + 2, id: "user_2" },
    });
    expect(await ids("acct_1", { at: NOW + 2, id: "user_2" })).toEqual({
      ids: ["user_0"],
      next: null,
    });
    expect((await ids(undefined, { at: NOW + 2, id: "user_2" })).ids).toEqual(["user_1", "user_0"]);
  });
}
