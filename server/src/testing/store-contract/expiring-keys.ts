import { expect, test } from "vitest";
import type { Store } from "../../store/store.ts";
import { anApiKey, aRotation } from "../builders.ts";
import { NOW } from "../now.ts";
import { aSceneWithAccount, type Scene } from "./scene.ts";

const DAY = 86_400_000;
/** When a key that ends a month from now is told of. */
const NOTICE = NOW + 23 * DAY;
const END = NOW + 30 * DAY;
const KEY = { scheme: "api-key", id: "key_1" } as const;

/** The keys that were told of, and when they end. */
async function told({ events }: Scene) {
  return (await events())
    .filter(({ type }) => type === "api_key.expiring")
    .map(({ credentialId, detail }) => [credentialId, detail.expiresAt]);
}

/** An API with `key_1`, in which nobody was told of anything yet. */
async function aSceneOfOne(store: Store): Promise<Scene> {
  const scene = await aSceneWithAccount(store);
  await scene.write("issueCredential", anApiKey({ n: 1, expiresAt: END }));
  await scene.write("tellOfExpiringKeys", undefined);
  return scene;
}

/** What every store does with keys that were to end, then were not, and are again. */
export function expiringKeysContract(open: () => Store): void {
  test("a key whose rotation is taken back is told of, if its notice passed meanwhile", async () => {
    const scene = await aSceneOfOne(open());
    const { write } = scene;
    const rotation = { id: "key_1", n: 2, expiresAt: null, overlapSeconds: 604_800 };
    await write("rotateCredential", aRotation(rotation), { at: NOTICE - DAY });
    await write("tellOfExpiringKeys", undefined, { at: NOTICE + DAY });
    expect(await told(scene)).toEqual([]);
    await write("cancelRotation", KEY, { at: NOTICE + 2 * DAY });
    expect(await told(scene)).toEqual([["key_1", END]]);
  });

  test("a key whose rotation is taken back before its notice is told of when that comes", async () => {
    const scene = await aSceneOfOne(open());
    const { write } = scene;
    await write("rotateCredential", aRotation({ id: "key_1", n: 2 }), { at: NOTICE - 3 });
    await write("cancelRotation", KEY, { at: NOTICE - 2 });
    expect(await told(scene)).toEqual([]);
    for (const at of [NOTICE, NOTICE + 1]) await write("tellOfExpiringKeys", undefined, { at });
    expect(await told(scene)).toEqual([["key_1", END]]);
  });

  test("a key that was told of before it was rotated is not told of again", async () => {
    const scene = await aSceneOfOne(open());
    const { write } = scene;
    await write("tellOfExpiringKeys", undefined, { at: NOTICE });
    await write("rotateCredential", aRotation({ id: "key_1", n: 2 }), { at: NOTICE + 1 });
    await write("cancelRotation", KEY, { at: NOTICE + 2 });
    expect(await told(scene)).toEqual([["key_1", END]]);
  });
}
