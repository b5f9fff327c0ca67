import { expect, test } from "vitest";
import type { CommandInput } from "../../store/commands.ts";
import type { Store } from "../../store/store.ts";
import { anAccount, aUser, digestOf } from "../builders.ts";
import { NOW } from "../now.ts";
import { aSceneWithAccount, expectRefusal, type Scene } from "./scene.ts";

const PAGE = { limit: 10, after: undefined };
const DAY = 86_400_000;

function aGrant(changes: Partial<CommandInput<"saveGrant">> = {}): CommandInput<"saveGrant"> {
  return {
    id: "gnt_1",
    userId: "user_1",
    applicationId: "app_1",
    scopes: ["read:users"],
    refused: [],
    payload: "{}",
    expiresAt: NOW + DAY,
    ...changes,
  };
}

/** A refresh token of `gnt_1`; with `token`, an access token. */
function anArtifact(
  changes: Partial<CommandInput<"saveArtifact">> = {},
): CommandInput<"saveArtifact"> {
  return {
    model: "RefreshToken",
    digest: digestOf("refresh"),
    grantId: "gnt_1",
    uidDigest: null,
    userCodeDigest: null,
    payload: '{"a":1}',
    expiresAt: NOW + 1000,
    token: null,
    ...changes,
  };
}

const TOKEN = {
  id: "tok_1",
  digest: digestOf("lk_at_1"),
  applicationId: "app_1",
  scopes: ["read:users"],
  boundKey: null,
};

async function aSceneWithGrant(store: Store): Promise<Scene> {
  const scene = await aSceneWithAccount(store);
  await scene.write("createUser", aUser());
  await scene.write("saveGrant", aGrant());
  return scene;
}

