import { expect, test } from "vitest";
import type { Store } from "../../store/store.ts";
import { API_KEY, aContext, anAccount, anApiKey, aUser, digestOf } from "../builders.ts";
import { NOW } from "../now.ts";
import { aScene, aSceneWithAccount, expectRefusal } from "./scene.ts";

const STATE = {
  id: "key_1",
  scheme: "api-key",
  accountId: "acct_1",
  userId: null,
  scopes: ["read:users"],
  mode: "live",
  allowedIps: [],
  limits: null,
  signing: "off",
  expiresAt: null,
  revokedAt: null,
  lineageId: "key_1",
  successorId: null,
  rotatedAt: null,
  brownOuts: [],
  handle: null,
  generation: 1,
  applicationId: null,
};

/** What every store does with API keys, but for their rotation. */
export function apiKeysContract(open: () => Store): void {
  test("issues a key, tells the feed its state, and never shows the digest", async () => {
    const { store, api, write, events } = await aSceneWithAccount(open());
    const limits = ["10/minute", { name: "burst", max: 1, windowSeconds: 1 }];
    const key = anApiKey({ limits, allowedIps: ["192.0.2.0/24"], expiresAt: NOW + 1 });
    const issued = await write("issueCredential", key);
    expect(issued).toEqual({
      id: "key_1",
      accountId: "acct_1",
      userId: null,
      name: "Production",
      handle: null,
      publicKey: null,
      secrets: [],
      brownOuts: [],
      prefix: "lk_live",
      lastFour: "wxyz",
      scopes: ["read:users"],
      mode: "live",
      allowedIps: ["192.0.2.0/24"],
      limits,
      signing: "off",
      createdAt: NOW,
      expiresAt: NOW + 1,
      revokedAt: null,
      rotatedAt: null,
      successorId: null,
      lineageId: "key_1",
      lastUsedAt: null,
    });
    expect(await store.keyring.find(api, { ...API_KEY, id: "key_1" })).toEqual(issued);
    const state = { ...STATE, limits, allowedIps: ["192.0.2.0/24"], expiresAt: NOW + 1 };
    const changes = await store.changes.after(api, 1, 10);
    const change = { seq: 2, at: NOW, kind: "credential", subjectId: "key_1", state };
    expect(changes).toEqual([change]);
    const trail = JSON.stringify([await events(), changes]);
    expect(trail).not.toContain(Buffer.from(key.digest).toString("hex"));
    expect(trail).not.toContain(Buffer.from(key.digest).toString("base64"));
  });

  test("resolves what is asked at once as it resolves each by itself", async () => {
    const [one, other] = [await aSceneWithAccount(open()), await aSceneWithAccount(open())];
    for (const n of [1, 2, 3]) {
      await one.write(
        "issueCredential",
        anApiKey({ id: `key_${n}`, digest: digestOf(`key_${n}`) }),
      );
    }
    await other.write("issueCredential", anApiKey({ id: "key_9", digest: digestOf("key_2") }));
    const asked = [
      [one.api, "api-key", "key_3"],
      [one.api, "api-key", "key_1"],
      [other.api, "api-key", "key_2"],
      [one.api, "access-token", "key_1"],
      [one.api, "api-key", "nobody's"],
      [one.api, "api-key", "key_2"],
      [one.api, "api-key", "key_3"],
    ] as const;
    const ask = ([api, scheme, secret]: (typeof asked)[number]) =>
      one.store.credentials.resolve(api, scheme, digestOf(secret));
    const together = await Promise.all(asked.map(ask));
    const inTurn = [];
    for (const each of asked) inTurn.push(await ask(each));
    expect(together).toEqual(inTurn);
    const ids = together.map(({ asOf, credential }) => [asOf, credential?.id]);
    const expected = [
      [4, "key_3"],
      [4, "key_1"],
      [2, "key_9"],
      [4],
      [4],
      [4, "key_2"],
      [4, "key_3"],
    ];
    expect(ids).toEqual(expected.map(([asOf, id]) => [asOf, id]));
  });

  test("resolves a digest to credential and account as of the feed's head", async () => {
    const { store, api, write } = await aSceneWithAccount(open());
    await write("issueCredential", anApiKey());
    expect(await store.credentials.resolve(api, "api-key", digestOf("key_1"))).toEqual({
      asOf: 2,
      credential: STATE,
      account: { id: "acct_1", kind: "account", parentId: null, status: "active", plan: null },
      material: undefined,
    });
  });

  test.each([
    ["a digest never issued", "api-key", "key_2", 2],
    ["another scheme", "customer-jwt", "key_1", 2],
  ])("resolves %s to nothing, as of the head", async (_what, scheme, secret, asOf) => {
    const { store, api, write } = await aSceneWithAccount(open());
    await write("issueCredential", anApiKey());
    const nothing = { asOf, credential: undefined, account: undefined, material: undefined };
    expect(await store.credentials.resolve(api, scheme, digestOf(secret))).toEqual(nothing);
  });

  test("resolves nothing in an API that was never written to, as of 0", async () => {
    const { store, api } = aScene(open());
    const nothing = { asOf: 0, credential: undefined, account: undefined, material: undefined };
    expect(await store.credentials.resolve(api, "api-key", digestOf("key_1"))).toEqual(nothing);
  });

  test("refuses an account that is not there, and a user who is not its own", async () => {
    const { write } = await aSceneWithAccount(open());
    const homeless = write("issueCredential", anApiKey({ accountId: "acct_0" }));
    await expectRefusal(homeless, "INVALID_REQUEST", { field: "accountId" });
    await write("createAccount", anAccount({ id: "acct_2" }));
    await write("createUser", aUser({ accountId: "acct_2" }));
    const stranger = write("issueCredential", anApiKey({ userId: "user_1" }));
    await expectRefusal(stranger, "INVALID_REQUEST", { field: "userId" });
    const own = await write("issueCredential", anApiKey({ accountId: "acct_2", userId: "user_1" }));
    expect(own.userId).toBe("user_1");
  });

  test("keeps to the greatest number of live keys, however many ask at once", async () => {
    const { write } = await aSceneWithAccount(open());
    await write("issueCredential", anApiKey({ n: 100, expiresAt: NOW }));
    await write("issueCredential", anApiKey({ n: 101 }));
    await write("revokeCredential", { ...API_KEY, id: "key_101" });
    const attempts = Array.from({ length: 8 }, (_, n) =>
      write("issueCredential", anApiKey({ n, maxLive: 3 })).then(
        () => "issued",
        (error) => error.code,
      ),
    );
    const outcomes = (await Promise.all(attempts)).sort();
    expect(outcomes).toEqual([...Array(5).fill("CONFLICT"), ...Array(3).fill("issued")]);
  });

  test("updates what is named, for the feed too", async () => {
    const { store, api, write, events } = await aSceneWithAccount(open());
    await write("issueCredential", anApiKey({ expiresAt: NOW + 5 }));
    const changes = { name: "CI", scopes: [], allowedIps: ["::1/128"], limits: ["1/hour"] };
    const updated = await write(
      "updateApiKey",
      { id: "key_1", ...changes, expiresAt: null },
      { at: NOW + 1 },
    );
    expect(updated).toMatchObject({ ...changes, expiresAt: null, mode: "live" });
    expect(await store.keyring.find(api, { ...API_KEY, id: "key_1" })).toEqual(updated);
    const [change] = await store.changes.after(api, 2, 10);
    expect(change?.state).toMatchObject({ scopes: [], expiresAt: null, limits: ["1/hour"] });
    expect((await events()).at(-1)).toMatchObject({
      type: "api_key.updated",
      detail: { ...changes, expiresAt: null },
    });
  });

  test("writes neither change nor event when an update changes nothing", async () => {
    const { store, api, write } = await aSceneWithAccount(open());
    await write("issueCredential", anApiKey());
    await write("updateApiKey", { id: "key_1", scopes: ["read:users"], limits: null });
    expect(await store.changes.head(api)).toBe(2);
  });

  test("revokes once and for good: a repeat keeps the first instant and tells nobody", async () => {
    const { store, api, write, eventTypes } = await aSceneWithAccount(open());
    await write("issueCredential", anApiKey());
    const first = await write("revokeCredential", { ...API_KEY, id: "key_1" }, { at: NOW + 1 });
    const second = await write("revokeCredential", { ...API_KEY, id: "key_1" }, { at: NOW + 2 });
    expect([first, second]).toEqual([{ revokedAt: NOW + 1 }, { revokedAt: NOW + 1 }]);
    const changes = await store.changes.after(api, 2, 10);
    expect(changes.map((change) => change.state)).toEqual([{ ...STATE, revokedAt: NOW + 1 }]);
    expect(await eventTypes()).toEqual(["account.created", "api_key.issued", "api_key.revoked"]);
    const { credential } = await store.credentials.resolve(api, "api-key", digestOf("key_1"));
    expect(credential?.revokedAt).toBe(NOW + 1);
    await expectRefusal(write("updateApiKey", { id: "key_1", name: "New" }), "CONFLICT");
  });

  test.each([
    [
      "read",
      (scene) =>
        scene.store.keyring.find(scene.api, { ...API_KEY, id: "key_1", accountId: "acct_2" }),
    ],
    [
      "update",
      (scene) => scene.write("updateApiKey", { id: "key_1", accountId: "acct_2", name: "" }),
    ],
    [
      "revoke",
      (scene) => scene.write("revokeCredential", { ...API_KEY, id: "key_1", accountId: "acct_2" }),
    ],
  ] as [string, (scene: ReturnType<typeof aScene>) => Promise<unknown>][])(
    "does not let one account %s another's key",
    async (_verb, attempt) => {
      const scene = await aSceneWithAccount(open());
      await scene.write("issueCredential", anApiKey());
      const answer = await attempt(scene).catch((error) => error.code);
      expect([undefined, "NOT_FOUND"]).toContain(answer);
      expect(await scene.store.changes.head(scene.api)).toBe(2);
      expect(
        (
          await scene.store.keyring.find(scene.api, {
            ...API_KEY,
            id: "key_1",
            accountId: "acct_1",
          })
        )?.id,
      ).toBe("key_1");
    },
  );

  test("lists one account's keys, or all, in pages from new to old", async () => {
    const { store, api, write } = await aSceneWithAccount(open());
    await write("createAccount", anAccount({ id: "acct_2" }));
    for (const [n, accountId] of ["acct_1", "acct_2", "acct_1", "acct_1"].entries()) {
      await write("issueCredential", anApiKey({ n, accountId }), { at: NOW + n });
    }
    const first = await store.keyring.list(
      api,
      { ...API_KEY, accountId: "acct_1" },
      { limit: 2, after: undefined },
    );
    expect(first.items.map((key) => key.id)).toEqual(["key_3", "key_2"]);
    const after = first.next ?? undefined;
    const second = await store.keyring.list(
      api,
      { ...API_KEY, accountId: "acct_1" },
      { limit: 2, after },
    );
    expect(second.items.map((key) => key.id)).toEqual(["key_0"]);
    const all = await store.keyring.list(api, API_KEY, { limit: 10, after });
    expect(all.items.map((key) => key.id)).toEqual(["key_1", "key_0"]);
  });

  test("a credential writes only while it lives and its account is not suspended", async () => {
    const { store, api, write } = await aSceneWithAccount(open());
    await write("issueCredential", anApiKey({ expiresAt: NOW + 100 }));
    const actor = { kind: "credential", id: "key_1" } as const;
    const issue = (id: string, at: number) => {
      const key = anApiKey({ id, lineageId: id, digest: digestOf(id) });
      return store.write("issueCredential", key, aContext({ api, actor, at }));
    };
    await issue("key_2", NOW + 99);
    await expectRefusal(issue("key_3", NOW + 100), "UNAUTHORIZED");
    await write("suspendAccount", { id: "acct_1" });
    await expectRefusal(issue("key_4", NOW + 50), "UNAUTHORIZED");
    await write("resumeAccount", { id: "acct_1" });
    await write("revokeCredential", { ...API_KEY, id: "key_1" });
    await expectRefusal(issue("key_5", NOW + 50), "UNAUTHORIZED");
    const { items } = await store.keyring.list(api, API_KEY, { limit: 10, after: undefined });
    expect(items.map(({ id }) => id).sort()).toEqual(["key_1", "key_2"]);
  });

  test.each([
    ["its own account", "acct_1", "acct_2"],
    ["the account it acts for", "acct_2", "acct_1"],
  ])(
    "a credential writes for another account only while %s is not suspended",
    async (_whose, suspended, other) => {
      const { store, api, write } = await aSceneWithAccount(open());
      await write("createAccount", anAccount({ id: "acct_2" }));
      await write("issueCredential", anApiKey());
      const actor = { kind: "credential", id: "key_1" } as const;
      const attempt = (n: number, actsFor: string | null = "acct_2") =>
        store.write("createAccount", anAccount({ id: `acct_new_${n}` }), {
          ...aContext({ api, actor }),
          actsFor,
        });
      await attempt(1);
      await write("suspendAccount", { id: suspended });
      await expectRefusal(attempt(2), "UNAUTHORIZED");
      await write("resumeAccount", { id: suspended });
      await attempt(3);
      await expectRefusal(attempt(4, "acct_none"), "UNAUTHORIZED");
      await write("suspendAccount", { id: other });
      await expectRefusal(attempt(5), "UNAUTHORIZED");
      const { items } = await store.accounts.list(api, {}, { limit: 10, after: undefined });
      const made = items.map(({ id }) => id).filter((id) => id.includes("new"));
      expect(made.sort()).toEqual(["acct_new_1", "acct_new_3"]);
    },
  );

  test("writes who did it, from where and in which request", async () => {
    const { store, api, write, events } = await aSceneWithAccount(open());
    const actor = { kind: "operator", id: "opt_9" } as const;
    const context = aContext({ api, actor, requestId: "req_9", address: "2001:db8::9" });
    await store.write("issueCredential", anApiKey(), { ...context, at: NOW + 9 });
    await write("revokeCredential", { ...API_KEY, id: "key_1" }, { at: NOW + 10, address: null });
    const [, issued, revoked] = await events();
    expect(issued).toEqual({
      id: expect.stringMatching(/^evt_[0-9a-f]{24}$/),
      type: "api_key.issued",
      at: NOW + 9,
      actor,
      accountId: "acct_1",
      credentialId: "key_1",
      requestId: "req_9",
      address: "2001:db8::9",
      detail: expect.objectContaining({ name: "Production", scopes: ["read:users"] }),
      count: 1,
    });
    expect(revoked).toMatchObject({ actor: { kind: "operator", id: "opt_1" }, address: null });
  });
}
