import { expect, test } from "vitest";
import type { Store } from "../../store/store.ts";
import { API_KEY, aJwtSecret, anApiKey, aRotation } from "../builders.ts";
import { NOW } from "../now.ts";
import { aSceneWithAccount, expectRefusal } from "./scene.ts";

const HOUR = 3_600_000;
const KEY = { ...API_KEY, id: "key_1" };
const SECRET = { scheme: "shared-secret-jwt", id: "jws_1" } as const;
const during = (from: number) => ({ from, to: from + 120_000 });

/** What every store does with the brown-outs of rotations. */
export function brownOutsContract(open: () => Store): void {
  test("a rotation plans them for the old key, in order and each once; the successor has none", async () => {
    const { store, api, write } = await aSceneWithAccount(open());
    await write("issueCredential", anApiKey());
    const brownOuts = [NOW + 2 * HOUR, NOW, NOW + 2 * HOUR];
    const { key, old } = await write("rotateCredential", aRotation({ brownOuts }));
    const planned = [during(NOW), during(NOW + 2 * HOUR)];
    expect([key.brownOuts, old.brownOuts]).toEqual([[], planned]);
    const states = (await store.changes.after(api, 2, 10)).map(({ state }) => state);
    expect(states).toEqual([
      expect.objectContaining({ id: "key_2", brownOuts: [], rotatedAt: null }),
      expect.objectContaining({ id: "key_1", brownOuts: planned, rotatedAt: NOW }),
    ]);
  });

  test.each([
    ["before the rotation", [NOW, NOW - 1], 1],
    ["at the overlap's end", [NOW + HOUR], 0],
  ])("refuses one %s, and nothing is written", async (_what, brownOuts, i) => {
    const { store, api, write } = await aSceneWithAccount(open());
    await write("issueCredential", anApiKey());
    const attempt = write("rotateCredential", aRotation({ overlapSeconds: 3600, brownOuts }));
    await expectRefusal(attempt, "INVALID_REQUEST", { field: `brownOuts[${i}]` });
    expect(await store.changes.head(api)).toBe(2);
  });

  test("refuses one after the key's own end, though within the overlap asked for", async () => {
    const { write } = await aSceneWithAccount(open());
    await write("issueCredential", anApiKey({ expiresAt: NOW + 10 }));
    const attempt = write("rotateCredential", aRotation({ brownOuts: [NOW + 10] }));
    await expectRefusal(attempt, "INVALID_REQUEST", { field: "brownOuts[0]" });
  });

  test("can be chosen anew while the overlap runs, by the old key's id alone", async () => {
    const { store, api, write, eventTypes } = await aSceneWithAccount(open());
    await write("issueCredential", anApiKey());
    const plan = (id: string, brownOuts: readonly number[], at = NOW + 1) =>
      write("planBrownOuts", { ...KEY, id, brownOuts }, { at });
    await expectRefusal(plan("key_1", []), "CONFLICT");
    await write("rotateCredential", aRotation({ overlapSeconds: 3600, brownOuts: [NOW + 5] }));
    await expectRefusal(plan("key_2", [NOW + 5]), "CONFLICT");
    const last = NOW + HOUR - 1;
    expect((await plan("key_1", [last])).brownOuts).toEqual([during(last)]);
    expect((await store.keyring.find(api, KEY))?.brownOuts).toEqual([during(last)]);
    await expectRefusal(plan("key_1", [NOW + HOUR]), "INVALID_REQUEST");
    expect((await plan("key_1", [], last)).brownOuts).toEqual([]);
    await expectRefusal(plan("key_1", [], NOW + HOUR), "CONFLICT");
    expect(await eventTypes()).toContain("api_key.brown_outs_planned");
  });

  test("of a secret concern the old one, and count a generation", async () => {
    const { store, api, write } = await aSceneWithAccount(open());
    await write("issueCredential", aJwtSecret());
    const plan = (instant: number, at = NOW + 2) =>
      write("planBrownOuts", { ...SECRET, brownOuts: [instant] }, { at });
    await expectRefusal(plan(NOW + 5), "CONFLICT");
    const secret = { id: "sec_2", sealed: "bmV3" };
    const rotation = { ...SECRET, secret, overlapSeconds: 3600, force: false };
    const rotated = await write(
      "rotateSecret",
      { ...rotation, brownOuts: [NOW + 5] },
      { at: NOW + 1 },
    );
    expect(rotated.secrets.map(({ brownOuts }) => brownOuts)).toEqual([[during(NOW + 5)], []]);
    const planned = await plan(NOW + 9);
    expect(planned.secrets.map(({ brownOuts }) => brownOuts)).toEqual([[during(NOW + 9)], []]);
    expect(planned.brownOuts).toEqual([]);
    const [change] = (await store.changes.after(api, 2, 10)).slice(-1);
    expect(change?.state).toMatchObject({ id: "jws_1", generation: 3, brownOuts: [] });
    await expectRefusal(plan(NOW), "INVALID_REQUEST", { field: "brownOuts[0]" });
    await expectRefusal(plan(NOW + 1 + HOUR), "INVALID_REQUEST", { field: "brownOuts[0]" });
    await expectRefusal(plan(NOW + 9, NOW + 1 + HOUR), "CONFLICT");
  });
}
