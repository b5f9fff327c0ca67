import { expect, test } from "vitest";
import type { TokenPair } from "../../store/managed-tokens.ts";
import type { Store } from "../../store/store.ts";
import { anAccount, anApiKey, aRotation, aUser, digestOf } from "../builders.ts";
import { NOW } from "../now.ts";
import { aManagedUser, aPair, aPlatformScene } from "./managed-scene.ts";
import { expectRefusal, type Scene } from "./scene.ts";
import { anEndpoint } from "./webhook-scene.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const OF_CLIENT = { applicationId: "app_1" } as const;
const ALL = { offset: 0, limit: 100 } as const;

async function aUserScene(store: Store) {
  const scene = await aPlatformScene(store);
  const { user, tokens } = await scene.write("createManagedUser", aManagedUser());
  return { scene, user, tokens };
}

/** Refreshes with a token; the new pair is the `n`th. */
function refresh(scene: Scene, token: string, n: number, at = NOW, applicationId = "app_1") {
  const input = { applicationId, digest: digestOf(token), pair: aPair(n) };
  return scene.write("refreshManagedTokens", input, { at });
}

/** `live`, `ended`, or `gone` when the store does not know the token. */
async function fateOf({ store, api }: Scene, { accessToken }: TokenPair): Promise<string> {
  const digest = digestOf(accessToken);
  const { credential } = await store.credentials.resolve(api, "access-token", digest);
  if (credential === undefined) return "gone";
  return credential.revokedAt === null ? "live" : "ended";
}

