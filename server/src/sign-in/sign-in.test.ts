import { afterAll, beforeAll, expect, test } from "vitest";
import { hashPassword } from "../accounts/password.ts";
import { openStore } from "../store/open-store.ts";
import type { Store } from "../store/store.ts";
import { aContext, anAccount, aUser } from "../testing/builders.ts";
import { keptLog } from "../testing/log.ts";
import { temporarySqlite } from "../testing/temporary-sqlite.ts";
import { createSignIn, type SignIn } from "./sign-in.ts";
import { createThrottle } from "./throttle.ts";

const PASSWORD = "a horse is no battery";
const EMAIL = "ada@example.com";
const API = "standard";

const sqlite = temporarySqlite();
let store: Store;
beforeAll(async () => {
  store = await openStore({ url: sqlite.url, clock: () => Date.now(), log: keptLog() });
  await store.write("createAccount", anAccount(), aContext({ api: API }));
  const passwordHash = await hashPassword(PASSWORD);
  await store.write("createUser", aUser({ email: EMAIL, passwordHash }), aContext({ api: API }));
});
afterAll(async () => {
  await store?.close();
  sqlite.remove();
});

let now = 0;
const newSignIn = () => {
  const clock = () => now;
  return createSignIn({ store, clock, throttle: createThrottle({ clock }) });
};
const attempt = (changes: object = {}) => ({
  api: API,
  email: EMAIL,
  password: PASSWORD,
  address: "192.0.2.1",
  requestId: null,
  ...changes,
});

/** What each of so many wrong passwords comes to. */
async function guess(signIn: SignIn, count: number, changes: (i: number) => object) {
  const outcomes: string[] = [];
  for (let i = 0; i < count; i += 1) {
    const { outcome } = await signIn(attempt({ password: `wrong ${i}`, ...changes(i) }));
    outcomes.push(outcome);
  }
  return outcomes;
}

test("who knows the password signs in as often as they like", async () => {
  const signIn = newSignIn();
  for (let i = 0; i < 7; i += 1) {
    expect(await signIn(attempt())).toEqual({
      outcome: "right",
      person: { kind: "user", api: API, id: "user_1" },
      signedOutAt: null,
    });
  }
});

test("the address is the same in capitals, and another API's user is another", async () => {
  const signIn = newSignIn();
  expect((await signIn(attempt({ email: "ADA@Example.com" }))).outcome).toBe("right");
  expect((await signIn(attempt({ api: "calcom" }))).outcome).toBe("refused");
});

test("five wrong passwords from anywhere close the person's sign-in for a minute", async () => {
  const signIn = newSignIn();
  const from = (i: number) => ({ address: `192.0.2.${i}` });
  expect(await guess(signIn, 5, from)).toEqual(Array(5).fill("refused"));
  // The sixth is looked at no more.
  expect((await signIn(attempt())).outcome).toBe("wait");
  now += 61_000;
  expect((await signIn(attempt())).outcome).toBe("right");
});

test("twenty failures for anyone close an address, one of IPv6 with its whole /64", async () => {
  const signIn = newSignIn();
  const of = (i: number) => ({ email: `p${i}@example.com`, address: `2001:db8::${i}` });
  expect(await guess(signIn, 20, of)).toEqual(Array(20).fill("refused"));
  expect((await signIn(attempt({ address: "2001:db8::ffff" }))).outcome).toBe("wait");
  expect((await signIn(attempt({ address: "2001:db8:0:1::1" }))).outcome).toBe("right");
});

test("many at once are no way around the count", async () => {
  const signIn = newSignIn();
  const all = Array.from({ length: 50 }, (_, i) => signIn(attempt({ password: `wrong ${i}` })));
  const outcomes = (await Promise.all(all)).map(({ outcome }) => outcome);
  expect(outcomes.filter((outcome) => outcome === "refused").length).toBeLessThanOrEqual(5);
  expect(await signIn(attempt())).toMatchObject({ outcome: "wait" });
});
