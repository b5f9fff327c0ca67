import type { Clock } from "@latchkey/engine";
import type { Store } from "../store/store.ts";
import { checkPassword } from "./check-password.ts";
import { ownDeed, placeOf } from "./deed.ts";
import type { Person, Tried, Whence } from "./people.ts";
import { type Throttle, triesOf } from "./throttle.ts";

/** Who signs in, and from where. */
export interface SignInAttempt extends Whence {
  /** `null`: an operator of the installation. */
  readonly api: string | null;
  readonly email: string;
  readonly password: string;
}

/**
 * The first step of signing in. Whoever has an authenticator app has not signed in with it: the
 * second step is `SecondFactors.checkCode`.
 */
export type SignIn = (attempt: SignInAttempt) => Promise<Tried<PasswordOwner>>;

/** Whose password was right when it was read. */
export interface PasswordOwner {
  readonly person: Person;
  /** The person's then: another one now means another password. */
  readonly signedOutAt: number | null;
}

/** Of a longer address no user is known. */
const MOST_EMAIL = 254;

/**
 * Sign-in with e-mail and password. An unknown address costs as much as a wrong password, and both
 * answer alike; failures slow down who guesses one person's password and who tries many people's.
 */
export function createSignIn(parts: {
  readonly store: Store;
  readonly clock: Clock;
  readonly throttle: Throttle;
}): SignIn {
  const { store, clock, throttle } = parts;
  return (attempt) => {
    const { api, email, password, address, requestId } = attempt;
    // Both are a stranger's to choose: without the word they could name what is no password's count.
    const name = `password ${placeOf(api)} ${email.slice(0, MOST_EMAIL).toLowerCase()}`;
    return throttle.attempt(triesOf(name, address), async () => {
      // PostgreSQL takes no NUL, and nobody has one.
      const known = email.replaceAll("\0", "\ufffd");
      const found = await store.people.findByEmail(placeOf(api), known);
      const isRight = await checkPassword(password, found?.passwordHash ?? null);
      if (isRight && found !== undefined) {
        const person: Person = { kind: api === null ? "operator" : "user", api, id: found.id };
        return { person, signedOutAt: found.signedOutAt };
      }
      // Of strangers too, so that the time it takes tells nobody who is known.
      const personId = found?.id ?? null;
      const context = ownDeed(api, { address, requestId }, clock());
      const failed = { personId, outcome: "failed", methods: ["password"] } as const;
      await store.write("noteSignIn", failed, context);
      return undefined;
    });
  };
}