/** What every store does with what authorization servers keep. */
export function oauthContract(open: () => Store): void {
  test("of ten who write one new grant at once each has written it, and it is made once", async () => {
    const scene = await aSceneWithAccount(open());
    const { store, api, write } = scene;
    await write("createUser", aUser());
    const saved = await Promise.all(Array.from({ length: 10 }, () => write("saveGrant", aGrant())));
    expect(saved).toEqual(Array(10).fill({ saved: true }));
    expect((await store.grants.list(api, {}, PAGE)).items).toHaveLength(1);
    const types = await scene.eventTypes();
    expect(types.filter((type) => type === "grant.created")).toHaveLength(1);
  });

  test("a grant is the user's and the first account's, and is found by either", async () => {
    const { store, api, write } = await aSceneWithGrant(open());
    await write("saveGrant", aGrant({ id: "gnt_2", applicationId: "app_2" }), { at: NOW + 1 });
    const grant = { id: "gnt_1", userId: "user_1", accountId: "acct_1", revokedAt: null };
    expect(await store.grants.find(api, "gnt_1")).toMatchObject(grant);
    const ids = async (filter: object) =>
      (await store.grants.list(api, filter, PAGE)).items.map(({ id }) => id);
    expect(await ids({})).toEqual(["gnt_2", "gnt_1"]);
    expect(await ids({ userId: "user_1", applicationId: "app_1" })).toEqual(["gnt_1"]);
    expect(await ids({ accountId: "acct_9" })).toEqual([]);
    await write("revokeGrant", { id: "gnt_1" });
    expect(await ids({ liveAt: NOW })).toEqual(["gnt_2"]);
    expect(await ids({ liveAt: NOW + DAY })).toEqual([]);
  });

  test("a grant of nobody is refused, and of a user whose every account is suspended", async () => {
    const { write, store, api } = await aSceneWithAccount(open());
    await expectRefusal(write("saveGrant", aGrant()), "NOT_FOUND");
    await write("createUser", aUser());
    await write("suspendAccount", { id: "acct_1" });
    await expectRefusal(write("saveGrant", aGrant()), "INVALID_REQUEST");
    await write("createAccount", anAccount({ id: "acct_2" }));
    await write("addMembership", { userId: "user_1", accountId: "acct_2", role: "member" });
    await write("saveGrant", aGrant());
    expect(await store.grants.find(api, "gnt_1")).toMatchObject({ accountId: "acct_2" });
  });

  test("what was issued is not live while its account is suspended", async () => {
    const { store, api, write } = await aSceneWithGrant(open());
    await write("saveArtifact", anArtifact({ model: "AccessToken", token: TOKEN }));
    const live = async () => [
      (await store.oauthArtifacts.scopesOfToken(api, TOKEN.digest)) !== undefined,
      (await store.grants.payload(api, "gnt_1")) !== undefined,
    ];
    expect(await live()).toEqual([true, true]);
    await write("suspendAccount", { id: "acct_1" });
    expect(await live()).toEqual([false, false]);
    await write("resumeAccount", { id: "acct_1" });
    expect(await live()).toEqual([true, true]);
  });

  test("revoking ends what was issued, once, and nothing is issued after", async () => {
    const { store, api, write, eventTypes } = await aSceneWithGrant(open());
    const access = anArtifact({ model: "AccessToken", digest: digestOf("a"), token: TOKEN });
    expect(await write("saveArtifact", anArtifact())).toEqual({ saved: true });
    expect(await write("saveArtifact", access)).toEqual({ saved: true });
    expect(await store.oauthArtifacts.scopesOfToken(api, TOKEN.digest)).toEqual(TOKEN.scopes);
    expect(await write("revokeGrant", { id: "gnt_1" })).toEqual({ revokedAt: NOW });
    expect(await write("revokeGrant", { id: "gnt_1" }, { at: NOW + 1 })).toEqual({
      revokedAt: NOW,
    });
    expect(await store.oauthArtifacts.scopesOfToken(api, TOKEN.digest)).toBeUndefined();
    expect(await store.oauthArtifacts.find(api, access)).toBeUndefined();
    expect(await store.oauthArtifacts.find(api, anArtifact())).toMatchObject({ consumedAt: NOW });
    expect(await write("saveArtifact", anArtifact())).toEqual({ saved: false });
    expect(await write("saveGrant", aGrant())).toEqual({ saved: false });
    expect(await store.grants.payload(api, "gnt_1")).toBeUndefined();
    const types = await eventTypes();
    expect(types.filter((type) => type.startsWith("grant."))).toEqual([
      "grant.created",
      "grant.revoked",
    ]);
    await expectRefusal(write("revokeGrant", { id: "gnt_9" }), "NOT_FOUND");
  });

  test("an artifact is consumed once, and saving it again does not undo that", async () => {
    const { store, api, write } = await aSceneWithGrant(open());
    await write("saveArtifact", anArtifact());
    const named = { model: "RefreshToken", digest: digestOf("refresh") };
    expect(await write("consumeArtifact", named)).toEqual({ first: true });
    expect(await write("consumeArtifact", named)).toEqual({ first: false });
    await write("saveArtifact", anArtifact({ payload: '{"a":2}' }));
    expect(await store.oauthArtifacts.find(api, named)).toMatchObject({
      payload: '{"a":2}',
      grantId: "gnt_1",
      consumedAt: NOW,
    });
  });

  test("an artifact is traded for others once, and for none under a revoked grant", async () => {
    const { store, api, write } = await aSceneWithGrant(open());
    const spent = { model: "RefreshToken", digest: digestOf("refresh") };
    const access = anArtifact({ model: "AccessToken", digest: digestOf("a"), token: TOKEN });
    const next = anArtifact({ digest: digestOf("next") });
    await write("saveArtifact", anArtifact());
    const traded = { outcome: "traded" };
    expect(await write("tradeArtifact", { spent, made: [access, next] })).toEqual(traded);
    expect(await store.oauthArtifacts.scopesOfToken(api, TOKEN.digest)).toEqual(TOKEN.scopes);
    expect(await store.oauthArtifacts.find(api, next)).toMatchObject({ consumedAt: null });
    const other = anArtifact({ digest: digestOf("other") });
    const used = { outcome: "used" };
    expect(await write("tradeArtifact", { spent, made: [other] })).toEqual(used);
    await write("saveArtifact", anArtifact({ grantId: null, digest: digestOf("free") }));
    await write("revokeGrant", { id: "gnt_1" });
    const free = { model: "RefreshToken", digest: digestOf("free") };
    const ended = { outcome: "ended" };
    expect(await write("tradeArtifact", { spent: free, made: [other] })).toEqual(ended);
    expect(await store.oauthArtifacts.find(api, other)).toBeUndefined();
  });

  test("an application that is none may have no token of its own", async () => {
    const { write } = await aSceneWithGrant(open());
    const own = anArtifact({ model: "ClientCredentials", grantId: null, token: TOKEN });
    expect(await write("saveArtifact", own)).toEqual({ saved: false });
  });

  test("a sign-in that has ended is not brought back, under its own name or another", async () => {
    const { store, api, write } = await aSceneWithGrant(open());
    const session = (name: string) =>
      anArtifact({ model: "Session", grantId: null, userId: "user_1", digest: digestOf(name) });
    const follow = (over: string, name: string) =>
      write("replaceSignIn", { ...session(name), userId: "user_1", over: digestOf(over) });
    await write("saveArtifact", session("one"));
    expect(await follow("one", "one")).toEqual({ saved: true });
    expect(await follow("one", "two")).toEqual({ saved: true });
    expect(await store.oauthArtifacts.find(api, session("one"))).toBeUndefined();
    expect(await follow("one", "three")).toEqual({ saved: false });
    await write("endSessions", { kind: "user", personId: "user_1" });
    expect(await follow("two", "two")).toEqual({ saved: false });
    for (const name of ["one", "two", "three"]) {
      expect(await store.oauthArtifacts.find(api, session(name))).toBeUndefined();
    }
  });

  test("no sign-in is written by a password that was replaced since it was looked at", async () => {
    const { store, api, write } = await aSceneWithGrant(open());
    const signIn = (name: string, signedOutAt: number | null) =>
      write("saveArtifact", {
        ...anArtifact({ model: "Interaction", grantId: null, digest: digestOf(name) }),
        ...{ userId: "user_1", signedOutAt },
      });
    expect(await signIn("before", null)).toEqual({ saved: true });
    const change = { personId: "user_1", passwordHash: "new" };
    const names = Array.from({ length: 8 }, (_, i) => `meanwhile ${i}`);
    await Promise.all([...names.map((name) => signIn(name, null)), write("setPassword", change)]);
    expect(await signIn("after", null)).toEqual({ saved: false });
    for (const name of ["before", ...names, "after"]) {
      const named = { model: "Interaction", digest: digestOf(name) };
      expect(await store.oauthArtifacts.find(api, named)).toBeUndefined();
    }
    expect(await signIn("anew", NOW)).toEqual({ saved: true });
  });

  test("what has expired is forgotten, and nothing else", async () => {
    const { store, api, write } = await aSceneWithGrant(open());
    const later = anArtifact({ digest: digestOf("later"), expiresAt: NOW + 2000 });
    await write("saveArtifact", anArtifact());
    await write("saveArtifact", later);
    await write("forgetArtifacts", { limit: 100 }, { at: NOW + 1000 });
    expect(await store.oauthArtifacts.find(api, anArtifact())).toBeUndefined();
    expect(await store.oauthArtifacts.find(api, later)).toBeDefined();
  });

  test("when too many registered themselves, those go that no user approved in an hour", async () => {
    const { store, api, write } = await aSceneWithGrant(open());
    const register = (id: string, minutes: number) => {
      const client = { id, metadata: "{}", maxClients: 2 };
      return write("saveOAuthClient", client, { at: NOW + minutes * 60_000 });
    };
    // A user approved `app_1`.
    for (const id of ["app_1", "app_2"]) expect(await register(id, 0)).toEqual({ saved: true });
    expect(await register("app_3", 60)).toEqual({ saved: false });
    expect(await register("app_2", 60)).toEqual({ saved: true });
    expect(await register("app_3", 61)).toEqual({ saved: true });
    const isKept = async (id: string) => (await store.oauthClients.metadata(api, id)) !== undefined;
    expect([await isKept("app_1"), await isKept("app_2"), await isKept("app_3")]).toEqual([
      ...[true, false, true],
    ]);
  });

  test("removing a client that registered itself ends the grants it was given", async () => {
    const { store, api, write } = await aSceneWithGrant(open());
    await write("saveOAuthClient", { id: "app_1", metadata: '{"a":1}', maxClients: 1 });
    expect(await store.oauthClients.metadata(api, "app_1")).toBe('{"a":1}');
    expect(await write("removeOAuthClient", { id: "app_1" })).toEqual({ removed: true });
    expect(await write("removeOAuthClient", { id: "app_1" })).toEqual({ removed: false });
    expect(await store.oauthClients.metadata(api, "app_1")).toBeUndefined();
    expect(await store.grants.find(api, "gnt_1")).toMatchObject({ revokedAt: NOW });
  });
}
