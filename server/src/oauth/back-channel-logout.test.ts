import { randomBytes } from "node:crypto";
import type { ServerResponse } from "node:http";
import { inspect } from "node:util";
import { decodeJwt } from "jose";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { createGuardedFetch } from "../outbound/guarded-fetch.ts";
import { newBrowser } from "../testing/browser.ts";
import { aContext, aUser } from "../testing/builders.ts";
import { DATABASES } from "../testing/databases.ts";
import {
  type LogoutReceiver,
  readLogoutToken,
  startLogoutReceiver,
} from "../testing/logout-receiver.ts";
import { API, type Client, type OAuthWorld, startOAuthWorld } from "../testing/oauth-world.ts";

// OpenID Connect Back-Channel Logout 1.0, for applications that accounts registered.

const USER = { personId: "user_1" };
const SCOPE = "openid read:users";

const [database] = DATABASES;
let world: OAuthWorld;
let receiver: LogoutReceiver;
let client: Client;
beforeAll(async () => {
  await database?.start();
  const fetchGuarded = createGuardedFetch({ allow: ["127.0.0.1"] });
  world = await startOAuthWorld((await database?.newUrl()) ?? "", {}, fetchGuarded);
  receiver = await startLogoutReceiver();
});
beforeEach(async () => {
  receiver.clear();
  receiver.respond = (response) => void response.end();
  client = await register({ backchannelLogoutSessionRequired: true });
});
afterAll(async () => {
  await receiver?.close();
  await world?.close();
  await database?.stop();
  expect(world?.faults).toEqual([]);
});

const register = (logout: object = {}) =>
  world.register({ logout: { backchannelLogoutUri: receiver.uri, ...logout } });
const context = (changes = {}) => aContext({ api: API, at: Date.now(), ...changes });

/** A user who has just signed in at the client. */
async function signIn(who: Client = client, browser = newBrowser(world.origin)) {
  const back = await world.authorize(who, { scope: SCOPE }, browser);
  const { body } = await world.redeem(who, back.get("code") ?? "");
  const { items } = await world.store.grants.list(
    API,
    { applicationId: who.id },
    { limit: 1, after: undefined },
  );
  const idToken = decodeJwt(String(body.id_token));
  return { grantId: items[0]?.id ?? "", idToken, refreshToken: String(body.refresh_token) };
}

/** The tokens for a client: others may be told of the same user. */
const tokensOf = ({ id }: Client) => receiver.tokens.filter((token) => decodeJwt(token).aud === id);

/** What a client was told, once it was. */
async function told(who = client) {
  await vi.waitFor(() => expect(tokensOf(who)).not.toEqual([]), { timeout: 10_000, interval: 10 });
  const expected = { issuer: world.issuer, clientId: who.id };
  return Promise.all(tokensOf(who).map((token) => readLogoutToken(token, expected)));
}

/** Waits until nobody is left to be told. */
const settled = () =>
  vi.waitFor(
    async () => expect(await world.store.logoutNotices.due(Date.now() + 120_000, 1)).toEqual([]),
    { timeout: 10_000, interval: 10 },
  );

describe("a client is told which sign-in of whom ended when", () => {
  const endings: readonly (readonly [string, (grantId: string) => Promise<unknown>])[] = [
    ["its grant is revoked", (id) => world.store.write("revokeGrant", { id }, context())],
    [
      "the user gets a new password",
      // Earlier than the sign-ins of the next tests: who signs in within the same second is not in.
      () => world.store.write("setPassword", { ...USER, passwordHash: "new" }, context({ at: 1 })),
    ],
    [
      "the user signs out everywhere",
      () => world.store.write("endSessions", { ...USER, kind: "user" }, context()),
    ],
  ];
  test.each(endings)("%s", async (_when, end) => {
    const { grantId, idToken } = await signIn();
    await end(grantId);
    const [claims, ...more] = await told();
    expect(more).toEqual([]);
    expect(claims).toMatchObject({ sub: "user_1", sid: idToken.sid });
    expect(typeof idToken.sid).toBe("string");
  });
});

test("who does not ask for the sign-in is told of the user alone", async () => {
  client = await register();
  await signIn();
  await signIn();
  await world.store.write("endSessions", { ...USER, kind: "user" }, context());
  const [claims] = await told();
  expect(claims?.sub).toBe("user_1");
  expect(claims?.sid).toBeUndefined();
});

test("a sign-in that ended leads to no code without a password", async () => {
  const browser = newBrowser(world.origin);
  await signIn(client, browser);
  const again = () => world.authorize(client, { scope: SCOPE, prompt: "none" }, browser);
  expect((await again()).has("code")).toBe(true);
  await world.store.write("endSessions", { ...USER, kind: "user" }, context());
  expect((await again()).get("error")).toBe("login_required");
});

describe("nobody is told", () => {
  test("of what the client ended itself", async () => {
    const { refreshToken } = await signIn();
    await world.post(client, "revoke", { token: refreshToken });
    await settled();
    expect(tokensOf(client)).toEqual([]);
  });

  test("whose grant it was not, nor of another user's sign-out", async () => {
    const other = await register();
    await signIn(other);
    await signIn();
    await world.store.write("createUser", aUser({ id: "user_2", email: null }), context());
    await world.store.write("endSessions", { kind: "user", personId: "user_2" }, context());
    const { grantId } = await signIn();
    await world.store.write("revokeGrant", { id: grantId }, context());
    expect(await told()).toHaveLength(1);
    await settled();
    expect(tokensOf(client)).toHaveLength(1);
  });

  test.each(["revokeApplication", "setApplicationStatus"] as const)(
    "who is no client any more: %s",
    async (command) => {
      const { grantId } = await signIn();
      const input = { id: client.id, status: "rejected" } as const;
      await world.store.write(command, input, context());
      await world.store.write("revokeGrant", { id: grantId }, context());
      await settled();
      expect(tokensOf(client)).toEqual([]);
    },
  );
});

