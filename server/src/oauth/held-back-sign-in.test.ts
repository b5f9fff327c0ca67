import { afterAll, beforeAll, expect, test } from "vitest";
import { newBrowser } from "../testing/browser.ts";
import { aContext } from "../testing/builders.ts";
import { API, type Client, type OAuthWorld, startLoneOAuthWorld } from "../testing/oauth-world.ts";

// Who has signed in is sent on to a way back, and may follow it an hour later. What has ended
// meanwhile must not come to life there.

let world: OAuthWorld;
let client: Client;
beforeAll(async () => {
  world = await startLoneOAuthWorld();
  client = await world.register();
});
afterAll(async () => {
  await world?.close();
  expect(world?.faults).toEqual([]);
});

/** Signs in, and stops where the browser would be sent back to the authorization server. */
async function holdBack() {
  const cookies: string[] = [];
  let url = new URL(world.authorizationUrl(client));
  const go = async () => {
    const answer = await fetch(url, {
      redirect: "manual",
      headers: { cookie: cookies.join("; ") },
    });
    cookies.push(...answer.headers.getSetCookie().map((line) => line.split(";", 1)[0] ?? ""));
    await answer.body?.cancel();
    url = new URL(answer.headers.get("location") ?? url, url);
    return answer.status;
  };
  // To the sign-in, and from it: the next address is the way back.
  await go();
  await go();
  expect(url.pathname).toMatch(/\/oauth\/authorize\/[\w-]+$/);
  return {
    /** Whether the browser is asked for consent next, as who has signed in is. */
    async comesIn(): Promise<boolean> {
      const status = await go();
      return status === 303 && url.pathname.includes("/interaction/");
    },
  };
}

test("who follows the way back at once is signed in", async () => {
  const held = await holdBack();
  expect(await held.comesIn()).toBe(true);
});

const USER = { personId: "user_1" };
const context = () => aContext({ api: API, at: Date.now() });

test.each([
  [
    "the password was changed",
    () => world.store.write("setPassword", { ...USER, passwordHash: "new" }, context()),
  ],
  [
    "the user signed out everywhere",
    () => world.store.write("endSessions", { ...USER, kind: "user" }, context()),
  ],
])("who follows it after %s is not", async (_when, end) => {
  const held = await holdBack();
  await end();
  expect(await held.comesIn()).toBe(false);
});

test("what another user does changes nothing", async () => {
  const held = await holdBack();
  await world.store.write("endSessions", { kind: "user", personId: "user_2" }, context());
  expect(await held.comesIn()).toBe(true);
});

test("nobody signs in by a password that is another once the sign-in is written", async () => {
  const url = world.authorizationUrl(client);
  const signIn = async () => (await newBrowser(world.origin).visit(url)).answer.status;
  const { signedOutAt } = (await world.store.people.find(API, "user_1")) ?? {};
  world.signedOutAt = signedOutAt;
  // Past the second of that, within which nobody signs in.
  world.advance(2);
  expect(await signIn()).toBe(303);
  // Begun a while ago; whoever had looked at the password before has not come to an end yet.
  const at = Date.now() - 5000;
  const change = { ...USER, passwordHash: "newer" };
  await world.store.write("setPassword", change, aContext({ api: API, at }));
  expect(await signIn()).toBe(422);
  world.signedOutAt = at;
  expect(await signIn()).toBe(303);
  world.signedOutAt = undefined;
});
