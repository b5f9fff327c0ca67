import { hash } from "node:crypto";
import { expect, test } from "vitest";
import { DEPLOYMENT, type Idempotency, type Store } from "../../store/store.ts";
import { API_KEY, aContext, anAccount, anApiKey } from "../builders.ts";
import { NOW } from "../now.ts";
import { aScene, aSceneWithAccount, expectRefusal } from "./scene.ts";

const DAY = 86_400_000;
const sha256 = (text: string): Uint8Array => hash("sha256", text, "buffer");

/** What every store does with repeated commands. */
export function idempotencyContract(open: () => Store): void {
  const keyed = (
    changes: { key?: string; body?: string; secrets?: string[] } = {},
  ): Idempotency => ({
    keyDigest: sha256(changes.key ?? "a key"),
    bodyDigest: sha256(changes.body ?? "a body"),
    sealingKeys: (changes.secrets ?? ["a secret"]).map(sha256),
  });

  test("answers a repeat with the first answer and its secret, and does nothing", async () => {
    const { store, api, eventTypes } = await aSceneWithAccount(open());
    const context = aContext({ api, idempotency: keyed() });
    const first = await store.write("issueCredential", anApiKey(), context, {
      key: "lk_live_CANARY",
    });
    const again = await store.write(
      "issueCredential",
      anApiKey({ n: 2 }),
      { ...context, at: NOW + 5 },
      { key: "lk_live_OTHER" },
    );
    expect(first).toMatchObject({ replayed: false, once: { key: "lk_live_CANARY" } });
    expect(again).toEqual({ ...first, replayed: true, seq: undefined });
    expect(await store.changes.head(api)).toBe(2);
    expect(await store.keyring.find(api, { ...API_KEY, id: "key_2" })).toBeUndefined();
    expect(await eventTypes()).toEqual(["account.created", "api_key.issued"]);
  });

  test("repeats an answer that had no secret", async () => {
    const { store, api } = aScene(open());
    const context = aContext({ api, idempotency: keyed() });
    await store.write("createAccount", anAccount(), context);
    const again = await store.write("createAccount", anAccount(), context);
    expect(again).toMatchObject({ replayed: true, once: undefined, output: { id: "acct_1" } });
  });

  test("refuses the same key with another body, and does nothing", async () => {
    const { store, api } = aScene(open());
    await store.write("createAccount", anAccount(), aContext({ api, idempotency: keyed() }));
    const other = aContext({ api, idempotency: keyed({ body: "another" }) });
    const attempt = store.write("createAccount", anAccount({ id: "acct_2" }), other);
    await expectRefusal(attempt, "IDEMPOTENCY_KEY_REUSED");
    expect(await store.changes.head(api)).toBe(1);
  });

  test("keeps the keys of two APIs apart", async () => {
    const [a, b] = [aScene(open()), aScene(open())];
    for (const { store, api } of [a, b]) {
      const context = aContext({ api, idempotency: keyed() });
      const { replayed } = await store.write("createAccount", anAccount(), context);
      expect(replayed).toBe(false);
    }
  });

  test("remembers for 24 hours and not an instant longer", async () => {
    const { store, api } = aScene(open());
    const at = (millis: number) => aContext({ api, at: NOW + millis, idempotency: keyed() });
    const create = (id: string, millis: number) =>
      store.write("createAccount", anAccount({ id }), at(millis));
    expect((await create("acct_1", 0)).replayed).toBe(false);
    expect((await create("acct_2", DAY - 1)).output.id).toBe("acct_1");
    expect(await create("acct_3", DAY)).toMatchObject({
      replayed: false,
      output: { id: "acct_3" },
    });
    expect((await create("acct_4", DAY + 1)).output.id).toBe("acct_3");
  });

  test("forgets a key whose command failed, so that it may be tried again", async () => {
    const { store, api, write } = aScene(open());
    const context = aContext({ api, idempotency: keyed() });
    await expectRefusal(store.write("issueCredential", anApiKey(), context), "INVALID_REQUEST");
    await write("createAccount", anAccount());
    expect((await store.write("issueCredential", anApiKey(), context)).replayed).toBe(false);
  });

  test("runs exactly one of many concurrent calls with one key; all get its answer", async () => {
    const { store, api } = aScene(open());
    const context = aContext({ api, idempotency: keyed() });
    const calls = Array.from({ length: 8 }, (_, n) =>
      store.write("createAccount", anAccount({ name: `call ${n}` }), context, n),
    );
    const answers = await Promise.all(calls);
    const [first] = answers.filter((answer) => !answer.replayed);
    expect(answers.filter((answer) => answer.replayed)).toHaveLength(7);
    for (const { output, once } of answers) {
      expect({ output, once }).toEqual({ output: first?.output, once: first?.once });
    }
    expect(await store.changes.head(api)).toBe(1);
  });

  test("repeats an answer that is sealed under any of the keys, and seals under the first", async () => {
    const { store, api } = aScene(open());
    const under = (...secrets: string[]) => aContext({ api, idempotency: keyed({ secrets }) });
    await store.write("createAccount", anAccount(), under("old", "new"));
    const repeat = (...secrets: string[]) =>
      store.write("createAccount", anAccount({ id: "acct_2" }), under(...secrets));
    for (const ring of [["new", "old"], ["old"], ["newest", "new", "old"]]) {
      expect(await repeat(...ring)).toMatchObject({ replayed: true, output: { id: "acct_1" } });
    }
    await expectRefusal(repeat("new"), "CONFLICT");
  });

  test("neither runs again nor answers when the answer can no longer be opened", async () => {
    const { store, api } = aScene(open());
    await store.write("createAccount", anAccount(), aContext({ api, idempotency: keyed() }));
    const rotated = aContext({ api, idempotency: keyed({ secrets: ["a new master key"] }) });
    await expectRefusal(
      store.write("createAccount", anAccount({ id: "acct_2" }), rotated),
      "CONFLICT",
    );
    expect(await store.accounts.find(api, "acct_2")).toBeUndefined();
  });

  test("deletes what has expired, a little at a time, and nothing else", async () => {
    const { store, api } = aScene(open());
    for (const n of [1, 2, 3]) {
      const context = aContext({ api, at: NOW - n * DAY, idempotency: keyed({ key: `old ${n}` }) });
      await store.write("createAccount", anAccount({ id: `acct_${n}` }), context);
    }
    const fresh = aContext({ api, idempotency: keyed({ key: "fresh" }) });
    await store.write("createAccount", anAccount({ id: "acct_4" }), fresh);
    const forget = async (limit: number) =>
      (await store.write("forgetAnswers", { limit }, aContext({ api: DEPLOYMENT }))).output;
    expect(await forget(2)).toEqual({ forgotten: 2 });
    expect((await forget(1000)).forgotten).toBeGreaterThanOrEqual(1);
    expect(await forget(1000)).toEqual({ forgotten: 0 });
    expect((await store.write("createAccount", anAccount({ id: "acct_5" }), fresh)).replayed).toBe(
      true,
    );
  });
}
