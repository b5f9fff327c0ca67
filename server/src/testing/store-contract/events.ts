import { expect, test } from "vitest";
import type { EventFilter } from "../../store/records.ts";
import type { Store } from "../../store/store.ts";
import { anAccount, anApiKey } from "../builders.ts";
import { NOW } from "../now.ts";
import { aSceneWithAccount, expectRefusal } from "./scene.ts";

/** What every store does with the audit trail. */
export function eventsContract(open: () => Store): void {
  const aTrail = async () => {
    const scene = await aSceneWithAccount(open());
    await scene.write("createAccount", anAccount({ id: "acct_2" }), { at: NOW + 1 });
    await scene.write("issueCredential", anApiKey(), { at: NOW + 2 });
    await scene.write("issueCredential", anApiKey({ n: 2, accountId: "acct_2" }), { at: NOW + 3 });
    await scene.write("revokeCredential", { scheme: "api-key", id: "key_1" }, { at: NOW + 4 });
    return scene;
  };

  test.each([
    ["all", {}, [4, 3, 2, 1, 0]],
    ["an account", { accountId: "acct_1" }, [4, 2, 0]],
    ["a credential", { credentialId: "key_1" }, [4, 2]],
    ["a type", { type: "api_key.issued" }, [3, 2]],
    ["a time, its end left out", { from: NOW + 1, to: NOW + 3 }, [2, 1]],
    ["several at once", { accountId: "acct_1", type: "api_key.issued", from: NOW }, [2]],
  ] as [string, EventFilter, number[]][])("finds events by %s", async (_by, filter, expected) => {
    const { store, api } = await aTrail();
    const { items } = await store.events.list(api, filter, { limit: 10, after: undefined });
    expect(items.map((event) => event.at - NOW)).toEqual(expected);
  });

  test("pages through a filtered trail without a gap", async () => {
    const { store, api } = await aTrail();
    const filter = { accountId: "acct_1" };
    const first = await store.events.list(api, filter, { limit: 2, after: undefined });
    const second = await store.events.list(api, filter, {
      limit: 2,
      after: first.next ?? undefined,
    });
    expect([...first.items, ...second.items].map((event) => event.at - NOW)).toEqual([4, 2, 0]);
    expect(second.next).toBeNull();
  });

  test("has nothing of a command that failed", async () => {
    const { store, api, write, events } = await aSceneWithAccount(open());
    const before = await events();
    await expectRefusal(
      write("issueCredential", anApiKey({ userId: "user_0" })),
      "INVALID_REQUEST",
    );
    expect(await events()).toEqual(before);
    expect(await store.changes.head(api)).toBe(1);
  });
}
