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
    expect(await write("renewLeases", renewal("vrf_a", 0))).toEqual({ head: 0, ahead: [] });
    await write("createAccount", anAccount());
    const at = NOW + 1000;
    expect(await write("renewLeases", renewal("vrf_a", 1), { at })).toEqual({ head: 1, ahead: [] });
    expect(await listed(store, api)).toEqual([
      { id: "vrf_a", appliedSeq: 1, startedAt: NOW, renewedAt: at, leaseEndsAt: at + 3000 },
    ]);
    expect(await store.changes.head(api)).toBe(1);
  });

  test("grants nothing to who tells of changes that are yet to come, and the others theirs", async () => {
    const { store, api, write } = aScene(open());
    const renewals = [
      { id: "vrf_a", appliedSeq: 1, ends: false },
      { id: "vrf_b", appliedSeq: 0, ends: false },
    ];
    const granted = await write("renewLeases", { renewals, ...LEASE });
    expect(granted).toEqual({ head: 0, ahead: ["vrf_a"] });
    expect((await listed(store, api)).map(({ id }) => id)).toEqual(["vrf_b"]);
  });

  test("counts who has applied a change among those with a lease at an instant", async () => {
    const { store, api, write } = aScene(open());
    const at = (leaseEndsAt: number) => store.verifiers.progress(api, { seq: 1, leaseEndsAt });
    expect(await at(0)).toEqual({ confirmed: 0, pending: 0, pendingUntil: null });
    await write("createAccount", anAccount());
    await write("renewLeases", renewal("vrf_a", 0));
    await write("renewLeases", renewal("vrf_b", 0), { at: NOW + 500 });
    await write("renewLeases", renewal("vrf_c", 1), { at: NOW + 900 });
    const until = { pendingUntil: NOW + 3500 };
    expect(await at(NOW + 3000)).toEqual({ confirmed: 1, pending: 2, ...until });
    expect(await at(NOW + 3001)).toEqual({ confirmed: 1, pending: 1, ...until });
    expect(await at(NOW + 3501)).toEqual({ confirmed: 1, pending: 0, pendingUntil: null });
  });

  test("writes down how far a verifier has come, and lengthens no lease", async () => {
    const { store, api, write } = aScene(open());
    await write("renewLeases", renewal("vrf_a", 0));
    await write("createAccount", anAccount());
    const tell = (id: string, appliedSeq: number) =>
      write("recordProgress", [{ id, appliedSeq }], { at: NOW + 1000 });
    const leased = { startedAt: NOW, renewedAt: NOW, leaseEndsAt: NOW + 3000 };
    // Of changes that are yet to come nobody can tell, and who has no lease cannot at all.
    for (const [id, seq, applied] of [
      ["vrf_a", 2, 0],
      ["vrf_b", 1, 0],
      ["vrf_a", 1, 1],
      ["vrf_a", 0, 1],
    ] as const) {
      await tell(id, seq);
      expect(await listed(store, api)).toEqual([{ id: "vrf_a", appliedSeq: applied, ...leased }]);
    }
  });

  test("forgets who held a lease long ago", async () => {
    const { store, api, write } = aScene(open());
    await write("renewLeases", renewal("vrf_a", 0));
    const ids = async () => (await listed(store, api)).map(({ id }) => id);
    await write("renewLeases", { ...renewal("vrf_b", 0), forgetBefore: NOW + 3000 });
    expect((await ids()).sort()).toEqual(["vrf_a", "vrf_b"]);
    const later = { at: NOW + 1 };
    await write("renewLeases", { ...renewal("vrf_b", 0), forgetBefore: NOW + 3001 }, later);
    expect(await ids()).toEqual(["vrf_b"]);
  });

  test("forgets at once who gives its lease back, and nobody else", async () => {
    const { store, api, write } = aScene(open());
    for (const id of ["vrf_a", "vrf_b"]) await write("renewLeases", renewal(id, 0));
    expect(await write("renewLeases", renewal("vrf_a", 0, true))).toEqual({ head: 0, ahead: [] });
    expect((await listed(store, api)).map(({ id }) => id)).toEqual(["vrf_b"]);
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
        const known = (await listed(store, api)).some((each) => each.id === id);
        if ((await granted).head < seq && !known) missed.push(n);
      }),
    );
    expect(missed).toEqual([]);
    await write("renewLeases", renewal("vrf_z", 0));
    await other.close();
  });
}

async function listed(store: Store, api: string) {
  return (await store.verifiers.list(api, { limit: 100, after: undefined })).items;
}
