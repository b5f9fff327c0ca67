import { expect, test } from "vitest";
import type { Store } from "../../store/store.ts";
import { anAccount, aUser } from "../builders.ts";
import { NOW } from "../now.ts";
import { aScene } from "./scene.ts";

/** Two platforms, the first with three accounts and the second with one. */
async function twoPlatforms(store: Store) {
  const scene = aScene(store);
  for (const id of ["acct_p", "acct_q"]) {
    await scene.write("createAccount", anAccount({ id, kind: "platform" }));
  }
  for (const [n, parentId] of ["acct_p", "acct_p", "acct_q", "acct_p"].entries()) {
    await scene.write("createAccount", anAccount({ id: `acct_${n}`, parentId }), { at: NOW + n });
  }
  return scene;
}

/** What every store does with the accounts of a platform or organization. */
export function childAccountsContract(open: () => Store): void {
  test("finds a child of the parent, and nothing else", async () => {
    const { store, api } = await twoPlatforms(open());
    const found = await store.childAccounts.find(api, "acct_p", "acct_0");
    expect(found).toMatchObject({ id: "acct_0", parentId: "acct_p", createdAt: NOW });
    for (const id of ["acct_2", "acct_p", "acct_q", "acct_none"]) {
      expect([id, await store.childAccounts.find(api, "acct_p", id)]).toEqual([id, undefined]);
    }
    expect(await store.childAccounts.find("another-api", "acct_p", "acct_0")).toBeUndefined();
  });

  test("lists the children of the parent in pages from new to old", async () => {
    const { store, api } = await twoPlatforms(open());
    const list = async (after?: { at: number; id: string }) => {
      const page = await store.childAccounts.list(api, "acct_p", { limit: 2, after });
      return { ids: page.items.map(({ id }) => id), next: page.next };
    };
    const next = { at: NOW + 1, id: "acct_1" };
    expect(await list()).toEqual({ ids: ["acct_3", "acct_1"], next });
    expect(await list(next)).toEqual({ ids: ["acct_0"], next: null });
  });

  test("names of a user's accounts only the parent and its children", async () => {
    const { store, api, write } = await twoPlatforms(open());
    await write("createUser", aUser({ accountId: "acct_3" }));
    for (const accountId of ["acct_0", "acct_2", "acct_q", "acct_p"]) {
      await write("addMembership", { userId: "user_1", accountId, role: "member" });
    }
    const ids = (accountId: string) => store.childAccounts.idsOfUser(api, accountId, "user_1");
    expect(await ids("acct_p")).toEqual(["acct_0", "acct_3", "acct_p"]);
    expect(await ids("acct_q")).toEqual(["acct_2", "acct_q"]);
    expect(await ids("acct_0")).toEqual(["acct_0"]);
    expect(await store.childAccounts.idsOfUser(api, "acct_p", "user_2")).toEqual([]);
  });
}
