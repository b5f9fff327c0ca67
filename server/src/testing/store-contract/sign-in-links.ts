import { expect, test } from "vitest";
import type { LinkDeed } from "../../store/sign-in-links.ts";
import { DEPLOYMENT, type Store } from "../../store/store.ts";
import { aUser, digestOf } from "../builders.ts";
import { NOW } from "../now.ts";
import { aManagedUser, aPlatformScene } from "./managed-scene.ts";
import { aSceneWithAccount, expectRefusal, type Scene } from "./scene.ts";

const RESET: LinkDeed = { kind: "reset" };
const DEPLOYED = { api: DEPLOYMENT };

async function aSceneWithUser(open: () => Store): Promise<Scene> {
  const scene = await aSceneWithAccount(open());
  await scene.write("createUser", aUser({ passwordHash: "old" }));
  return scene;
}

function aLink(n: number, changes: { kind?: "invitation" | "reset"; expiresAt?: number } = {}) {
  const digest = digestOf(`link ${n}`);
  return { kind: "reset", personId: "user_1", digest, expiresAt: NOW + 1000, ...changes } as const;
}

function using(n: number, deed: LinkDeed = RESET, passwordHash = "new") {
  return { digest: digestOf(`link ${n}`), deed, passwordHash };
}

/** What every store does with links that let someone in, and with operators who are persons. */
export function signInLinksContract(open: () => Store): void {
  test("of twenty who use one link at once, one sets the password", async () => {
    const { write, store, api, eventTypes } = await aSceneWithUser(open);
    await write("makeSignInLink", { ...aLink(1), digest: digestOf(`${api} race`) });
    const tries = Array.from({ length: 20 }, (_, i) =>
      write("useSignInLink", {
        ...using(1, RESET, `hash ${i}`),
        digest: digestOf(`${api} race`),
      }),
    );
    const outcomes = await Promise.all(tries);
    const winner = outcomes.findIndex(({ personId }) => personId !== null);
    expect(outcomes.filter(({ personId }) => personId === "user_1")).toHaveLength(1);
    const person = await store.people.find(api, "user_1");
    expect(person).toMatchObject({ passwordHash: `hash ${winner}`, signedOutAt: NOW });
    expect(await eventTypes()).toEqual(
      ["account.created", "password.reset", "reset.sent", "user.created"].sort(),
    );
  });

  test.each([
    ["at its end", { at: NOW + 1000 }, RESET],
    ["for something else", {}, { kind: "invitation", name: undefined } as const],
    ["in another API", { api: "another" }, RESET],
  ])("a link does nothing %s", async (_when, context, deed) => {
    const { write, store, api } = await aSceneWithUser(open);
    const digest = digestOf(`${api} still`);
    await write("makeSignInLink", { ...aLink(1), digest });
    expect(await write("useSignInLink", { ...using(1, deed), digest }, context)).toEqual({
      personId: null,
    });
    expect(await store.people.find(api, "user_1")).toMatchObject({ passwordHash: "old" });
    expect(await store.signInLinks.find("reset", digest, NOW + 999)).toEqual({
      api,
      personId: "user_1",
    });
    expect(await store.signInLinks.find("reset", digest, NOW + 1000)).toBeUndefined();
  });

  test("a newer link of the kind ends the older, and a use ends all", async () => {
    const { write, api } = await aSceneWithUser(open);
    const digests = [1, 2, 3].map((n) => digestOf(`${api} ${n}`));
    const [first = digestOf(""), second = digestOf(""), third = digestOf("")] = digests;
    await write("makeSignInLink", { ...aLink(1), digest: first });
    await write("makeSignInLink", { ...aLink(2), digest: second });
    await write("makeSignInLink", { ...aLink(3, { kind: "invitation" }), digest: third });
    expect(await write("useSignInLink", { ...using(1), digest: first })).toEqual({
      personId: null,
    });
    expect(await write("useSignInLink", { ...using(2), digest: second })).toEqual({
      personId: "user_1",
    });
    const invitation = { ...using(3, { kind: "invitation", name: "Ada" }), digest: third };
    expect(await write("useSignInLink", invitation)).toEqual({ personId: null });
  });

  test("a password chosen without a link ends all links of the person, and no one else's", async () => {
    const { write, api } = await aSceneWithUser(open);
    await write("createUser", aUser({ id: "user_2", email: "two@example.com" }));
    const digestFor = (what: string) => digestOf(`${api} pending ${what}`);
    const invitation = aLink(1, { kind: "invitation" });
    await write("makeSignInLink", { ...aLink(1), digest: digestFor("reset") });
    await write("makeSignInLink", { ...invitation, digest: digestFor("invitation") });
    await write("makeSignInLink", { ...aLink(1), personId: "user_2", digest: digestFor("other") });
    await write("setPassword", { personId: "user_1", passwordHash: "chosen" });
    const use = (what: string, deed?: LinkDeed) =>
      write("useSignInLink", { ...using(1, deed), digest: digestFor(what) });
    expect(await use("reset")).toEqual({ personId: null });
    const accept: LinkDeed = { kind: "invitation", name: undefined };
    expect(await use("invitation", accept)).toEqual({ personId: null });
    expect(await use("other")).toEqual({ personId: "user_2" });
  });

  test("O-128: a new password ends the grants and tokens of the user, and no one else's", async () => {
    const { write, store, api } = await aSceneWithUser(open);
    await write("createUser", aUser({ id: "user_2", email: "two@example.com" }));
    for (const userId of ["user_1", "user_2"]) {
      const grant = {
        id: `gnt_${userId}`,
        applicationId: "app_1",
        scopes: ["read:users"],
        refused: [],
      };
      await write("saveGrant", { ...grant, userId, payload: "{}", expiresAt: NOW + 9000 });
      for (const model of ["AccessToken", "RefreshToken"]) {
        const digest = digestOf(`${api} ${model} ${userId}`);
        const id = `tok_${userId}`;
        const token = { id, digest, applicationId: "app_1", scopes: [], boundKey: null };
        await write("saveArtifact", {
          ...{ model, digest, grantId: grant.id, uidDigest: null, userCodeDigest: null },
          ...{ payload: "{}", expiresAt: NOW + 9000 },
          token: model === "AccessToken" ? token : null,
        });
      }
    }
    await write("setPassword", { personId: "user_1", passwordHash: "new" });
    const liveOf = async (userId: string) => {
      const digest = digestOf(`${api} RefreshToken ${userId}`);
      const refresh = await store.oauthArtifacts.find(api, { model: "RefreshToken", digest });
      return {
        scopes: await store.oauthArtifacts.scopesOfToken(
          api,
          digestOf(`${api} AccessToken ${userId}`),
        ),
        usedAt: refresh?.consumedAt,
        grant: await store.grants.payload(api, `gnt_${userId}`),
      };
    };
    expect(await liveOf("user_1")).toEqual({ scopes: undefined, usedAt: NOW, grant: undefined });
    expect(await liveOf("user_2")).toEqual({ scopes: [], usedAt: null, grant: "{}" });
  });

  test("neither a managed nor a deleted user nor a stranger gets a password, or is found", async () => {
    const { write, store, api } = await aPlatformScene(open());
    const { user } = await write("createManagedUser", aManagedUser());
    const expectNobody = async (id: string) => {
      const attempt = write("setPassword", { personId: id, passwordHash: "new" });
      await expectRefusal(attempt, "NOT_FOUND");
      expect(await store.people.find(api, id)).toBeUndefined();
    };
    await expectNobody("user_1");
    expect(await store.people.findByEmail(api, "user1+app_1@example.com")).toBeUndefined();
    await write("deleteManagedUser", { applicationId: "app_1", number: user.number });
    await expectNobody("user_1");
    await expectNobody("user_9");
  });

  test("one owner is made by a set-up link, the others are invited; the last one stays", async () => {
    const store = open();
    const { write } = await aSceneWithAccount(store);
    const link = (n: number) => {
      const digest = digestOf(`link ${n}`);
      return { kind: "setup", personId: null, digest, expiresAt: NOW + 1000 } as const;
    };
    const setUp = (n: number) => {
      const [id, email] = [`opr_set_up_${n}`, `Ada.${n}@example.com`];
      return write("useSignInLink", using(n, { kind: "setup", id, email, name: "Ada" }), DEPLOYED);
    };
    expect(await write("makeSignInLink", link(91), DEPLOYED)).toEqual({ made: true });
    // Nodes that start at once, and whoever reads their logs.
    const nodes = Array.from({ length: 10 }, (_, n) => 92 + n);
    await Promise.all(nodes.map((n) => write("makeSignInLink", link(n), DEPLOYED)));
    expect(await setUp(91)).toEqual({ personId: null });
    const used = await Promise.all(nodes.map(setUp));
    const [ada = "", ...others] = used.flatMap(({ personId }) => personId ?? []);
    expect(others).toEqual([]);
    expect(await write("makeSignInLink", link(102), DEPLOYED)).toEqual({ made: false });
    const email = `${ada.replace("opr_set_up_", "ada.")}@EXAMPLE.com`;
    expect(await store.people.findByEmail(DEPLOYMENT, email)).toMatchObject({
      ...{ id: ada, role: "owner", apis: null, passwordHash: "new" },
    });

    const draft = { id: "opr_2", email: "bob@example.com", name: "Bob", role: "admin" } as const;
    const bob = { ...draft, apis: ["standard"], passwordHash: null };
    await write("createOperatorPerson", bob, DEPLOYED);
    const taken = { ...bob, id: "opr_3", email: email.toUpperCase() };
    await expectRefusal(write("createOperatorPerson", taken, DEPLOYED), "CONFLICT", {
      field: "email",
    });
    const leave = (id: string) => write("removeOperatorPerson", { id }, DEPLOYED);
    await expectRefusal(leave(ada), "CONFLICT");
    const demote = { id: ada, role: "viewer" } as const;
    await expectRefusal(write("updateOperatorPerson", demote, DEPLOYED), "CONFLICT");
    await expectRefusal(
      write("updateOperatorPerson", { id: ada, apis: ["standard"] }, DEPLOYED),
      "CONFLICT",
    );
    const promote = { id: "opr_2", role: "owner", apis: null } as const;
    expect(await write("updateOperatorPerson", promote, DEPLOYED)).toMatchObject({
      ...{ role: "owner", apis: null, name: "Bob", active: false },
    });
    // Who was only invited cannot stand in for who signs in.
    await expectRefusal(leave(ada), "CONFLICT");
    await write("setPassword", { personId: "opr_2", passwordHash: "new" }, DEPLOYED);
    const both = await Promise.allSettled([leave(ada), leave("opr_2")]);
    expect(both.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    await expectRefusal(leave("opr_9"), "NOT_FOUND");
    const { items } = await store.operatorPersons.list({ limit: 10, after: undefined });
    expect(items).toHaveLength(1);
  });
}
