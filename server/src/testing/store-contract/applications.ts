import { expect, test } from "vitest";
import { NO_LOGOUT } from "../../store/application-record.ts";
import type { CommandInput } from "../../store/commands.ts";
import type { Store } from "../../store/store.ts";
import { aClientSecret, anAccount, anApplication, CLIENT_SETTINGS, digestOf } from "../builders.ts";
import { NOW } from "../now.ts";
import { aScene, expectRefusal, type Scene } from "./scene.ts";

const DAY = 86_400_000;

/** Input of `rotateClientSecret`: a day's overlap for the secret before `sec_{n}`. */
function aRotation(n: number, changes: Partial<CommandInput<"rotateClientSecret">> = {}) {
  const rotation = { overlapSeconds: 86_400, force: false, brownOuts: [] };
  return { id: "app_1", secret: aClientSecret(n), ...rotation, ...changes };
}

async function aPlatformScene(store: Store): Promise<Scene> {
  const scene = aScene(store);
  await scene.write("createAccount", anAccount({ kind: "platform" }));
  await scene.write("createAccount", anAccount({ id: "acct_2" }));
  return scene;
}

/** The newest state of `app_1` on the feed. */
async function newestState({ store, api }: Scene): Promise<unknown> {
  const changes = await store.changes.after(api, 0, 100);
  return changes.findLast(({ subjectId }) => subjectId === "app_1")?.state;
}

const STATE = {
  id: "app_1",
  scheme: "client-secret-headers",
  accountId: "acct_1",
  userId: null,
  scopes: ["BOOKING_READ"],
  handle: "app_1",
  applicationId: "app_1",
  generation: 1,
  expiresAt: null,
  revokedAt: null,
};