test("what the log says of a client that does not take it names no address", async () => {
  receiver.respond = (response) => void response.writeHead(302, { location: "/" }).end();
  client = await register({ backchannelLogoutUri: `${receiver.uri}?key=canary` });
  const { grantId } = await signIn();
  await world.store.write("revokeGrant", { id: grantId }, context());
  const logged = () => inspect(world.log.lines, { depth: 9 });
  await expect.poll(logged).toContain("the client answered 302");
  expect(logged()).not.toContain("canary");
  expect(tokensOf(client)).toHaveLength(1);
});

test("a client that does not take it is told again, with another token, and six times at most", async () => {
  receiver.respond = (response) => void response.writeHead(500).end();
  const { grantId } = await signIn();
  await world.store.write("revokeGrant", { id: grantId }, context());
  const failures = () =>
    world.log.lines.filter(({ fields }) => {
      return "applicationId" in fields && fields.applicationId === client.id;
    });
  const waits = [30, 120, 600, 3600, 21_600];
  for (const [i, seconds] of waits.entries()) {
    // The next try comes so long after the instant at which this one was logged.
    await expect.poll(failures).toHaveLength(i + 1);
    world.advance(seconds);
  }
  await expect.poll(() => tokensOf(client)).toHaveLength(1 + waits.length);
  const givenUp = async () => {
    const filter = { type: "logout_notice.given_up" };
    const { items } = await world.store.events.list(API, filter, { limit: 9, after: undefined });
    return items.map(({ detail }) => detail);
  };
  await expect.poll(givenUp).toContainEqual({ applicationId: client.id, userId: "user_1" });
  world.advance(7 * 86_400);
  await settled();
  const ids = tokensOf(client).map((token) => decodeJwt(token).jti);
  expect(new Set(ids).size).toBe(6);
});

test("a client that does not answer holds up nobody", async () => {
  const open: ServerResponse[] = [];
  receiver.respond = (response) => void open.push(response);
  const silent = await signIn();
  const begun = performance.now();
  await world.store.write("revokeGrant", { id: silent.grantId }, context());
  // The client is given five seconds.
  expect(performance.now() - begun).toBeLessThan(4000);
  await expect.poll(() => open).toHaveLength(1);
  receiver.clear();
  receiver.respond = (response) => void response.end();
  const other = await register();
  const { grantId } = await signIn(other);
  await world.store.write("revokeGrant", { id: grantId }, context());
  expect(await told(other)).toHaveLength(1);
  expect(open[0]?.destroyed).toBe(false);
  for (const response of open) response.end();
});

test("what was not told when a process died is told by the next one on its database", async () => {
  const url = (await database?.newUrl()) ?? "";
  const masterKeys = [randomBytes(32)];
  const first = await startOAuthWorld(url, {}, createGuardedFetch({ allow: [] }), masterKeys);
  const before = world;
  world = first;
  try {
    client = await register();
    const { grantId } = await signIn();
    await first.store.write("revokeGrant", { id: grantId }, context());
    // Held by a sender that does not come back.
    await expect.poll(() => first.store.logoutNotices.due(Date.now(), 1)).toEqual([]);
    expect(tokensOf(client)).toEqual([]);
    await first.close();
    world = await startOAuthWorld(
      url,
      {},
      createGuardedFetch({ allow: ["127.0.0.1"] }),
      masterKeys,
    );
    world.advance(3600);
    expect(await told()).toHaveLength(1);
  } finally {
    await world.close();
    world = before;
  }
});

test.each([
  ["http to somewhere else", "http://client.example/"],
  ["a fragment", "https://client.example/#x"],
  ["another scheme", "ftp://client.example/"],
  ["a user", "https://a:b@client.example/"],
])("an address with %s is not registered", async (_what, backchannelLogoutUri) => {
  await expect(register({ backchannelLogoutUri })).rejects.toMatchObject({
    code: "INVALID_REQUEST",
    details: { field: "logout.backchannelLogoutUri" },
  });
});

test("a private address is never asked, wherever the name leads", async () => {
  const url = (await database?.newUrl()) ?? "";
  const asked: string[] = [];
  const lookUp = async (name: string) => {
    asked.push(name);
    return [{ address: "127.0.0.1", family: 4 }];
  };
  const before = world;
  world = await startOAuthWorld(url, {}, createGuardedFetch({ allow: [], lookUp }));
  try {
    const { port } = new URL(receiver.uri);
    client = await register({ backchannelLogoutUri: `https://client.example:${port}/` });
    const { grantId } = await signIn();
    await world.store.write("revokeGrant", { id: grantId }, context());
    const logged = () => inspect(world.log.lines, { depth: 9 });
    await expect.poll(logged).toContain("not on the public Internet");
    expect(asked).toEqual(["client.example"]);
    expect(tokensOf(client)).toEqual([]);
  } finally {
    await world.close();
    world = before;
  }
});
