import { expect, test } from "vitest";
import type { ChangeRecord } from "../../store/records.ts";
import type { Store } from "../../store/store.ts";
import { anAccount, anApiKey } from "../builders.ts";
import { openTestStore } from "../databases.ts";
import { NOW } from "../now.ts";
import { aScene, aSceneWithAccount, expectRefusal } from "./scene.ts";

/** What every store does with the change feed. `url` is the address of the store's database. */
export function feedsContract(open: () => Store, url: () => string): void {
  const heard = (store: Store, api: string) => {
    const changes: ChangeRecord[] = [];
    store.onChange((from, news) => {
      if (from === api) changes.push(...news);
    });
    return changes;
  };
  const oneTo = (end: number) => Array.from({ length: end }, (_, index) => index + 1);

  test("numbers changes without a gap in the order of 200 concurrent writes", async () => {
    const { store, api, write } = await aSceneWithAccount(open());
    const changes = heard(store, api);
    const heardAtTheEnd: boolean[] = [];
    await Promise.all(
      oneTo(200).map(async (n) => {
        // Every tenth fails, and must neither use up a number nor disturb its neighbours.
        const key = anApiKey({ n, accountId: n % 10 === 0 ? "acct_0" : "acct_1" });
        await write("issueCredential", key).catch(() => undefined);
        const known = changes.some((change) => change.subjectId === key.id);
        heardAtTheEnd.push(known === (n % 10 !== 0));
      }),
    );
    expect(heardAtTheEnd).toEqual(Array(200).fill(true));
    expect(changes.map((change) => change.seq)).toEqual(oneTo(181).slice(1));
    expect(await store.changes.head(api)).toBe(181);
    expect(await store.changes.after(api, 1, 1000)).toEqual(changes);
  });

  test("reads on from any change, in pages", async () => {
    const { store, api, write } = aScene(open());
    for (const n of oneTo(5)) await write("createAccount", anAccount({ id: `acct_${n}` }));
    const seqs = async (after: number, limit: number) =>
      (await store.changes.after(api, after, limit)).map((change) => change.seq);
    expect(await seqs(0, 2)).toEqual([1, 2]);
    expect(await seqs(2, 2)).toEqual([3, 4]);
    expect(await seqs(4, 2)).toEqual([5]);
    expect(await seqs(5, 2)).toEqual([]);
  });

  test("forgets changes that are a day old, the oldest first, but never the last ones", async () => {
    const { store, api, write } = aScene(open());
    for (const n of oneTo(9)) await write("createAccount", anAccount({ id: `acct_${n}` }));
    const forget = async (at: number, keep?: number) => {
      const input = keep === undefined ? { limit: 2 } : { limit: 2, keep };
      // Other APIs of this database have old ones too.
      for (;;) if ((await write("forgetChanges", input, { at })).forgotten === 0) break;
      return (await store.changes.after(api, 0, 100)).map(({ seq }) => seq);
    };
    const day = NOW + 24 * 3_600_000;
    expect(await forget(day, 3)).toEqual(oneTo(9));
    expect(await forget(day + 1)).toEqual(oneTo(9));
    expect(await forget(day + 1, 3)).toEqual([7, 8, 9]);
    expect(await store.changes.head(api)).toBe(9);
  });

  test("forgets changes, too, that a clock which was years ahead has dated", async () => {
    const { store, api, write } = aScene(open());
    const day = 24 * 3_600_000;
    for (const n of oneTo(9)) {
      const at = n === 2 ? NOW + 3650 * day : NOW;
      await write("createAccount", anAccount({ id: `acct_${n}` }), { at });
    }
    const input = { limit: 2, keep: 3 };
    for (;;)
      if ((await write("forgetChanges", input, { at: NOW + day + 1 })).forgotten === 0) break;
    expect((await store.changes.after(api, 0, 100)).map(({ seq }) => seq)).toEqual([7, 8, 9]);
  });

  test("tells listeners nothing of a write that failed", async () => {
    const { store, api, write } = await aSceneWithAccount(open());
    const changes = heard(store, api);
    await expectRefusal(write("createAccount", anAccount()), "CONFLICT");
    expect(changes).toEqual([]);
  });

  test("tells the other listeners when one of them throws", async () => {
    const { store, api, write } = aScene(open());
    store.onChange((from) => {
      if (from === api) throw new Error("a listener's fault");
    });
    const changes = heard(store, api);
    await write("createAccount", anAccount());
    expect(changes.map((change) => change.seq)).toEqual([1]);
  });

  test("tells two processes on one database of each other's changes, once and in order", async () => {
    const store = open();
    const other = await openTestStore(url());
    const here = aScene(store);
    const there = { store: other, api: here.api };
    const both = [heard(store, here.api), heard(other, here.api)];
    const all = 40;
    const complete = [store, other].map(
      (each) =>
        new Promise<void>((resolve) => {
          each.onChange((api, news) => {
            if (api === here.api && news.at(-1)?.seq === all) resolve();
          });
        }),
    );
    const writers = [here, { ...aScene(other), ...there }];
    await Promise.all(
      oneTo(all).map((n) => {
        const writer = writers[n % 2] ?? here;
        return writer.write("createAccount", anAccount({ id: `acct_${n}` }), { api: here.api });
      }),
    );
    await Promise.all(complete);
    for (const changes of both) expect(changes.map((change) => change.seq)).toEqual(oneTo(all));
    await other.close();
  });

  test("is caught up once listeners know every change up to the head", async () => {
    const store = open();
    const other = await openTestStore(url());
    const { api, write } = aScene(store);
    const changes = heard(other, api);
    for (const n of oneTo(3)) await write("createAccount", anAccount({ id: `acct_${n}` }));
    await other.changes.caughtUp(api);
    expect(changes.map((change) => change.seq)).toEqual([1, 2, 3]);
    await other.close();
  });
}