/** What every store does with users that applications made. */
export function managedUsersContract(open: () => Store): void {
  test("makes a user of the client's account, numbered as all users are", async () => {
    const { scene, user } = await aUserScene(open());
    const { store, api, write } = scene;
    const { applicationId, id, name, email, profile } = aManagedUser();
    const whole = { applicationId, id, number: 1, name, email, profile, createdAt: NOW };
    expect(user).toEqual(whole);
    expect(await store.managedUsers.find(api, "app_1", 1)).toEqual(whole);
    expect(await store.managedUsers.findById(api, id)).toEqual(whole);
    const memberships = [{ accountId: "acct_1", role: "member" }];
    expect(await store.users.resolve(api, id)).toMatchObject({ user: { number: 1, memberships } });
    expect((await store.changes.after(api, 3, 10)).at(-1)).toMatchObject({
      kind: "user",
      state: { id, number: 1, memberships },
    });
    const plain = await write("createUser", aUser({ id: "user_plain" }));
    expect(plain.number).toBe(2);
    expect(await store.managedUsers.find(api, "app_1", 2)).toBeUndefined();
    expect(await store.managedUsers.findById(api, "user_plain")).toBeUndefined();
    const detail = { userId: id, number: 1, applicationId };
    const event = (await scene.events()).find(({ type }) => type === "managed_user.created");
    expect(event).toMatchObject({ accountId: "acct_1", detail });
    expect(JSON.stringify(event)).not.toContain(email);
  });

  test("refuses the email again, whatever its case, and says who has it", async () => {
    const { scene } = await aUserScene(open());
    const email = aManagedUser().email.toUpperCase();
    const again = scene.write("createManagedUser", aManagedUser({ n: 2, email }));
    await expectRefusal(again, "CONFLICT", { field: "email" });
    await expect(again).rejects.toThrow("Existing user ID=1");
    await scene.write("createManagedUser", aManagedUser({ n: 3 }));
    const changed = scene.write("updateManagedUser", { ...OF_CLIENT, number: 2, email });
    await expectRefusal(changed, "CONFLICT");
    expect((await scene.store.managedUsers.find(scene.api, "app_1", 2))?.id).toBe("user_3");
  });

  test("of many that ask for one email at once, one gets it", async () => {
    const scene = await aPlatformScene(open());
    const { email } = aManagedUser();
    const attempts = Array.from({ length: 8 }, (_, n) =>
      scene.write("createManagedUser", aManagedUser({ n: n + 1, email })).then(
        () => "made",
        (error) => error.code,
      ),
    );
    expect((await Promise.all(attempts)).sort()).toEqual([...Array(7).fill("CONFLICT"), "made"]);
  });

  test("serves a platform's live client and nobody else", async () => {
    const { scene } = await aUserScene(open());
    await scene.write("revokeApplication", { id: "app_2" });
    for (const applicationId of ["app_0", "app_2"]) {
      const attempt = scene.write("createManagedUser", aManagedUser({ n: 5, applicationId }));
      await expectRefusal(attempt, "NOT_FOUND");
    }
  });

  test("changes what is said, and nothing where nothing differs", async () => {
    const { scene, user } = await aUserScene(open());
    const head = await scene.store.changes.head(scene.api);
    const named = { ...OF_CLIENT, number: 1 };
    expect(await scene.write("updateManagedUser", { ...named, name: user.name })).toEqual(user);
    expect(await scene.eventTypes()).not.toContain("managed_user.updated");
    const profile = { bio: "New", metadata: { a: 1 } };
    const after = { ...user, name: "New", profile: { ...user.profile, ...profile } };
    expect(await scene.write("updateManagedUser", { ...named, name: "New", profile })).toEqual(
      after,
    );
    expect(await scene.store.managedUsers.find(scene.api, "app_1", 1)).toEqual(after);
    expect(await scene.store.changes.head(scene.api)).toBe(head);
  });

  test("lists a client's users in the order in which they were made", async () => {
    const { scene } = await aUserScene(open());
    for (const n of [2, 3, 4]) await scene.write("createManagedUser", aManagedUser({ n }));
    const other = { n: 5, applicationId: "app_2", email: "x+app_2@example.com" };
    await scene.write("createManagedUser", aManagedUser(other));
    const numbers = async (page: object) => {
      const { store, api } = scene;
      const users = await store.managedUsers.list(api, "app_1", { ...ALL, ...page });
      return users.map(({ number }) => number);
    };
    expect(await numbers({})).toEqual([1, 2, 3, 4]);
    expect(await numbers({ offset: 1, limit: 2 })).toEqual([2, 3]);
    const emails = ["USER3+app_1@example.com", "x+app_2@example.com"];
    expect(await numbers({ emails })).toEqual([3]);
    expect(await numbers({ emails: [] })).toEqual([]);
  });

  test.each([
    // The hour ends within a minute: down to its start.
    [NOW + 59_999, NOW + HOUR, Date.UTC(2027, 10, 22)],
    [NOW + MINUTE, NOW + HOUR + MINUTE, Date.UTC(2027, 10, 22)],
    [Date.UTC(2027, 0, 1) - 1, Date.UTC(2027, 0, 1) + 59 * MINUTE, Date.UTC(2027, 11, 31)],
    [Date.UTC(2028, 1, 29, 8), Date.UTC(2028, 1, 29, 9), Date.UTC(2029, 1, 28)],
    [Date.UTC(2027, 1, 28, 8), Date.UTC(2027, 1, 28, 9), Date.UTC(2028, 1, 28)],
  ])("tokens of %i end at %i and %i", async (at, access, year) => {
    const scene = await aPlatformScene(open());
    const { tokens } = await scene.write("createManagedUser", aManagedUser(), { at });
    expect(tokens).toMatchObject({ accessTokenExpiresAt: access, refreshTokenExpiresAt: year });
    const claims = JSON.parse(atob(tokens.refreshToken.split(".")[1] ?? ""));
    const iat = Math.floor(at / 1000);
    expect(claims).toMatchObject({ type: "refresh_token", ownerId: 1, expiresAt: year, iat });
  });

  test("a refresh token works once, for its client, and until it ends", async () => {
    const { scene, tokens } = await aUserScene(open());
    const { refreshToken, refreshTokenExpiresAt: end } = tokens;
    await expectRefusal(refresh(scene, refreshToken, 2, NOW, "app_2"), "INVALID_REQUEST");
    await expectRefusal(refresh(scene, refreshToken, 2, end), "INVALID_REQUEST");
    const next = await refresh(scene, refreshToken, 3, end - 1);
    await expectRefusal(refresh(scene, refreshToken, 4), "INVALID_REQUEST");
    expect(await fateOf(scene, next)).toBe("live");
  });

  test("a refresh token is forgotten when it has ended, and not before", async () => {
    const { scene, tokens } = await aUserScene(open());
    const end = tokens.refreshTokenExpiresAt;
    const forget = (at: number) => scene.write("forgetRefreshTokens", { limit: 5000 }, { at });
    await forget(end - 1);
    await refresh(scene, tokens.refreshToken, 2, end - 1);
    const other = await scene.write("createManagedUser", aManagedUser({ n: 3 }));
    expect((await forget(other.tokens.refreshTokenExpiresAt)).forgotten).toBeGreaterThan(0);
    expect((await forget(other.tokens.refreshTokenExpiresAt)).forgotten).toBe(0);
  });

  test("of twenty refreshes with one token at once, one wins; the rest leave nothing", async () => {
    const { scene, tokens } = await aUserScene(open());
    for (let round = 0, token = tokens.refreshToken; round < 20; round += 1) {
      const attempts = Array.from({ length: 20 }, (_, n) =>
        refresh(scene, token, 2 + round * 20 + n).then(
          (pair) => pair,
          (error) => error.code as string,
        ),
      );
      const outcomes = await Promise.all(attempts);
      const [winner, ...others] = outcomes.filter((outcome) => typeof outcome !== "string");
      expect(others).toEqual([]);
      expect(outcomes.filter((outcome) => outcome === "INVALID_REQUEST")).toHaveLength(19);
      token = winner?.refreshToken ?? "";
    }
  }, 60_000);

  test("a refresh leaves what ended today and clears what ended before", async () => {
    const { scene, tokens } = await aUserScene(open());
    const end = tokens.accessTokenExpiresAt;
    const second = await refresh(scene, tokens.refreshToken, 2, end + DAY - 1);
    expect(await fateOf(scene, tokens)).toBe("live");
    const third = await refresh(scene, second.refreshToken, 3, end + DAY);
    expect(await fateOf(scene, tokens)).toBe("gone");
    expect(await fateOf(scene, second)).toBe("live");
    expect(await fateOf(scene, third)).toBe("live");
  });

  test("a forced refresh ends all that came before, of that user alone", async () => {
    const { scene, tokens } = await aUserScene(open());
    const { tokens: others } = await scene.write("createManagedUser", aManagedUser({ n: 9 }));
    const next = await refresh(scene, tokens.refreshToken, 2);
    const head = await scene.store.changes.head(scene.api);
    const named = { ...OF_CLIENT, number: 1, pair: aPair(3) };
    const forced = await scene.write("forceRefreshManagedTokens", named, { at: NOW + 1 });
    expect(await fateOf(scene, tokens)).toBe("ended");
    expect(await fateOf(scene, next)).toBe("ended");
    expect(await fateOf(scene, forced)).toBe("live");
    expect(await fateOf(scene, others)).toBe("live");
    const changes = await scene.store.changes.after(scene.api, head, 10);
    expect(changes.map(({ subjectId }) => subjectId).sort()).toEqual(["tok_1", "tok_2"]);
    await expectRefusal(refresh(scene, next.refreshToken, 4), "INVALID_REQUEST");
    await refresh(scene, forced.refreshToken, 5);
    await refresh(scene, others.refreshToken, 6);
    const foreign = { ...named, applicationId: "app_2", pair: aPair(7) };
    await expectRefusal(scene.write("forceRefreshManagedTokens", foreign), "NOT_FOUND");
  });

  test("of refreshes and a forced one at once, one pair is left", async () => {
    const { scene, tokens } = await aUserScene(open());
    const named = { ...OF_CLIENT, number: 1 };
    const refreshed = Array.from({ length: 5 }, (_, n) =>
      refresh(scene, tokens.refreshToken, n + 2),
    );
    const forced = scene.write("forceRefreshManagedTokens", { ...named, pair: aPair(9) });
    const settled = await Promise.allSettled([...refreshed, forced]);
    const pairs = settled.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
    const fates = await Promise.all(pairs.map((pair) => fateOf(scene, pair)));
    expect(fates.filter((fate) => fate === "live")).toHaveLength(1);
    expect(await fateOf(scene, await forced)).toBe("live");
  });

  test("a deleted user has no name, email, account, key or token any more", async () => {
    const { scene, user, tokens } = await aUserScene(open());
    const { store, api, write } = scene;
    await write("createAccount", anAccount({ id: "acct_2" }));
    await write("addMembership", { userId: user.id, accountId: "acct_2", role: "member" });
    await write("issueCredential", anApiKey({ userId: user.id }));
    const named = { ...OF_CLIENT, number: 1 };
    expect(await write("deleteManagedUser", named, { at: NOW + 1 })).toEqual(user);
    expect(await fateOf(scene, tokens)).toBe("ended");
    const { credential } = await store.credentials.resolve(api, "api-key", digestOf("key_1"));
    expect(credential?.revokedAt).toBe(NOW + 1);
    await expectRefusal(refresh(scene, tokens.refreshToken, 2), "INVALID_REQUEST");
    expect(await store.users.find(api, user.id)).toBeUndefined();
    expect(await store.managedUsers.find(api, "app_1", 1)).toBeUndefined();
    expect(await store.managedUsers.findById(api, user.id)).toBeUndefined();
    expect(await store.managedUsers.list(api, "app_1", ALL)).toEqual([]);
    const page = { limit: 10, after: undefined };
    expect((await store.users.list(api, {}, page)).items).toEqual([]);
    expect((await store.users.list(api, { accountId: "acct_1" }, page)).items).toEqual([]);
    const join = { userId: user.id, accountId: "acct_2", role: "member" } as const;
    await expectRefusal(write("addMembership", join), "NOT_FOUND");
    await expectRefusal(write("deleteManagedUser", named), "NOT_FOUND");
    const states = (await store.changes.after(api, 0, 100)).filter(({ kind }) => kind === "user");
    expect(states.at(-1)?.state).toEqual({ id: user.id, number: 1, memberships: [] });
    expect(
      (await write("createManagedUser", aManagedUser({ n: 2, email: user.email }))).user.number,
    ).toBe(2);
  });

  test("that a deleted user's keys have ended is on the trail, and goes to webhooks", async () => {
    const { scene, user } = await aUserScene(open());
    const { store, api, write } = scene;
    await write("createWebhookEndpoint", anEndpoint({ events: ["api_key.revoked"] }));
    await write("issueCredential", anApiKey({ n: 1, userId: user.id }));
    await write("issueCredential", anApiKey({ n: 2, userId: user.id }));
    await write("revokeCredential", { scheme: "api-key", id: "key_2" });
    await write("deleteManagedUser", { ...OF_CLIENT, number: 1 });
    const ended = (await scene.events()).filter(({ type }) => type === "api_key.revoked");
    expect(ended.map(({ credentialId }) => credentialId).sort()).toEqual(["key_1", "key_2"]);
    const page = { limit: 10, after: undefined };
    const { items } = await store.webhooks.deliveries.list(api, {}, page);
    expect(items.map(({ data }) => data.credentialId).sort()).toEqual(["key_1", "key_2"]);
  });

  test("no key that is made at the same moment outlives the user", async () => {
    const { scene, user } = await aUserScene(open());
    const { store, api, write } = scene;
    for (const n of [1, 2, 3, 4]) await write("issueCredential", anApiKey({ n, userId: user.id }));
    const made = [1, 2, 3, 4].flatMap((n) => [
      write("issueCredential", anApiKey({ n: n + 10, userId: user.id })),
      write("rotateCredential", aRotation({ id: `key_${n}`, n: n + 20 })),
    ]);
    const deleted = write("deleteManagedUser", { ...OF_CLIENT, number: 1 });
    await Promise.allSettled(made);
    await deleted;
    const filter = { scheme: "api-key", live: true } as const;
    const { items } = await store.keyring.list(api, filter, { limit: 100, after: undefined });
    expect(items.map(({ id }) => id)).toEqual([]);
  });
}
