import fc from "fast-check";
import { expect, test } from "vitest";
import { defineApi } from "./policy/define.ts";
import { standardApi } from "./profiles/standard.ts";
import { aToken, NOW, World } from "./testing/world.ts";

// What is remembered of a token must never speak for another one. An explanation remembers
// nothing: it says what is right.

const API = defineApi({
  slug: "acme",
  extends: standardApi,
  schemes: ["api-key", "customer-jwt", "shared-secret-jwt", "signed-request", "anonymous"],
  limits: { jwt: { per: "token", windows: ["1000000/hour"] } },
});
const exp = NOW / 1000 + 10;
/** Longer than what is kept of a token as it is. */
const LONG = "long ".repeat(300);

type Headers = Readonly<Record<string, string>>;

/** A genuine token, and how requests carry it or another in its place. */
interface Genuine {
  readonly token: string;
  sent(token: string): Headers;
}

function scene() {
  const world = new World(API);
  const { id } = world.account({ kind: "organization" });
  const user = world.user([id]);
  const other = world.user([id]);
  const bearer = (token: string): Headers => ({ authorization: `Bearer ${token}` });
  const spaced = (token: string): Headers => ({ authorization: `bearer   ${token}` });
  const keys = (["ES256", "EdDSA", "RS256"] as const).map((type) => world.signingKey(id, type));
  const { secret } = world.jwtSecret(id, "them");
  const signed = world.key({ accountId: id, userId: user.id, signing: "required" });
  const app = world.organizationKey(id);
  const signature = (token: string): Headers => ({ "x-api-key": signed.key, "x-signature": token });
  const both = (token: string): Headers => ({
    ...signature(aToken({ key: signed.key, exp }, signed.secret)),
    "x-app-key": app.appKey,
    "x-app-signature": token,
  });
  const genuine = [{}, { more: LONG }, { exp: exp + 5 }].flatMap((more): Genuine[] => [
    ...keys.flatMap(({ kid, privateKey }) =>
      [user, other].map(({ id: sub }) => {
        return { token: aToken({ sub, exp, ...more }, privateKey, { kid }), sent: bearer };
      }),
    ),
    ...[user, other].map(({ id: sub }) => {
      return { token: aToken({ iss: "them", sub, exp, ...more }, secret), sent: spaced };
    }),
    { token: aToken({ key: signed.key, exp, ...more }, signed.secret), sent: signature },
    { token: aToken({ key: app.appKey, exp, ...more }, app.secret), sent: both },
  ]);
  return { world, genuine };
}

const { world, genuine } = scene();

/** A place near the end of a token or anywhere in it: what is secret is at the end. */
const place = fc.oneof(fc.nat({ max: 90 }), fc.nat({ max: 3000 }));
const character = fc.oneof(
  fc.constantFrom(..."ABQabz019-_.=+/ \0\u00e9\u0141\u{1f511}"),
  fc.string({ minLength: 1, maxLength: 1, unit: "binary" }),
);
const among = fc.constantFrom(...genuine);

/** Tokens that are almost genuine. */
const altered = fc.oneof(
  among.map(({ token }) => token),
  fc.tuple(among, place, character).map(([{ token }, back, other]) => {
    const at = Math.max(0, token.length - 1 - back);
    return token.slice(0, at) + other + token.slice(at + 1);
  }),
  // Another character with the same last byte.
  fc.tuple(among, place).map(([{ token }, back]) => {
    const at = Math.max(0, token.length - 1 - back);
    const alike = String.fromCharCode(token.charCodeAt(at) + 256);
    return token.slice(0, at) + alike + token.slice(at + 1);
  }),
  // The parts of two or three.
  fc.tuple(among, among, among).map((each) => {
    return each.map(({ token }, i) => token.split(".")[i]).join(".");
  }),
  fc.tuple(among, among, place).map(([a, b, back]) => {
    return a.token.slice(0, -1 - back) + b.token.slice(-1 - back);
  }),
  fc.tuple(among, place).map(([{ token }, cut]) => token.slice(0, -1 - cut)),
  fc.tuple(among, place).map(([{ token }, cut]) => token.slice(cut)),
  fc.tuple(among, character).map(([{ token }, more]) => token + more),
  fc.tuple(among, character).map(([{ token }, more]) => more + token),
);

let addresses = 0;

/** What is decided from an address of its own, where nobody has failed yet. */
async function outcomeOf(headers: Headers, explain: boolean): Promise<string> {
  addresses += 1;
  const address = `10.${addresses >> 16}.${(addresses >> 8) & 255}.${addresses & 255}`;
  const decision = await world.decide({ target: "/me", headers, address }, { explain });
  if (decision.outcome === "deny") return decision.reason;
  const { principal, expiresAt } = decision;
  return JSON.stringify([principal.userId, principal.credentialId, principal.actor, expiresAt]);
}

test("every genuine token is accepted, again and again", async () => {
  for (const { token, sent } of [...genuine, ...genuine]) {
    expect(await outcomeOf(sent(token), false)).toMatch(/^\["user_/);
  }
});

test("a token is decided about as if nothing had been verified before", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(altered, among, fc.constantFrom(0, 0, 9_000)), { maxLength: 6 }),
      async (sent) => {
        world.now = NOW;
        for (const [token, { sent: as }, later] of sent) {
          world.now += later;
          const right = await outcomeOf(as(token), true);
          expect(await outcomeOf(as(token), false)).toBe(right);
        }
      },
    ),
    { numRuns: 1500 },
  );
});

test("no two texts share a signature's verdict, whatever differs", async () => {
  world.now = NOW;
  for (const { token, sent } of genuine) {
    expect(await outcomeOf(sent(token), false)).toMatch(/^\[/);
    const [header = "", claims = "", signature = ""] = token.split(".");
    const said = Buffer.from(claims, "base64url").toString();
    const forged = Buffer.from(said.replace("{", '{"a":0,')).toString("base64url");
    for (const other of [`${header}.${forged}.${signature}`, `${token.slice(0, -1)}~`]) {
      expect(await outcomeOf(sent(other), false)).toMatch(/_invalid$|_malformed$/);
    }
  }
});
