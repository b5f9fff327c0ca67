import { ApiError, type Clock } from "@latchkey/engine";
import type { Store } from "../store/store.ts";
import { checkPassword } from "./check-password.ts";
import { deedOf, placeOf } from "./deed.ts";
import { checkNewPassword, type IsBreached } from "./password-rules.ts";
import type { Passwords } from "./people.ts";
import { type Throttle, triesOf } from "./throttle.ts";

/** Passwords, kept in `store` as argon2id hashes. */
export function createPasswords(parts: {
  readonly store: Store;
  readonly clock: Clock;
  readonly throttle: Throttle;
  readonly hashPassword: (password: string) => Promise<string>;
  readonly isBreached: IsBreached;
}): Passwords {
  const { store, clock, throttle, hashPassword, isBreached } = parts;
  const fit: Passwords["fit"] = (password, email) =>
    checkNewPassword(password, { email, isBreached });

  return {
    fit,

    check: (person, password, whence) => {
      const name = `proof ${placeOf(person.api)} ${person.id}`;
      return throttle.attempt(triesOf(name, whence.address), async () => {
        const known = await store.people.find(placeOf(person.api), person.id);
        const isRight = await checkPassword(password, known?.passwordHash ?? null);
        return isRight ? {} : undefined;
      });
    },

    async set(person, password, whence, session) {
      const known = await store.people.find(placeOf(person.api), person.id);
      if (known === undefined) throw new ApiError("NOT_FOUND", "There is no such person.");
      const passwordHash = await hashPassword(await fit(password, known.email));
      const input = { personId: person.id, passwordHash, session };
      await store.write("setPassword", input, deedOf(person, whence, clock()));
    },
  };
}
