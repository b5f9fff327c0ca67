import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hashPassword } from "../accounts/password.ts";
import { createSealing } from "../store/sealing.ts";
import type { Store } from "../store/store.ts";
import { aContext, anAccount, aUser } from "../testing/builders.ts";
import { DATABASES, openTestStore } from "../testing/databases.ts";
import { frozenClock } from "../testing/now.ts";
import { createSignInParts, type SignInParts } from "./create-sign-in-parts.ts";
import type { Person } from "./people.ts";

// What people and programs type into the fields, on databases that do not hold every text.

const API = "standard";
const EMAIL = "ada@example.com";
const WHENCE = { address: "192.0.2.1", requestId: null };
const PERSON: Person = { kind: "user", api: API, id: "user_1" };
const MASTER = new Uint8Array(32).fill(1);

for (const database of DATABASES) {
  describe.skipIf(database.absent)(`on ${database.name}`, () => {
    const clock = frozenClock();
    const mails: string[] = [];
    const faults: unknown[] = [];
    let store: Store;
    let parts: SignInParts;

    beforeAll(async () => {
      await database.start();
      store = await openTestStore(await database.newUrl());
      await store.write("createAccount", anAccount(), aContext({ api: API }));
      await store.write("createUser", aUser({ email: EMAIL }), aContext({ api: API }));
      parts = createSignInParts({
        ...{ store, clock, hashPassword, sealing: createSealing([MASTER]), masterKeys: [MASTER] },
        ...{ publicUrl: "https://auth.example.com", apis: new Set([API]) },
        mail: { delivers: true, send: async ({ to }) => void mails.push(to) },
        onFault: (fault) => faults.push(fault),
      });
    });
    afterAll(async () => {
      await store?.close();
      await database.stop();
    });

    const signIn = (email: string, password: string) =>
      parts.signIn({ api: API, email, password, ...WHENCE });

    test("a password has as many characters as are set, however many bytes they take", async () => {
      const longest = "\u{1f511}".repeat(1024);
      await parts.passwords.set(PERSON, longest, WHENCE);
      expect((await signIn(EMAIL, longest)).outcome).toBe("right");
      expect((await parts.passwords.check(PERSON, longest, WHENCE)).outcome).toBe("right");
      const tooLong = parts.passwords.set(PERSON, `${longest}x`, WHENCE);
      await expect(tooLong).rejects.toMatchObject({ code: "INVALID_REQUEST" });
      expect((await signIn(EMAIL, `${longest}x`)).outcome).toBe("refused");
      expect((await signIn(EMAIL, "x".repeat(1_000_000))).outcome).toBe("refused");
    });

    test.each(["ada@example.com\0", "\0", ""])("nobody has the address %j", async (email) => {
      clock.advance(3_600_000);
      expect(await signIn(email, "a horse is no battery")).toEqual({ outcome: "refused" });
      await parts.links.requestReset(API, email, WHENCE);
      expect([faults, mails]).toEqual([[], []]);
    });

    test.each(["\0", "a b", "ä", "x".repeat(1365)])("no passkey has the id %j", async (id) => {
      clock.advance(3_600_000);
      const answer = { id, rawId: id, type: "public-key", response: {} };
      expect(await parts.passkeys.authenticate(API, answer, WHENCE)).toEqual({
        outcome: "refused",
      });
    });

    test("a mail goes to the address that was set, not to one that looks like it", async () => {
      clock.advance(3_600_000);
      // U+212A, KELVIN SIGN, is a k in small letters.
      const [mike, likeMike] = ["mike@example.com", "mi\u212ae@example.com"];
      const user = aUser({ id: "user_2", email: mike, passwordHash: "not null" });
      await store.write("createUser", user, aContext({ api: API }));
      await parts.links.requestReset(API, likeMike, WHENCE);
      await expect.poll(() => mails).toEqual([mike]);
    });
  });
}
