import { describe, expect, test } from "vitest";
import type { Store } from "../../store/store.ts";
import { anAccount, anApiKey, aRotation, aUser, digestOf } from "../builders.ts";
import { NOW } from "../now.ts";
import { aManagedUser, aPlatformScene } from "./managed-scene.ts";
import { aSceneWithAccount, expectRefusal, type Scene } from "./scene.ts";

const PAGE = { limit: 100, after: undefined };
const OF_FIRST = { userId: "user_1", accountId: "acct_1" };

const aGrant = (id: string) => ({
  ...{ id, userId: "user_1", applicationId: "app_1", scopes: [], refused: [] },
  ...{ payload: "{}", expiresAt: NOW + 9000 },
});

/** `user_1` of `acct_1` and `acct_2`. */
async function aSceneOfTwo(store: Store): Promise<Scene> {
  const scene = await aSceneWithAccount(store);
  await scene.write("createAccount", anAccount({ id: "acct_2" }));
  await scene.write("createUser", aUser());
  await scene.write("addMembership", { userId: "user_1", accountId: "acct_2", role: "member" });
  return scene;
}

async function keysOf({ store, api }: Scene, accountId: string, live: boolean) {
  const filter = { scheme: "api-key", accountId } as const;
  const { items } = await store.keyring.list(api, filter, PAGE);
  return items.filter(({ revokedAt }) => (revokedAt === null) === live).map(({ id }) => id);
}

async function liveGrants({ store, api }: Scene, accountId: string) {
  const { items } = await store.grants.list(api, { accountId, liveAt: NOW }, PAGE);
  return items.map(({ id }) => id);
}

/** What every store does with who leaves an account. */
export function membershipRemovalContract(open: () => Store): void {
  test("ends what acts for the user there, for decisions too, and nothing else", async () => {
    const scene = await aSceneOfTwo(open());
    const { store, api, write } = scene;
    await write("issueCredential", anApiKey({ n: 1, userId: "user_1" }));
    await write("issueCredential", anApiKey({ n: 2, userId: null }));
    await write("issueCredential", anApiKey({ n: 3, userId: "user_1", accountId: "acct_2" }));
    await write("saveGrant", aGrant("gnt_1"));
    const head = await store.changes.head(api);
    expect(await write("removeMembership", OF_FIRST)).toEqual({ revokedAt: NOW });
    expect(await keysOf(scene, "acct_1", true)).toEqual(["key_2"]);
    expect(await keysOf(scene, "acct_2", true)).toEqual(["key_3"]);
    expect(await liveGrants(scene, "acct_1")).toEqual([]);
    expect(await store.logoutNotices.due(NOW, 1000)).toContainEqual({ api, clientId: "app_1" });
    const changes = await store.changes.after(api, head, 100);
    expect(changes.map(({ kind, subjectId }) => [kind, subjectId])).toEqual([
      ["credential", "key_1"],
      ["user", "user_1"],
    ]);
    const memberships = [{ accountId: "acct_2", role: "member" }];
    expect(changes[1]?.state).toMatchObject({ memberships });
    expect(await store.users.find(api, "user_1")).toMatchObject({ memberships });
    expect((await scene.eventTypes()).filter((type) => /removed|revoked/.test(type))).toEqual([
      ...["api_key.revoked", "grant.revoked", "user.membership_removed"],
    ]);
  });

  test("signs out who belongs to no account then, and only then", async () => {
    const { store, api, write } = await aSceneOfTwo(open());
    await write("openSession", {
      ...{ id: `ses_${api}`, digest: digestOf(api), userAgent: "", half: false, replaces: null },
      ...{ kind: "user", personId: "user_1", endsAt: NOW + 9000, expiresAt: NOW + 9000 },
    });
    const session = () => store.sessions.find(digestOf(api), NOW);
    await write("removeMembership", OF_FIRST);
    expect(await session()).toBeDefined();
    await write("removeMembership", { ...OF_FIRST, accountId: "acct_2" });
    expect(await session()).toBeUndefined();
    await expectRefusal(write("saveGrant", aGrant("gnt_9")), "INVALID_REQUEST");
  });

  test.each([
    ["who does not belong to it", { userId: "user_2" }, "NOT_FOUND"],
    ["a stranger", { userId: "user_0" }, "NOT_FOUND"],
    ["an account that is not there", { accountId: "acct_0" }, "NOT_FOUND"],
  ] as const)("refuses %s", async (_what, changes, code) => {
    const { write } = await aSceneOfTwo(open());
    await write("createUser", aUser({ id: "user_2", email: null, accountId: "acct_2" }));
    await expectRefusal(write("removeMembership", { ...OF_FIRST, ...changes }), code);
  });

  test("leaves managed users to their applications, in the application's account", async () => {
    const { store, api, write } = await aPlatformScene(open());
    await write("createManagedUser", aManagedUser());
    await write("createAccount", anAccount({ id: "acct_2" }));
    const other = { userId: "user_1", accountId: "acct_2" };
    await write("addMembership", { ...other, role: "owner" });
    await expectRefusal(write("removeMembership", OF_FIRST), "CONFLICT");
    expect(await write("removeMembership", other)).toEqual({ revokedAt: NOW });
    expect((await store.users.find(api, "user_1"))?.memberships).toEqual([
      { accountId: "acct_1", role: "member" },
    ]);
  });

  test("takes a managed user out of it once the application is revoked", async () => {
    const { write } = await aPlatformScene(open());
    await write("createManagedUser", aManagedUser());
    await write("revokeApplication", { id: "app_1" });
    expect(await write("removeMembership", OF_FIRST)).toEqual({ revokedAt: NOW });
  });

  describe("nothing that is made at the same moment outlives it:", () => {
    const deeds: readonly (readonly [string, (scene: Scene, n: number) => Promise<unknown>])[] = [
      [
        "a new key",
        ({ write }, n) => write("issueCredential", anApiKey({ n: n + 10, userId: "user_1" })),
      ],
      [
        "a rotated key",
        ({ write }, n) => write("rotateCredential", aRotation({ id: `key_${n + 1}`, n: n + 10 })),
      ],
      ["a grant", ({ write }, n) => write("saveGrant", aGrant(`gnt_${n}`))],
    ];
    test.each(deeds)("%s", async (_what, deed) => {
      const scene = await aSceneOfTwo(open());
      for (const n of [1, 2, 3, 4]) {
        await scene.write("issueCredential", anApiKey({ n, userId: "user_1" }));
      }
      const made = [0, 1, 2, 3].map((n) => deed(scene, n).catch(() => undefined));
      await Promise.all([...made, scene.write("removeMembership", OF_FIRST)]);
      expect(await keysOf(scene, "acct_1", true)).toEqual([]);
      expect(await liveGrants(scene, "acct_1")).toEqual([]);
    });
  });
}