/** What holds of applications on every database. */
export function applicationsContract(open: () => Store): void {
  test("registers, finds, and resolves by the client id", async () => {
    const scene = await aPlatformScene(open());
    const { store, api, write, events } = scene;
    const created = await write("createApplication", anApplication());
    expect(created).toEqual({
      id: "app_1",
      accountId: "acct_1",
      name: "Partner",
      kind: "platform",
      type: "confidential",
      redirectUris: ["https://app.example.com"],
      scopes: [],
      permissions: ["BOOKING_READ"],
      accessTokenFormat: "opaque",
      pkce: "optional",
      status: "verified",
      logo: null,
      homePage: null,
      settings: CLIENT_SETTINGS,
      logout: NO_LOGOUT,
      secrets: [{ id: "sec_1", lastFour: "0001", createdAt: NOW, endsAt: null, brownOuts: [] }],
      createdAt: NOW,
      revokedAt: null,
    });
    expect(await store.applications.find(api, "app_1")).toEqual(created);
    expect(await store.applications.find(api, "app_1", ["acct_2"])).toBeUndefined();
    expect(await newestState(scene)).toMatchObject(STATE);
    const found = await store.credentials.resolve(api, STATE.scheme, digestOf("app_1"));
    expect(found.credential).toMatchObject(STATE);
    expect(found.account).toMatchObject({ id: "acct_1", kind: "platform" });
    const [event] = (await events()).filter(({ type }) => type.startsWith("application."));
    expect(event).toMatchObject({ type: "application.created", credentialId: "app_1" });
    const written = JSON.stringify([await events(), await store.changes.after(api, 0, 100)]);
    expect(written).not.toContain(Buffer.from(digestOf("sec_1")).toString("base64"));
  });

  test("an OAuth client's secret opens no API by itself, and a public one has none", async () => {
    const { store, api, write } = await aPlatformScene(open());
    const oauth = { kind: "oauth", accountId: "acct_2", permissions: [] } as const;
    await write("createApplication", anApplication(oauth));
    const { credential } = await store.credentials.resolve(api, STATE.scheme, digestOf("app_1"));
    expect(credential).toBeUndefined();
    const bare = anApplication({ ...oauth, n: 2, type: "public", secret: null });
    expect(await write("createApplication", bare)).toMatchObject({ type: "public", secrets: [] });
    const rotation = write("rotateClientSecret", aRotation(3, { id: "app_2" }));
    await expectRefusal(rotation, "CONFLICT");
  });

  test("what is taken from an OAuth client is taken from its tokens, and from later ones", async () => {
    const { store, api, write } = await aPlatformScene(open());
    const scopes = ["read:users", "read:projects"];
    const oauth = { kind: "oauth", accountId: "acct_2", permissions: [], scopes } as const;
    await write("createApplication", anApplication(oauth));
    const issue = (name: string, asked: readonly string[]) => {
      const digest = digestOf(name);
      const nobody = { grantId: null, uidDigest: null, userCodeDigest: null };
      const token = { id: name, digest, applicationId: "app_1", scopes: asked, boundKey: null };
      const artifact = { model: "ClientCredentials", digest, payload: "{}", expiresAt: NOW + DAY };
      return write("saveArtifact", { ...artifact, ...nobody, token });
    };
    const may = async (name: string) =>
      (await store.credentials.resolve(api, "access-token", digestOf(name))).credential?.scopes;
    await issue("tok_1", scopes);
    await issue("tok_2", ["read:users"]);
    await issue("tok_3", scopes);
    const { length: before } = await store.changes.after(api, 0, 100);
    await write("updateApplication", { id: "app_1", scopes: ["write:users", "read:users"] });
    expect([await may("tok_1"), await may("tok_2")]).toEqual([["read:users"], ["read:users"]]);
    const changed = (await store.changes.after(api, before, 100)).map((each) => each.subjectId);
    expect(changed.toSorted()).toEqual(["app_1", "tok_1", "tok_3"]);

    // It was asked for before, and is written only now.
    expect(await issue("tok_4", scopes)).toEqual({ saved: true });
    expect(await may("tok_4")).toEqual(["read:users"]);
    await write("setApplicationStatus", { id: "app_1", status: "rejected" });
    expect(await issue("tok_5", scopes)).toEqual({ saved: false });
  });

  test.each([
    ["an account that is not there", { accountId: "acct_0" }],
    ["a platform's client for another kind of account", { accountId: "acct_2" }],
  ])("refuses %s", async (_what, changes) => {
    const { store, api, write } = await aPlatformScene(open());
    const attempt = write("createApplication", anApplication(changes));
    await expectRefusal(attempt, "INVALID_REQUEST", { field: "accountId" });
    expect(await store.applications.find(api, "app_1")).toBeUndefined();
  });

  test("keeps to the greatest number of live ones, however many ask at once", async () => {
    const { write } = await aPlatformScene(open());
    await write("createApplication", anApplication({ n: 100 }));
    await write("revokeApplication", { id: "app_100" });
    const attempts = Array.from({ length: 6 }, (_, n) =>
      write("createApplication", anApplication({ n, maxLive: 2 })).then(
        () => "created",
        (error) => error.code,
      ),
    );
    const outcomes = (await Promise.all(attempts)).sort();
    expect(outcomes).toEqual([...Array(4).fill("CONFLICT"), ...Array(2).fill("created")]);
  });

  test("updates what is named, for decisions too, and merges settings", async () => {
    const scene = await aPlatformScene(open());
    const { write, events } = scene;
    await write("createApplication", anApplication());
    const changes = { name: "New", permissions: ["APPS_READ"], logo: "https://example.com/l.png" };
    const settings = { areEmailsEnabled: false };
    const logout = { backchannelLogoutUri: "https://example.com/out" };
    const wanted = { id: "app_1", ...changes, settings, logout };
    const updated = await write("updateApplication", wanted, { at: NOW + 1 });
    const merged = {
      settings: { ...CLIENT_SETTINGS, ...settings },
      logout: { ...NO_LOGOUT, ...logout },
    };
    expect(updated).toMatchObject({ ...changes, ...merged });
    expect(await scene.store.applications.find(scene.api, "app_1")).toEqual(updated);
    expect(await newestState(scene)).toMatchObject({ ...STATE, scopes: ["APPS_READ"] });
    expect((await events()).at(-1)?.detail).toEqual({ ...changes, ...merged });
  });

  test("writes neither change nor event when an update changes nothing", async () => {
    const { store, api, write } = await aPlatformScene(open());
    await write("createApplication", anApplication());
    const same = { name: "Partner", permissions: ["BOOKING_READ"], settings: CLIENT_SETTINGS };
    await write("updateApplication", { id: "app_1", ...same });
    await write("setApplicationStatus", { id: "app_1", status: "verified" });
    expect(await store.changes.head(api)).toBe(3);
  });

  test("a rejected one is expired from that instant on, until it is verified", async () => {
    const scene = await aPlatformScene(open());
    const { write, eventTypes } = scene;
    await write("createApplication", anApplication());
    const at = NOW + 5;
    await write("setApplicationStatus", { id: "app_1", status: "rejected" }, { at });
    expect(await newestState(scene)).toMatchObject({ ...STATE, expiresAt: at, generation: 2 });
    await write("setApplicationStatus", { id: "app_1", status: "verified" });
    expect(await newestState(scene)).toMatchObject({ ...STATE, expiresAt: null, generation: 3 });
    expect(await eventTypes()).toEqual(
      expect.arrayContaining(["application.rejected", "application.verified"]),
    );
  });

  test("one that is born rejected is expired from the start", async () => {
    const scene = await aPlatformScene(open());
    await scene.write("createApplication", anApplication({ status: "rejected" }));
    expect(await newestState(scene)).toMatchObject({ ...STATE, expiresAt: NOW });
  });

  test("a new secret leaves the old one its overlap and brown-outs", async () => {
    const scene = await aPlatformScene(open());
    const { store, api, write } = scene;
    await write("createApplication", anApplication());
    const rotation = aRotation(2, { brownOuts: [NOW + 10] });
    const rotated = await write("rotateClientSecret", rotation);
    const brownOuts = [{ from: NOW + 10, to: NOW + 120_010 }];
    expect(rotated.secrets).toEqual([
      { id: "sec_1", lastFour: "0001", createdAt: NOW, endsAt: NOW + DAY, brownOuts },
      { id: "sec_2", lastFour: "0002", createdAt: NOW, endsAt: null, brownOuts: [] },
    ]);
    expect(await store.applications.find(api, "app_1")).toEqual(rotated);
    expect(await newestState(scene)).toMatchObject({ ...STATE, generation: 2 });
  });

  test.each([
    ["at the last instant of the overlap", NOW + DAY - 1, false, "ROTATION_IN_PROGRESS"],
    ["once the overlap has ended", NOW + DAY, false, ["sec_2", "sec_3"]],
    ["under force, of which the oldest ends", NOW + 1, true, ["sec_2", "sec_3"]],
  ])("at most two secrets live: a third %s", async (_when, at, force, outcome) => {
    const { write } = await aPlatformScene(open());
    await write("createApplication", anApplication());
    await write("rotateClientSecret", aRotation(2));
    const attempt = write("rotateClientSecret", aRotation(3, { force }), { at });
    const ids = attempt.then(({ secrets }) => secrets.map(({ id }) => id));
    expect(await ids.catch((error) => error.code)).toEqual(outcome);
  });

  test("a brown-out lies within the overlap", async () => {
    const { write } = await aPlatformScene(open());
    await write("createApplication", anApplication());
    const rotation = write("rotateClientSecret", aRotation(2, { brownOuts: [NOW + DAY] }));
    await expectRefusal(rotation, "INVALID_REQUEST", { field: "brownOuts[0]" });
  });

  test("brown-outs can be chosen anew while the overlap runs, and count a generation", async () => {
    const scene = await aPlatformScene(open());
    const { store, api, write, eventTypes } = scene;
    await write("createApplication", anApplication());
    const plan = (brownOuts: readonly number[], at = NOW + 1) =>
      write("planClientSecretBrownOuts", { id: "app_1", brownOuts }, { at });
    await expectRefusal(plan([]), "CONFLICT");
    await write("rotateClientSecret", aRotation(2, { brownOuts: [NOW + 10] }));
    const last = NOW + DAY - 1;
    const planned = await plan([last]);
    const during = [{ from: last, to: last + 120_000 }];
    expect(planned.secrets.map(({ brownOuts }) => brownOuts)).toEqual([during, []]);
    expect(await store.applications.find(api, "app_1")).toEqual(planned);
    expect(await newestState(scene)).toMatchObject({ ...STATE, generation: 3 });
    await expectRefusal(plan([NOW + DAY]), "INVALID_REQUEST", { field: "brownOuts[0]" });
    expect((await plan([], last)).secrets[0]?.brownOuts).toEqual([]);
    await expectRefusal(plan([], NOW + DAY), "CONFLICT");
    await write("revokeApplication", { id: "app_1" });
    await expectRefusal(plan([]), "CONFLICT");
    expect(await eventTypes()).toContain("application.brown_outs_planned");
  });

  test("an overlap of 0 leaves one secret", async () => {
    const { write } = await aPlatformScene(open());
    await write("createApplication", anApplication());
    const { secrets } = await write("rotateClientSecret", aRotation(2, { overlapSeconds: 0 }));
    expect(secrets.map(({ id }) => id)).toEqual(["sec_2"]);
  });

  test("revokes once and for good", async () => {
    const scene = await aPlatformScene(open());
    const { store, api, write } = scene;
    await write("createApplication", anApplication());
    const first = await write("revokeApplication", { id: "app_1" }, { at: NOW + 1 });
    const second = await write("revokeApplication", { id: "app_1" }, { at: NOW + 2 });
    expect([first, second]).toEqual([{ revokedAt: NOW + 1 }, { revokedAt: NOW + 1 }]);
    expect(await store.changes.head(api)).toBe(4);
    expect(await newestState(scene)).toMatchObject({ ...STATE, revokedAt: NOW + 1 });
    expect((await store.applications.find(api, "app_1"))?.revokedAt).toBe(NOW + 1);
    await expectRefusal(write("updateApplication", { id: "app_1", name: "x" }), "CONFLICT");
    await expectRefusal(write("rotateClientSecret", aRotation(2)), "CONFLICT");
    const verdict = { id: "app_1", status: "verified" } as const;
    await expectRefusal(write("setApplicationStatus", verdict), "CONFLICT");
  });

  test.each([
    ["update", (scene, name) => scene.write("updateApplication", { ...name, name: "x" })],
    ["judge", (scene, name) => scene.write("setApplicationStatus", { ...name, status: "pending" })],
    ["rotate", (scene, name) => scene.write("rotateClientSecret", aRotation(2, name))],
    [
      "plan brown-outs of",
      (scene, name) => scene.write("planClientSecretBrownOuts", { ...name, brownOuts: [] }),
    ],
    ["revoke", (scene, name) => scene.write("revokeApplication", name)],
  ] as [string, (scene: Scene, name: { id: string; accountId?: string }) => Promise<unknown>][])(
    "nobody can %s another account's, or one that is not there",
    async (_verb, attempt) => {
      const scene = await aPlatformScene(open());
      await scene.write("createApplication", anApplication());
      const foreign = attempt(scene, { id: "app_1", accountId: "acct_2" });
      await expectRefusal(foreign, "NOT_FOUND");
      await expectRefusal(attempt(scene, { id: "app_0" }), "NOT_FOUND");
      expect(await scene.store.changes.head(scene.api)).toBe(3);
    },
  );

  test("lists one account's, live ones alone if asked, in pages from new to old", async () => {
    const { store, api, write } = await aPlatformScene(open());
    for (const n of [1, 2, 3]) {
      await write("createApplication", anApplication({ n }), { at: NOW + n });
    }
    const oauth = { kind: "oauth", accountId: "acct_2", permissions: [] } as const;
    await write("createApplication", anApplication({ n: 4, ...oauth }), { at: NOW + 4 });
    await write("revokeApplication", { id: "app_2" });
    const idsOf = async (filter: object, after?: { at: number; id: string }) => {
      const { items, next } = await store.applications.list(api, filter, { limit: 2, after });
      return { ids: items.map(({ id }) => id), next };
    };
    const first = await idsOf({ accountId: "acct_1" });
    expect(first.ids).toEqual(["app_3", "app_2"]);
    const rest = await idsOf({ accountId: "acct_1" }, first.next ?? undefined);
    expect(rest).toEqual({ ids: ["app_1"], next: null });
    expect((await idsOf({ kind: "platform", live: true })).ids).toEqual(["app_3", "app_1"]);
    expect((await idsOf({})).ids).toEqual(["app_4", "app_3"]);
  });
}
