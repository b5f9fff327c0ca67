import { expect, test } from "vitest";
import type { Store } from "../../store/store.ts";
import { API_KEY, anAccount, anApiKey, aRotation, digestOf } from "../builders.ts";
import { NOW } from "../now.ts";
import { aSceneWithAccount, expectRefusal, type Scene } from "./scene.ts";

const DAY = 86_400_000;

/** Which of the lineage's keys still work at an instant, as the feed would have it. */
async function liveAt({ store, api }: Scene, at: number): Promise<readonly string[]> {
  const { items } = await store.keyring.list(api, API_KEY, { limit: 100, after: undefined });
  const live = items.filter(
    (key) => key.revokedAt === null && (key.expiresAt === null || key.expiresAt > at),
  );
  return live.map((key) => key.id).sort();
}

/** What every store does when an API key is rotated. */
export function rotationContract(open: () => Store): void {
  test("issues a successor with all but the secret, and ends the old key's overlap", async () => {
    const scene = await aSceneWithAccount(open());
    const { store, api, write } = scene;
    const issued = await write(
      "issueCredential",
      anApiKey({ scopes: ["a", "b"], allowedIps: ["::1/128"], expiresAt: NOW + 9 * DAY }),
    );
    const { key, old } = await write("rotateCredential", aRotation(), { at: NOW + 1 });
    expect(key).toEqual({
      ...issued,
      id: "key_2",
      lastFour: "2222",
      createdAt: NOW + 1,
      expiresAt: NOW + 9 * DAY,
      lineageId: "key_1",
    });
    expect(old).toEqual({
      ...issued,
      expiresAt: NOW + 1 + DAY,
      rotatedAt: NOW + 1,
      successorId: "key_2",
    });
    expect(await liveAt(scene, NOW + DAY)).toEqual(["key_1", "key_2"]);
    expect(await liveAt(scene, NOW + 1 + DAY)).toEqual(["key_2"]);
    const states = (await store.changes.after(api, 2, 10)).map((change) => change.state);
    expect(states).toEqual([
      expect.objectContaining({ id: "key_2", expiresAt: NOW + 9 * DAY, successorId: null }),
      expect.objectContaining({ id: "key_1", expiresAt: NOW + 1 + DAY, successorId: "key_2" }),
    ]);
    const { credential } = await store.credentials.resolve(api, "api-key", digestOf("key_2"));
    expect(credential).toMatchObject({ id: "key_2", lineageId: "key_1" });
  });

  test("never lengthens the old key's life", async () => {
    const { write } = await aSceneWithAccount(open());
    await write("issueCredential", anApiKey({ expiresAt: NOW + 10 }));
    const { key, old } = await write("rotateCredential", aRotation());
    expect([key.expiresAt, old.expiresAt]).toEqual([NOW + 10, NOW + 10]);
  });

  test("ends the old key at once when there is no overlap", async () => {
    const scene = await aSceneWithAccount(open());
    await scene.write("issueCredential", anApiKey());
    await scene.write("rotateCredential", aRotation({ overlapSeconds: 0 }));
    expect(await liveAt(scene, NOW)).toEqual(["key_2"]);
  });

  test.each(["key_1", "key_2"])("refuses to rotate %s while the overlap runs", async (id) => {
    const { write } = await aSceneWithAccount(open());
    await write("issueCredential", anApiKey());
    await write("rotateCredential", aRotation());
    const again = aRotation({ n: 3, id });
    await expectRefusal(
      write("rotateCredential", again, { at: NOW + DAY - 1 }),
      "ROTATION_IN_PROGRESS",
    );
  });

  test("rotates the successor once the overlap has ended, at that very instant", async () => {
    const scene = await aSceneWithAccount(open());
    await scene.write("issueCredential", anApiKey());
    await scene.write("rotateCredential", aRotation());
    const at = NOW + DAY;
    await expectRefusal(scene.write("rotateCredential", aRotation({ n: 3 }), { at }), "CONFLICT");
    await scene.write("rotateCredential", aRotation({ n: 3, id: "key_2" }), { at });
    expect(await liveAt(scene, at)).toEqual(["key_2", "key_3"]);
  });

  test.each(["key_1", "key_2"])(
    "a forced rotation of %s takes over from the newest and ends the oldest",
    async (id) => {
      const scene = await aSceneWithAccount(open());
      await scene.write("issueCredential", anApiKey({ expiresAt: NOW + 9 * DAY }));
      await scene.write("rotateCredential", aRotation());
      await scene.write("updateApiKey", { id: "key_2", scopes: ["narrowed"] });
      const { key, old } = await scene.write(
        "rotateCredential",
        aRotation({ n: 3, id, force: true }),
        {
          at: NOW + 5,
        },
      );
      expect(key).toMatchObject({ scopes: ["narrowed"], expiresAt: NOW + 9 * DAY });
      expect(old).toMatchObject({ id: "key_2", successorId: "key_3", expiresAt: NOW + 5 + DAY });
      expect(await liveAt(scene, NOW + 5)).toEqual(["key_2", "key_3"]);
      const trail = (await scene.events()).filter((event) => event.at === NOW + 5);
      const deeds = trail.map((event) => `${event.type} ${event.credentialId}`).sort();
      expect(deeds).toEqual([
        "api_key.issued key_3",
        "api_key.overlap_ended key_1",
        "api_key.rotated key_2",
      ]);
    },
  );

  test("a forced rotation goes on from the old key when its successor was revoked", async () => {
    const scene = await aSceneWithAccount(open());
    await scene.write("issueCredential", anApiKey({ expiresAt: NOW + 9 * DAY }));
    await scene.write("rotateCredential", aRotation());
    await scene.write("revokeCredential", { ...API_KEY, id: "key_2" });
    const again = aRotation({ n: 3 });
    await expectRefusal(scene.write("rotateCredential", again), "ROTATION_IN_PROGRESS");
    const { key, old } = await scene.write(
      "rotateCredential",
      { ...again, force: true },
      { at: NOW + 5 },
    );
    expect(key.expiresAt).toBe(NOW + 9 * DAY);
    // The first rotation's promise about the old key still holds.
    expect(old).toMatchObject({ id: "key_1", expiresAt: NOW + DAY, successorId: "key_3" });
  });

  test("refuses to rotate a revoked key, an expired one and another account's", async () => {
    const { write } = await aSceneWithAccount(open());
    await write("createAccount", anAccount({ id: "acct_2" }));
    await write("issueCredential", anApiKey({ n: 1 }));
    await write("issueCredential", anApiKey({ n: 5, expiresAt: NOW }));
    const foreign = write("rotateCredential", aRotation({ accountId: "acct_2" }));
    await expectRefusal(foreign, "NOT_FOUND");
    await expectRefusal(write("rotateCredential", aRotation({ id: "key_5" })), "CONFLICT");
    await write("revokeCredential", { ...API_KEY, id: "key_1" });
    await expectRefusal(write("rotateCredential", aRotation()), "CONFLICT");
  });

  test("lets one of many concurrent rotations through", async () => {
    const scene = await aSceneWithAccount(open());
    await scene.write("issueCredential", anApiKey());
    const attempts = Array.from({ length: 6 }, (_, n) =>
      scene.write("rotateCredential", aRotation({ n: n + 2 })).then(
        () => "rotated",
        (error) => error.code,
      ),
    );
    const outcomes = (await Promise.all(attempts)).sort();
    expect(outcomes).toEqual([...Array(5).fill("ROTATION_IN_PROGRESS"), "rotated"]);
    expect(await liveAt(scene, NOW)).toHaveLength(2);
  });

  test("counts on in one lineage over any number of rotations", async () => {
    const { write } = await aSceneWithAccount(open());
    await write("issueCredential", anApiKey());
    for (let n = 2; n <= 4; n += 1) {
      const rotation = aRotation({ n, id: `key_${n - 1}`, overlapSeconds: 0 });
      const { key } = await write("rotateCredential", rotation, { at: NOW + n });
      expect(key.lineageId).toBe("key_1");
    }
  });

  test("takes a rotation back: the successor is revoked, the key is as it was", async () => {
    const scene = await aSceneWithAccount(open());
    const { store, api, write } = scene;
    const issued = await write("issueCredential", anApiKey({ expiresAt: NOW + 9 * DAY }));
    const brownOuts = [NOW + 10];
    await write("rotateCredential", aRotation({ brownOuts }), { at: NOW + 1 });
    const named = { ...API_KEY, id: "key_1" };
    expect(await write("cancelRotation", named, { at: NOW + 2 })).toEqual(issued);
    expect(await liveAt(scene, NOW + 2)).toEqual(["key_1"]);
    const states = (await store.changes.after(api, 4, 10)).map((change) => change.state);
    expect(states).toEqual([
      expect.objectContaining({ id: "key_2", revokedAt: NOW + 2 }),
      expect.objectContaining({ id: "key_1", revokedAt: null, successorId: null, brownOuts: [] }),
    ]);
    // And it can be rotated again.
    await write("rotateCredential", aRotation({ n: 3 }), { at: NOW + 3 });
    expect(await liveAt(scene, NOW + 4)).toEqual(["key_1", "key_3"]);
  });

  test("takes it back although the successor was revoked, and leaves its instant", async () => {
    const scene = await aSceneWithAccount(open());
    await scene.write("issueCredential", anApiKey());
    await scene.write("rotateCredential", aRotation());
    await scene.write("revokeCredential", { ...API_KEY, id: "key_2" }, { at: NOW + 1 });
    const named = { ...API_KEY, id: "key_1" };
    await scene.write("cancelRotation", named, { at: NOW + 2 });
    const found = await scene.store.keyring.find(scene.api, { ...API_KEY, id: "key_2" });
    expect(found?.revokedAt).toBe(NOW + 1);
    expect(await liveAt(scene, NOW + 9 * DAY)).toEqual(["key_1"]);
  });

  test.each([
    ["a key that was not rotated", "key_1", { rotates: false, at: NOW }],
    ["a successor", "key_2", { rotates: true, at: NOW + 1 }],
    ["a key at the very end of its overlap", "key_1", { rotates: true, at: NOW + DAY }],
  ])("does not take back the rotation of %s", async (_what, id, { rotates, at }) => {
    const scene = await aSceneWithAccount(open());
    await scene.write("issueCredential", anApiKey());
    if (rotates) await scene.write("rotateCredential", aRotation());
    const before = await liveAt(scene, NOW);
    const attempt = scene.write("cancelRotation", { ...API_KEY, id }, { at });
    await expectRefusal(attempt, "CONFLICT");
    expect(await liveAt(scene, NOW)).toEqual(before);
  });

  test("another account's rotation does not exist", async () => {
    const { write } = await aSceneWithAccount(open());
    await write("createAccount", anAccount({ id: "acct_2" }));
    await write("issueCredential", anApiKey());
    await write("rotateCredential", aRotation());
    const foreign = { ...API_KEY, id: "key_1", accountId: "acct_2" };
    await expectRefusal(write("cancelRotation", foreign), "NOT_FOUND");
  });
}
