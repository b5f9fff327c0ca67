import type { CredentialState } from "@latchkey/engine";
import { expect, test } from "vitest";
import type { Store } from "../../store/store.ts";
import { anApiKey, digestOf } from "../builders.ts";
import { NOW } from "../now.ts";
import { aManagedUser, aPlatformScene } from "./managed-scene.ts";
import type { Scene } from "./scene.ts";

const DAY = 86_400_000;

/** A user of `app_1` with a token, and what finds the token. */
async function aScene(store: Store) {
  const scene = await aPlatformScene(store);
  const { user, tokens } = await scene.write("createManagedUser", aManagedUser());
  return { scene, user, tokens };
}

async function stateOf({ store, api }: Scene, token: string): Promise<CredentialState | undefined> {
  return (await store.credentials.resolve(api, "access-token", digestOf(token))).credential;
}

/** What everything after `seq` on the feed says of credentials. */
async function credentialChanges({ store, api }: Scene, seq: number) {
  const changes = await store.changes.after(api, seq, 100);
  return changes.filter(({ kind }) => kind === "credential").map(({ state }) => state);
}

/** What every store does with access tokens. */
export function accessTokensContract(open: () => Store): void {
  test("a token is found with everything that decisions need of it, and is on no feed", async () => {
    const { scene, user, tokens } = await aScene(open());
    const state = await stateOf(scene, tokens.accessToken);
    expect(state).toEqual({
      id: "tok_1",
      scheme: "access-token",
      accountId: "acct_1",
      userId: user.id,
      scopes: ["BOOKING_READ"],
      mode: "live",
      allowedIps: [],
      limits: null,
      signing: "off",
      expiresAt: tokens.accessTokenExpiresAt,
      revokedAt: null,
      lineageId: "tok_1",
      successorId: null,
      rotatedAt: null,
      brownOuts: [],
      handle: null,
      generation: 1,
      applicationId: "app_1",
      token: {
        kind: "managed-user",
        grantId: null,
        boundKey: null,
        origins: ["https://app.example.com"],
      },
    });
    const changes = await scene.store.changes.after(scene.api, 0, 100);
    expect(changes.map(({ subjectId }) => subjectId)).not.toContain("tok_1");
    const { api, store } = scene;
    const asKey = await store.credentials.resolve(api, "api-key", digestOf(tokens.accessToken));
    expect(asKey.credential).toBeUndefined();
  });

  test("what its application may do and where its pages are changes its live tokens", async () => {
    const { scene, tokens } = await aScene(open());
    const head = await scene.store.changes.head(scene.api);
    const permissions = ["PROFILE_READ"];
    const redirectUris = ["https://new.example.com"];
    await scene.write("updateApplication", { id: "app_1", name: "Only a name" });
    expect(await credentialChanges(scene, head)).toHaveLength(1);
    await scene.write("updateApplication", { id: "app_1", permissions, redirectUris });
    const state = await stateOf(scene, tokens.accessToken);
    expect(state).toMatchObject({ scopes: permissions, token: { origins: redirectUris } });
    expect(await credentialChanges(scene, head)).toContainEqual(state);
  });

  test.each([
    ["rejected", { status: "rejected" }],
    ["pending again", { status: "pending" }],
  ] as const)("of an application that is %s", async (_what, { status }) => {
    const { scene, tokens } = await aScene(open());
    await scene.write("setApplicationStatus", { id: "app_1", status }, { at: NOW + 5 });
    const ended = status === "rejected" ? NOW + 5 : null;
    const state = await stateOf(scene, tokens.accessToken);
    expect(state?.revokedAt).toBe(ended);
    const states = await credentialChanges(scene, 0);
    expect(states.some((each) => (each as CredentialState).id === "tok_1")).toBe(ended !== null);
    // A token that has ended stays as it ended.
    await scene.write("revokeApplication", { id: "app_1" }, { at: NOW + 9 });
    expect((await stateOf(scene, tokens.accessToken))?.revokedAt).toBe(ended ?? NOW + 9);
  });

  test("more tokens than one statement holds are ended in one write, each on the feed", async () => {
    const scene = await aPlatformScene(open());
    let last = "";
    // Some at a time: nobody waits for a connection longer than a few seconds.
    for (let from = 1; from <= 501; from += 50) {
      const numbers = Array.from({ length: Math.min(50, 502 - from) }, (_, n) => from + n);
      const made = await Promise.all(
        numbers.map((n) => scene.write("createManagedUser", aManagedUser({ n }))),
      );
      last = made.at(-1)?.tokens.accessToken ?? "";
    }
    const head = await scene.store.changes.head(scene.api);
    await scene.write("revokeApplication", { id: "app_1" });
    expect(await scene.store.changes.head(scene.api)).toBe(head + 502);
    expect((await stateOf(scene, last))?.revokedAt).toBe(NOW);
  }, 60_000);

  test.each([
    ["has lost a permission", { name: "updateApplication", input: { permissions: [] } }],
    ["is rejected", { name: "setApplicationStatus", input: { status: "rejected" } }],
    ["is revoked", { name: "revokeApplication", input: {} }],
  ] as const)(
    "no token that is made while its application %s escapes that",
    async (_, { name, input }) => {
      const { scene } = await aScene(open());
      const users = Array.from({ length: 12 }, (_each, n) => aManagedUser({ n: n + 2 }));
      const made = users.map((user) => scene.write("createManagedUser", user));
      const changed = scene.write(name, { id: "app_1", ...input });
      const later = aManagedUser({ n: 50 });
      const [outcomes] = await Promise.all([
        Promise.allSettled([...made, scene.write("createManagedUser", later)]),
        changed,
      ]);
      for (const outcome of outcomes) {
        if (outcome.status === "rejected") {
          expect(outcome.reason).toMatchObject({ code: "NOT_FOUND" });
          continue;
        }
        const state = await stateOf(scene, outcome.value.tokens.accessToken);
        expect(state?.revokedAt !== null || state.scopes.length === 0).toBe(true);
      }
    },
  );

  test("forgets tokens a month after their end, and no others", async () => {
    const { scene, tokens } = await aScene(open());
    const end = tokens.accessTokenExpiresAt;
    const forget = (at: number) => scene.write("forgetAccessTokens", { limit: 5000 }, { at });
    await scene.write("issueCredential", anApiKey({ expiresAt: end }));
    await forget(end + 30 * DAY - 1);
    expect(await stateOf(scene, tokens.accessToken)).toBeDefined();
    expect((await forget(end + 30 * DAY)).forgotten).toBeGreaterThan(0);
    expect(await stateOf(scene, tokens.accessToken)).toBeUndefined();
    const { items } = await scene.store.keyring.list(
      scene.api,
      { scheme: "api-key" },
      { limit: 10, after: undefined },
    );
    expect(items).toHaveLength(1);
  });
}
