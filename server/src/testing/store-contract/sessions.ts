import { expect, test } from "vitest";
import type { CommandInput } from "../../store/commands.ts";
import { DEPLOYMENT, type Store } from "../../store/store.ts";
import { anApiKey, aUser, digestOf } from "../builders.ts";
import { NOW } from "../now.ts";
import { aSceneWithAccount, expectRefusal, type Scene } from "./scene.ts";

type Input = CommandInput<"openSession">;

const HOUR = 3_600_000;
let made = 0;

/** A whole session of `user_1`; ids and digests are unlike any other's of the database. */
function aSession(changes: Partial<Input> = {}): Input {
  made += 1;
  const id = `ses_${made}`;
  return {
    id,
    digest: digestOf(id),
    kind: "user",
    personId: "user_1",
    half: false,
    userAgent: "Firefox/1 Linux",
    endsAt: NOW + 12 * HOUR,
    expiresAt: NOW + 168 * HOUR,
    replaces: null,
    ...changes,
  };
}

/** What every store does with browser sessions. */
export function sessionsContract(open: () => Store): void {
  const find = ({ store }: Scene, { id }: Input, at = NOW) => store.sessions.find(digestOf(id), at);

  test("is found by its cookie's digest until it ends, and not at that instant", async () => {
    const scene = await aSceneWithAccount(open());
    const input = aSession();
    const session = await scene.write("openSession", input);
    expect(session).toEqual({
      ...{ id: input.id, kind: "user", api: scene.api, personId: "user_1", accountId: null },
      ...{ capabilities: null, returnUrl: null, half: false, userAgent: "Firefox/1 Linux" },
      ...{ address: "192.0.2.1", createdAt: NOW, lastSeenAt: NOW, provedAt: NOW },
      ...{ endsAt: NOW + 12 * HOUR, expiresAt: NOW + 168 * HOUR },
    });
    expect(await find(scene, input, NOW + 12 * HOUR - 1)).toEqual(session);
    expect(await find(scene, input, NOW + 12 * HOUR)).toBeUndefined();
    expect(await scene.eventTypes()).toContain("session.opened");
  });

  test("one that is seen lives longer, and one that has ended does not come back", async () => {
    const scene = await aSceneWithAccount(open());
    const input = aSession();
    await scene.write("openSession", input);
    const at = NOW + HOUR + 59_999;
    await scene.write("seeSession", { id: input.id, endsAt: at + 12 * HOUR }, { at });
    expect(await find(scene, input, at + 12 * HOUR - 1)).toMatchObject({
      lastSeenAt: NOW + HOUR,
      provedAt: NOW,
    });
    const late = at + 12 * HOUR;
    await scene.write("seeSession", { id: input.id, endsAt: late + HOUR }, { at: late });
    expect(await find(scene, input, late)).toBeUndefined();
  });

  test("a half one is in no list and no trail, and proves nothing", async () => {
    const scene = await aSceneWithAccount(open());
    const half = await scene.write("openSession", aSession({ half: true }));
    expect(half).toMatchObject({ half: true, provedAt: null });
    const of = { kind: "user", personId: "user_1", at: NOW } as const;
    expect(await scene.store.sessions.list(scene.api, of)).toEqual([]);
    expect(await scene.eventTypes()).not.toContain("session.opened");
    const write = scene.write("issueCredential", anApiKey(), { session: half.id });
    await expectRefusal(write, "UNAUTHORIZED");
  });

  test("a new one ends the one that the browser had", async () => {
    const scene = await aSceneWithAccount(open());
    const [before, after] = [aSession(), aSession()];
    await scene.write("openSession", before);
    await scene.write("openSession", { ...after, replaces: before.id });
    expect(await find(scene, before)).toBeUndefined();
    expect(await find(scene, after)).toMatchObject({ id: after.id });
  });

  test("a person ends their own only, all others, or all", async () => {
    const scene = await aSceneWithAccount(open());
    const [one, two, three] = [aSession(), aSession(), aSession()];
    const strange = aSession({ personId: "user_2" });
    for (const input of [one, two, three, strange]) await scene.write("openSession", input);
    const end = (id: string) => scene.write("endSession", { id, personId: "user_1" });
    expect(await end(strange.id)).toEqual({ ended: false });
    expect(await end(one.id)).toEqual({ ended: true });
    expect(await end(one.id)).toEqual({ ended: false });
    const mine = { kind: "user", personId: "user_1" } as const;
    expect(await scene.write("endSessions", { ...mine, except: two.id })).toEqual({ ended: 1 });
    const left = await scene.store.sessions.list(scene.api, { ...mine, at: NOW });
    expect(left.map(({ id }) => id)).toEqual([two.id]);
    expect(await scene.write("endSessions", mine)).toEqual({ ended: 1 });
    expect(await find(scene, strange)).toMatchObject({ id: strange.id });
    const ended = (await scene.events()).filter(({ type }) => type === "session.ended");
    expect(ended.map(({ detail }) => detail.sessionId).sort()).toEqual(
      [one.id, two.id, three.id].sort(),
    );
  });

  test("an operator's are apart from those of a user with the same id", async () => {
    const scene = await aSceneWithAccount(open());
    const operator = aSession({ kind: "operator" });
    await scene.write("openSession", operator, { api: DEPLOYMENT });
    await scene.write("endSessions", { kind: "user", personId: "user_1" });
    expect(await find(scene, operator)).toMatchObject({ kind: "operator", api: DEPLOYMENT });
    await scene.write("endSession", { id: operator.id }, { api: DEPLOYMENT });
  });

  test("the fifty-first ends the one that was seen longest ago", async () => {
    const scene = await aSceneWithAccount(open());
    const first = aSession();
    await scene.write("openSession", first);
    const at = NOW + 60_000;
    for (let n = 1; n < 50; n += 1) await scene.write("openSession", aSession(), { at });
    expect(await find(scene, first)).toBeDefined();
    await scene.write("openSession", aSession(), { at });
    expect(await find(scene, first)).toBeUndefined();
  });

  test("fifty half ones end no whole one: a password alone signs nobody out", async () => {
    const scene = await aSceneWithAccount(open());
    const [whole, half] = [aSession(), aSession({ half: true })];
    for (const input of [whole, half]) await scene.write("openSession", input);
    const at = NOW + 60_000;
    for (let n = 0; n < 50; n += 1)
      await scene.write("openSession", aSession({ half: true }), { at });
    expect(await find(scene, half)).toBeUndefined();
    expect(await find(scene, whole)).toBeDefined();
  });

  test("a new password ends all sessions of the person but the one that set it", async () => {
    const scene = await aSceneWithAccount(open());
    for (const id of ["user_1", "user_2"])
      await scene.write("createUser", aUser({ id, email: null }));
    const half = aSession({ half: true });
    const sessions = [aSession(), half, aSession(), aSession({ personId: "user_2" })];
    for (const input of sessions) await scene.write("openSession", input);
    const at = NOW + HOUR;
    const live = async () => {
      const found = await Promise.all(sessions.map((session) => find(scene, session, at)));
      return found.flatMap((session) => session?.id ?? []);
    };
    const set = (session?: string) => {
      const input = { personId: "user_1", passwordHash: "new" };
      return scene.write("setPassword", session === undefined ? input : { ...input, session }, {
        at,
      });
    };
    const [one, two, three, other] = sessions.map(({ id }) => id);
    await expectRefusal(set("ses_none"), "UNAUTHORIZED");
    expect(await live()).toEqual([one, two, three, other]);
    await set(three);
    expect(await live()).toEqual([three, other]);
    expect(await find(scene, sessions[2] ?? half, at)).toMatchObject({ provedAt: at });
    await set();
    expect(await live()).toEqual([other]);
  });

  test("none is opened by a password that was replaced since", async () => {
    const scene = await aSceneWithAccount(open());
    await scene.write("createUser", aUser());
    const openWith = (signedOutAt?: number | null) =>
      scene.write("openSession", aSession({ signedOutAt }));
    await expect(openWith(null)).resolves.toMatchObject({ personId: "user_1" });
    await scene.write("setPassword", { personId: "user_1", passwordHash: "new" });
    await expectRefusal(openWith(null), "SIGN_IN_REFUSED");
    await expect(openWith(NOW)).resolves.toMatchObject({ personId: "user_1" });
    await expect(openWith()).resolves.toMatchObject({ personId: "user_1" });
    const tries = Array.from({ length: 8 }, () => openWith(NOW).catch(() => undefined));
    const again = { personId: "user_1", passwordHash: "newer" };
    await Promise.all([...tries, scene.write("setPassword", again, { at: NOW + 1 })]);
    const sessions = { kind: "user", personId: "user_1", at: NOW } as const;
    expect(await scene.store.sessions.list(scene.api, sessions)).toEqual([]);
  });

  test("what a session asks for is not written once it has ended", async () => {
    const scene = await aSceneWithAccount(open());
    const session = aSession();
    await scene.write("openSession", session);
    const issue = (n: number) =>
      scene.write("issueCredential", anApiKey({ n }), { session: session.id });
    await expect(issue(1)).resolves.toMatchObject({ id: "key_1" });
    await scene.write("endSession", { id: session.id });
    await expectRefusal(issue(2), "UNAUTHORIZED");
  });

  test("a proof is noted, but for a session that has ended", async () => {
    const scene = await aSceneWithAccount(open());
    const session = aSession();
    await scene.write("openSession", session);
    const at = NOW + HOUR;
    await scene.write("proveSession", { id: session.id }, { at });
    expect(await find(scene, session, at)).toMatchObject({ provedAt: at });
    await scene.write("endSession", { id: session.id });
    await expectRefusal(scene.write("proveSession", { id: session.id }), "UNAUTHORIZED");
  });

  test("those that have ended are deleted, and no other", async () => {
    const scene = await aSceneWithAccount(open());
    const [over, alive] = [aSession({ endsAt: NOW - 1 }), aSession()];
    await scene.write("openSession", over);
    await scene.write("openSession", alive);
    expect(await scene.write("forgetSessions", { limit: 500 })).toEqual({ forgotten: 1 });
    expect(await find(scene, over, NOW - 2)).toBeUndefined();
    expect(await find(scene, alive)).toBeDefined();
  });

  test("of twenty who open a portal link at once, one gets in", async () => {
    const scene = await aSceneWithAccount(open());
    await scene.write("createUser", aUser());
    const secret = `portal ${scene.api}`;
    await scene.write("createPortalSession", {
      ...{ id: "ds_1", digest: digestOf(secret), accountId: "acct_1", userId: null },
      ...{ capabilities: ["usage:read"], returnUrl: null, expiresAt: NOW + 300_000 },
    });
    expect(await scene.store.portalLinks.find(digestOf(secret), NOW)).toEqual({ api: scene.api });
    const opened = await Promise.all(
      Array.from({ length: 20 }, () => {
        const { kind, personId, half, ...session } = aSession();
        return scene.write("openPortalSession", { ...session, linkDigest: digestOf(secret) });
      }),
    );
    const [session, ...others] = opened.filter((one) => one !== undefined);
    expect(others).toEqual([]);
    expect(session).toMatchObject({
      ...{ kind: "portal", accountId: "acct_1", personId: null, provedAt: null, half: false },
      capabilities: ["usage:read"],
    });
    expect(await scene.store.portalLinks.find(digestOf(secret), NOW)).toBeUndefined();
  });

  test("a portal link opens nothing at the instant it expires, nor in another API", async () => {
    const scene = await aSceneWithAccount(open());
    const other = await aSceneWithAccount(open());
    const linkDigest = digestOf(`late ${scene.api}`);
    await scene.write("createPortalSession", {
      ...{ id: "ds_1", digest: linkDigest, accountId: "acct_1", userId: null },
      ...{ capabilities: ["usage:read"], returnUrl: null, expiresAt: NOW + 300_000 },
    });
    const { kind, personId, half, ...session } = aSession();
    const input = { ...session, linkDigest };
    expect(await other.write("openPortalSession", input)).toBeUndefined();
    const at = NOW + 300_000;
    expect(await scene.store.portalLinks.find(linkDigest, at)).toBeUndefined();
    expect(await scene.write("openPortalSession", input, { at })).toBeUndefined();
    expect(await scene.write("openPortalSession", input, { at: at - 1 })).toBeDefined();
  });
}
