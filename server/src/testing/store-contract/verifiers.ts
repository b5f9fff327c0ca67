import { expect, test } from "vitest";
import type { Store } from "../../store/store.ts";
import { anAccount } from "../builders.ts";
import { openTestStore } from "../databases.ts";
import { NOW } from "../now.ts";
import { aScene } from "./scene.ts";

const LEASE = { leaseMillis: 3000, forgetBefore: 0 };

/** What every store does with the leases of verifiers. `url` is the address of its database. */
export function verifiersContract(open: () => Store, url: () => string): void {
  const renewal = (id: string, appliedSeq: number, ends = false) => ({
    renewals: [{ id, appliedSeq, ends }],
    ...LEASE,
  });

  test("answers a renewal with the head of its API, and writes the lease down", async () => {
    const { store, api, write } = aScene(open());
    expect(await write("renewLeases", renewal("vrf_a", 0))).toEqual({ head: 0 });
    await write("createAccount", anAccount());
    const at = NOW + 1000;
    expect(await write("renewLeases", renewal("vrf_a", 1), { at })).toEqual({ head: 1 });
    expect(await store.verifiers.since(api, 0)).toEqual([
      { id: "vrf_a", appliedSeq: 1, startedAt: NOW, renewedAt: at, leaseEndsAt: at + 3000 },
    ]);
    expect(await store.changes.head(api)).toBe(1);
  });

  test("knows who holds a lease at an instant, and forgets who held one long ago", async () => {
    const { store, api, write } = aScene(open());
    await write("renewLeases", renewal("vrf_a", 0));
    const ids = async (from: number) =>
      (await store.verifiers.since(api, from)).map(({ id }) => id);
    expect(await ids(NOW + 3000)).toEqual(["vrf_a"]);
    expect(await ids(NOW + 3001)).toEqual([]);
    await write("renewLeases", { ...renewal("vrf_b", 0), forgetBefore: NOW + 3000 });
    expect((await ids(0)).sort()).toEqual(["vrf_a", "vrf_b"]);
    const later = { at: NOW + 1 };
    await write("renewLeases", { ...renewal("vrf_b", 0), forgetBefore: NOW + 3001 }, later);
    expect(await ids(0)).toEqual(["vrf_b"]);
  });

  test("forgets at once who gives its lease back, and nobody else", async () => {
    const { store, api, write } = aScene(open());
    for (const id of ["vrf_a", "vrf_b"]) await write("renewLeases", renewal(id, 0));
    expect(await write("renewLeases", renewal("vrf_a", 0, true))).toEqual({ head: 0 });
    expect((await store.verifiers.since(api, 0)).map(({ id }) => id)).toEqual(["vrf_b"]);
  });

  test("lists from the one started last to the first, in pages", async () => {
    const { store, api, write } = aScene(open());
    for (const n of [1, 2, 3]) {
      await write("renewLeases", renewal(`vrf_${n}`, 0), { at: NOW + n });
    }
    await write("renewLeases", renewal("vrf_1", 0), { at: NOW + 9 });
    const first = await store.verifiers.list(api, { limit: 2, after: undefined });
    expect(first.items.map(({ id }) => id)).toEqual(["vrf_3", "vrf_2"]);
    const rest = await store.verifiers.list(api, { limit: 2, after: first.next ?? undefined });
    expect(rest).toMatchObject({ items: [{ id: "vrf_1" }], next: null });
  });

  test("a change that a lease does not know of finds that lease written down", async () => {
    const store = open();
    const other = await openTestStore(url());
    const { api, write } = aScene(store);
    const missed: number[] = [];
    await Promise.all(
      Array.from({ length: 40 }, async (_, n) => {
        const id = `vrf_${n}`;
        const there = aScene(other);
        const granted = there.write("renewLeases", renewal(id, 0), { api });
        const { seq = 0 } = await store.write("createAccount", anAccount({ id: `acct_${n}` }), {
          ...{ api, at: NOW, actor: { kind: "system", id: null }, requestId: null, address: null },
        });
        const known = (await store.verifiers.since(api, 0)).some((each) => each.id === id);
        if ((await granted).head < seq && !known) missed.push(n);
      }),
    );
    expect(missed).toEqual([]);
    await write("renewLeases", renewal("vrf_z", 0));
    await other.close();
  });
}
