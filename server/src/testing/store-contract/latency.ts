import { expect, test } from "vitest";
import type { LatencyRow } from "../../store/latency.ts";
import { DEPLOYMENT, type Store } from "../../store/store.ts";
import { aContext, anApiKey } from "../builders.ts";
import { NOW } from "../now.ts";
import { aScene, aSceneWithAccount } from "./scene.ts";

const HOUR = 3_600_000;
const RANGE = { from: NOW, to: NOW + HOUR };

/** What every store does with how long decisions took. */
export function latencyContract(open: () => Store): void {
  const record = (store: Store, latency: readonly LatencyRow[]) =>
    store.write(
      "recordUsage",
      { usage: [], lastUsed: [], refusals: [], latency },
      aContext({ api: DEPLOYMENT }),
    );
  /** Ten decisions of `micros` each, but for what is changed. */
  const ten = (api: string, micros: number, changes: Partial<LatencyRow> = {}): LatencyRow => ({
    ...{ api, accountId: "acct_1", credentialId: "key_1", hour: NOW },
    ...{ totalMicros: 10 * micros, maxMicros: micros, buckets: [0, 0, 0, 10] },
    ...changes,
  });

  test("adds up by hour and bucket, within one batch and over many", async () => {
    const { store, api } = aScene(open());
    await record(store, [
      ten(api, 3),
      ten(api, 3, { buckets: [1, 0, 0, 9] }),
      ten(api, 3, { credentialId: "key_2", accountId: "acct_2", buckets: [0, 10] }),
      ten(api, 3, { hour: NOW + HOUR, buckets: [7] }),
    ]);
    await record(store, [ten(api, 3)]);
    const read = async (filter: object) =>
      (await store.overview.read(api, filter as never)).latency;
    expect(await read({ from: NOW, to: NOW + 2 * HOUR })).toEqual([
      { hour: NOW, buckets: [1, 10, 0, 29] },
      { hour: NOW + HOUR, buckets: [7] },
    ]);
    expect(await read(RANGE)).toHaveLength(1);
    expect(await read({ ...RANGE, from: NOW + 1 })).toEqual([]);
  });

  test("shows one account its own, and nobody what is beyond the ceiling", async () => {
    const { store, api } = aScene(open());
    const rows = [1, 2, 3].map((n) =>
      ten(api, n, { accountId: `acct_${n}`, credentialId: `key_${n}`, buckets: [10 * n] }),
    );
    await record(store, rows);
    await record(store, [ten(`${api}-other`, 1, { buckets: [10, 10] })]);
    const counted = async (filter: object) => {
      const { latency, slowest } = await store.overview.read(api, { ...RANGE, ...filter });
      const buckets = latency.flatMap((each) => each.buckets);
      return [buckets, slowest.map(({ credentialId }) => credentialId)];
    };
    expect(await counted({})).toEqual([[60], ["key_1", "key_2", "key_3"]]);
    expect(await counted({ accountId: "acct_2" })).toEqual([[20], ["key_2"]]);
    expect(await counted({ ceiling: ["acct_1", "acct_2"] })).toEqual([[30], ["key_1", "key_2"]]);
    expect(await counted({ ceiling: ["acct_1"], accountId: "acct_2" })).toEqual([[], []]);
    // The row of all accounts together is nobody's own.
    expect(await counted({ accountId: "*" })).toEqual([[], []]);
    expect(await counted({ ceiling: ["*"] })).toEqual([[], []]);
    expect(await counted({ ceiling: [] })).toEqual([[], []]);
  });

  test("names the slowest credentials by their mean, over all hours of the time", async () => {
    const { store, api, write } = await aSceneWithAccount(open());
    await write("issueCredential", anApiKey({ name: "Export" }));
    await record(store, [
      ten(api, 100, { maxMicros: 700 }),
      ten(api, 50, { hour: NOW + HOUR, maxMicros: 600 }),
      ten(api, 80, { credentialId: "key_2" }),
    ]);
    await record(store, [ten(api, 101, { maxMicros: 650 })]);
    const read = async (to: number) => (await store.overview.read(api, { from: NOW, to })).slowest;
    const second = { credentialId: "key_2", accountId: "acct_1", name: null, timed: 10 };
    const first = { credentialId: "key_1", accountId: "acct_1", name: "Export", maxMicros: 700 };
    expect(await read(NOW + HOUR)).toEqual([
      { ...first, timed: 20, meanMicros: 100.5 },
      { ...second, meanMicros: 80, maxMicros: 80 },
    ]);
    expect((await read(NOW + 2 * HOUR))[0]).toEqual({
      ...{ ...first, timed: 30, meanMicros: expect.closeTo(2510 / 30, 6) },
    });
  });

  test("a key that acts for another account is not named to it", async () => {
    const { store, api, write } = await aSceneWithAccount(open());
    await write("issueCredential", anApiKey({ name: "Export" }));
    await record(store, [ten(api, 100, { accountId: "acct_2" })]);
    const namesFor = async (ceiling?: readonly string[]) =>
      (await store.overview.read(api, { ...RANGE, ...(ceiling && { ceiling }) })).slowest.map(
        ({ name }) => name,
      );
    expect(await namesFor(["acct_2"])).toEqual([null]);
    expect(await namesFor(["acct_1", "acct_2"])).toEqual(["Export"]);
    expect(await namesFor()).toEqual(["Export"]);
  });

  test("is listed with the usage of its hour, whatever the outcome", async () => {
    const { store, api } = aScene(open());
    const of = { api, accountId: "acct_1", hour: NOW, count: 5, clientVersion: null };
    const usage = [
      { ...of, credentialId: "key_1", outcome: "allow" as const },
      { ...of, credentialId: "key_1", outcome: "deny" as const },
      { ...of, credentialId: "key_1", outcome: "allow" as const, hour: NOW - HOUR },
      { ...of, credentialId: "key_2", outcome: "allow" as const },
      { ...of, credentialId: "key_3", outcome: "allow" as const },
    ];
    const latency = [
      ten(api, 7),
      ten(api, 9, { accountId: "acct_2" }),
      ten(api, 0, { credentialId: "key_3", buckets: [] }),
    ];
    const context = aContext({ api: DEPLOYMENT });
    await store.write("recordUsage", { usage, latency, lastUsed: [], refusals: [] }, context);
    const { items } = await store.usage.list(api, {}, { limit: 10, after: undefined });
    const times = { timed: 10, totalMicros: 70, maxMicros: 7 };
    expect(items.map((line) => [line.credentialId, line.outcome, line.latency])).toEqual([
      ["key_3", "allow", undefined],
      ["key_2", "allow", undefined],
      ["key_1", "deny", times],
      ["key_1", "allow", times],
      ["key_1", "allow", undefined],
    ]);
  });

  test("leaves out who was timed too seldom, and names ten at most", async () => {
    const { store, api } = aScene(open());
    const of = (n: number, buckets: readonly number[]) =>
      ten(api, n, { credentialId: `key_${n}`, buckets });
    const many = Array.from({ length: 11 }, (_, n) => of(n, [10]));
    await record(store, [...many, of(900, [9]), of(901, [])]);
    const { slowest } = await store.overview.read(api, RANGE);
    expect(slowest.map(({ credentialId }) => credentialId)).toEqual(
      Array.from({ length: 10 }, (_, i) => `key_${10 - i}`),
    );
  });

  test("stays readable whatever was reported, and so does usage", async () => {
    const { store, api } = aScene(open());
    const most = 4_000_000_000_000_000;
    const of = { accountId: "acct_1", credentialId: "key_1", hour: NOW };
    const usage = [{ ...of, api, outcome: "allow" as const, count: most, clientVersion: null }];
    const latency = [{ ...of, api, totalMicros: most, maxMicros: 1e12, buckets: [most] }];
    for (let n = 0; n < 3; n += 1) {
      const context = aContext({ api: DEPLOYMENT });
      await store.write("recordUsage", { usage, latency, lastUsed: [], refusals: [] }, context);
    }
    await record(
      store,
      latency.map((row) => ({ ...row, hour: NOW + HOUR })),
    );
    const overview = await store.overview.read(api, { from: NOW, to: NOW + 2 * HOUR });
    expect(overview).toMatchObject({
      hours: [{ allowed: most }],
      latency: [{ buckets: [most] }, { buckets: [most] }],
      slowest: [{ timed: 2 * most, meanMicros: 1, maxMicros: 1e12 }],
    });
    const { items } = await store.usage.list(api, {}, { limit: 10, after: undefined });
    expect(items).toMatchObject([{ count: most, latency: { timed: most, totalMicros: most } }]);
  });

  test("takes a batch larger than one statement may hold", async () => {
    const { store, api } = aScene(open());
    const rows = Array.from({ length: 3000 }, (_, n) =>
      ten(api, 1, { accountId: `acct_${n}`, credentialId: `key_${n}`, buckets: [1, 2] }),
    );
    await record(store, rows);
    const { latency } = await store.overview.read(api, RANGE);
    expect(latency).toEqual([{ hour: NOW, buckets: [3000, 6000] }]);
  });
}
