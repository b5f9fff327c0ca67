import { expect, test } from "vitest";
import type { CommandInput } from "../../store/commands.ts";
import type { Store } from "../../store/store.ts";
import { digestOf } from "../builders.ts";
import { NOW } from "../now.ts";
import { aScene, expectRefusal } from "./scene.ts";

function aPasskey(n: number, changes: Partial<CommandInput<"addPasskey">> = {}) {
  return {
    id: `credential-${n}`,
    personId: "user_1",
    name: `Phone ${n}`,
    publicKey: digestOf(`key ${n}`),
    counter: 0,
    transports: ["internal"],
    challengeDigest: digestOf(`challenge ${n}`),
    challengeExpiresAt: NOW + 1000,
    ...changes,
  };
}

/** What every store does with passkeys. */
export function passkeysContract(open: () => Store): void {
  test("a passkey is found in its API, and listed from old to new", async () => {
    const { write, store, api, events } = aScene(open());
    await write("addPasskey", aPasskey(2), { at: NOW - 1 });
    await write("addPasskey", aPasskey(1));
    const listed = await store.passkeys.list(api, "user_1");
    expect(listed.map(({ name, createdAt }) => [name, createdAt])).toEqual([
      ["Phone 2", NOW - 1],
      ["Phone 1", NOW],
    ]);
    expect(await store.passkeys.list(api, "user_2")).toEqual([]);
    const found = await store.passkeys.find(api, "credential-1");
    expect(found).toMatchObject({ personId: "user_1", transports: ["internal"], counter: 0 });
    expect(Buffer.from(found?.publicKey ?? [])).toEqual(Buffer.from(digestOf("key 1")));
    expect(await store.passkeys.find("other", "credential-1")).toBeUndefined();
    expect((await events()).map(({ type, detail }) => [type, detail])).toEqual([
      ["passkey.added", { personId: "user_1", name: "Phone 2" }],
      ["passkey.added", { personId: "user_1", name: "Phone 1" }],
    ]);
  });

  test("refuses a known one, an answer that was given before, and a twenty-first", async () => {
    const { write, store, api } = aScene(open());
    await write("addPasskey", aPasskey(1));
    const challengeDigest = digestOf("another");
    await expectRefusal(write("addPasskey", aPasskey(1, { challengeDigest })), "CONFLICT");
    const again = aPasskey(2, { challengeDigest: digestOf("challenge 1") });
    await expectRefusal(write("addPasskey", again), "INVALID_REQUEST", { field: "response" });
    for (let n = 2; n <= 20; n += 1) await write("addPasskey", aPasskey(n));
    await expectRefusal(write("addPasskey", aPasskey(21)), "CONFLICT");
    expect(await store.passkeys.list(api, "user_1")).toHaveLength(20);
  });

  test("an answer counts once, and only with the counter that was checked", async () => {
    const { write, store, api } = aScene(open());
    await write("addPasskey", aPasskey(1));
    const use = (challenge: string, counterBefore: number, counter: number) =>
      write("usePasskey", {
        ...{ id: "credential-1", counterBefore, counter },
        ...{ challengeDigest: digestOf(challenge), challengeExpiresAt: NOW + 1000 },
      });
    const tries = Array.from({ length: 20 }, () => use("a", 0, 5));
    expect((await Promise.all(tries)).filter(({ used }) => used)).toHaveLength(1);
    expect(await use("b", 0, 6)).toEqual({ used: false });
    expect(await use("c", 5, 6)).toEqual({ used: true });
    expect(await store.passkeys.find(api, "credential-1")).toMatchObject({
      counter: 6,
      lastUsedAt: NOW,
    });
  });

  test("removes one's own passkey, and nobody else's", async () => {
    const { write, store, api } = aScene(open());
    await write("addPasskey", aPasskey(1));
    const id = "credential-1";
    await expectRefusal(write("removePasskey", { personId: "user_2", id }), "NOT_FOUND");
    await write("removePasskey", { personId: "user_1", id });
    expect(await store.passkeys.find(api, id)).toBeUndefined();
    await expectRefusal(write("removePasskey", { personId: "user_1", id }), "NOT_FOUND");
  });
}
