import { expect, test } from "vitest";
import type { Store } from "../../store/store.ts";
import { anAccount } from "../builders.ts";
import { NOW } from "../now.ts";
import { aScene, aSceneWithAccount, expectRefusal } from "./scene.ts";

/** What every store does with accounts. */
export function accountsContract(open: () => Store): void {
  test("creates an account and finds it in its API alone", async () => {
    const { store, api, write } = aScene(open());
    const created = await write("createAccount", anAccount({ plan: "pro", externalId: "x-1" }));
    expect(created).toEqual({
      id: "acct_1",
      name: "Acme",
      kind: "account",
      parentId: null,
      plan: "pro",
      externalId: "x-1",
      createdAt: NOW,
      suspendedAt: null,
    });
    expect(await store.accounts.find(api, "acct_1")).toEqual(created);
    expect(await store.accounts.find("another-api", "acct_1")).toBeUndefined();
  });

  test("refuses an id that is taken, and the first account stays as it was", async () => {
    const { store, api, write } = await aSceneWithAccount(open());
    const again = write("createAccount", anAccount({ name: "Other" }));
    await expectRefusal(again, "CONFLICT", { field: "id" });
    expect((await store.accounts.find(api, "acct_1"))?.name).toBe("Acme");
    expect(await store.changes.head(api)).toBe(1);
  });

  test.each([
    ["account", "platform"],
    ["account", "organization"],
    ["team", "organization"],
  ] as const)("lets a %s belong to a %s", async (kind, parentKind) => {
    const { write } = aScene(open());
    await write("createAccount", anAccount({ id: "acct_p", kind: parentKind }));
    const child = await write("createAccount", anAccount({ kind, parentId: "acct_p" }));
    expect(child.parentId).toBe("acct_p");
  });

  test.each([
    ["account", "account"],
    ["account", "team"],
    ["team", "platform"],
    ["team", "account"],
    ["platform", "organization"],
    ["organization", "platform"],
  ] as const)("refuses that a %s belongs to a %s", async (kind, parentKind) => {
    const { write } = aScene(open());
    await write("createAccount", anAccount({ id: "acct_p", kind: parentKind }));
    const child = write("createAccount", anAccount({ kind, parentId: "acct_p" }));
    await expectRefusal(child, "INVALID_REQUEST", { field: "parentId" });
  });

  test("refuses a parent that does not exist in the same API", async () => {
    const { store } = await aSceneWithAccount(open());
    const other = aScene(store);
    const child = other.write("createAccount", anAccount({ id: "acct_2", parentId: "acct_1" }));
    await expectRefusal(child, "INVALID_REQUEST", { field: "parentId" });
  });

  test("refuses a child beyond the most that the parent may have, also of many at once", async () => {
    const { store, api, write } = aScene(open());
    await write("createAccount", anAccount({ id: "acct_p", kind: "platform" }));
    const child = (n: number, maxChildren?: number) =>
      write("createAccount", anAccount({ id: `acct_${n}`, parentId: "acct_p", maxChildren }));
    const attempts = Array.from({ length: 6 }, (_, n) =>
      child(n, 2).then(
        () => "created",
        (error) => error.code,
      ),
    );
    const outcomes = (await Promise.all(attempts)).sort();
    expect(outcomes).toEqual([...Array(4).fill("CONFLICT"), "created", "created"]);
    await expectRefusal(child(6, 2), "CONFLICT", { max: 2 });
    await child(7, 3);
    await child(8);
    const page = { limit: 10, after: undefined };
    expect((await store.childAccounts.list(api, "acct_p", page)).items).toHaveLength(4);
    const changes = await store.changes.after(api, 0, 10);
    expect(JSON.stringify(changes)).not.toContain("maxChildren");
  });

  test("updates what is named and leaves the rest", async () => {
    const { store, api, write } = aScene(open());
    await write("createAccount", anAccount({ plan: "pro", externalId: "x-1" }));
    const updated = await write("updateAccount", { id: "acct_1", name: "New", plan: null });
    expect(updated).toMatchObject({ name: "New", plan: null, externalId: "x-1" });
    expect(await store.accounts.find(api, "acct_1")).toEqual(updated);
    const [, change] = await store.changes.after(api, 0, 10);
    expect(change).toMatchObject({ kind: "account", subjectId: "acct_1", state: { plan: null } });
  });

  test("writes neither change nor event when an update changes nothing", async () => {
    const { store, api, write, eventTypes } = await aSceneWithAccount(open());
    await write("updateAccount", { id: "acct_1", name: "Acme" });
    expect(await store.changes.head(api)).toBe(1);
    expect(await eventTypes()).toEqual(["account.created"]);
  });

  test("suspends and resumes, each time telling the feed once", async () => {
    const { store, api, write, eventTypes } = await aSceneWithAccount(open());
    const at = (millis: number) => ({ at: NOW + millis });
    expect((await write("suspendAccount", { id: "acct_1" }, at(1))).suspendedAt).toBe(NOW + 1);
    expect((await write("suspendAccount", { id: "acct_1" }, at(2))).suspendedAt).toBe(NOW + 1);
    expect((await write("resumeAccount", { id: "acct_1" }, at(3))).suspendedAt).toBeNull();
    expect((await write("resumeAccount", { id: "acct_1" }, at(4))).suspendedAt).toBeNull();
    const states = (await store.changes.after(api, 1, 10)).map((change) => change.state);
    expect(states).toEqual([
      { id: "acct_1", kind: "account", parentId: null, status: "suspended", plan: null },
      { id: "acct_1", kind: "account", parentId: null, status: "active", plan: null },
    ]);
    expect(await eventTypes()).toEqual(["account.created", "account.resumed", "account.suspended"]);
  });

  test.each(["updateAccount", "suspendAccount", "resumeAccount"] as const)(
    "%s of an account that is not there is NOT_FOUND and leaves no trace",
    async (name) => {
      const { write, events } = aScene(open());
      await expectRefusal(write(name, { id: "acct_none" }), "NOT_FOUND");
      expect(await events()).toEqual([]);
    },
  );

  test("lists from new to old, each account once, also when instants are equal", async () => {
    const { store, api, write } = aScene(open());
    for (const [id, at] of [
      ["acct_b", NOW],
      ["acct_Z", NOW],
      ["acct_a", NOW],
      ["acct_c", NOW + 1],
      ["acct_d", NOW - 1],
    ] as const) {
      await write("createAccount", anAccount({ id }), { at });
    }
    const seen: string[] = [];
    let after: { at: number; id: string } | null | undefined;
    for (let pages = 1; after !== null; pages += 1) {
      const page = await store.accounts.list(api, {}, { limit: 2, after });
      seen.push(...page.items.map((account) => account.id));
      after = page.next;
      expect(pages).toBeLessThan(4);
    }
    // Ids compare byte by byte: capitals come before small letters.
    expect(seen).toEqual(["acct_c", "acct_b", "acct_a", "acct_Z", "acct_d"]);
  });

  test("says that there is no next page when the last one is full", async () => {
    const { store, api, write } = await aSceneWithAccount(open());
    await write("createAccount", anAccount({ id: "acct_2" }));
    expect((await store.accounts.list(api, {}, { limit: 2, after: undefined })).next).toBeNull();
    expect((await store.accounts.list(api, {}, { limit: 1, after: undefined })).next).toEqual({
      at: NOW,
      id: "acct_2",
    });
  });
}
