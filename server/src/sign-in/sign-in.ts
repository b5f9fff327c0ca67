import {
  type Clock,
  type CompiledLimit,
  createMemoryLimiter,
  failureBucket,
} from "@latchkey/engine";
import type { Store } from "../store/store.ts";
import { checkPassword } from "./check-password.ts";

/** What signing in came to. `wait`: too many failed; nothing was looked at. */
export type SignInOutcome =
  | { readonly outcome: "signed-in"; readonly userId: string }
  | { readonly outcome: "refused" }
  | { readonly outcome: "wait"; readonly seconds: number };

/** Who signs in, and from where. */
export interface SignInAttempt {
  readonly api: string;
  readonly email: string;
  readonly password: string;
  readonly address: string | undefined;
}

/** Signs people of any API in. */
export type SignIn = (attempt: SignInAttempt) => Promise<SignInOutcome>;

/** Longest password that is looked at. */
const MOST_PASSWORD = 1024;

/** Failures of one person, wherever they come from, and of one address, whoever is tried. */
const OF_PERSON = failures("person", [
  { name: "burst", max: 5, windowSeconds: 60, blockSeconds: 60 },
  { name: "hour", max: 30, windowSeconds: 3600, blockSeconds: 900 },
]);
const OF_ADDRESS = failures("address", [
  { name: "burst", max: 20, windowSeconds: 60, blockSeconds: 60 },
  { name: "hour", max: 200, windowSeconds: 3600, blockSeconds: 900 },
]);

/**
 * Sign-in with e-mail and password. An unknown address costs as much as a wrong password, and both
 * answer alike; failures slow down who guesses one person's password and who tries many people's.
 */
export function createSignIn({ store, clock }: { store: Store; clock: Clock }): SignIn {
  const limiter = createMemoryLimiter({ maxKeys: 100_000 });

  function waitFor(keys: readonly (readonly [CompiledLimit, string])[]): number | undefined {
    const now = clock();
    const ends = keys.map(([limit, key]) => limiter.peek(limit, key, now).retryAt ?? now);
    const wait = Math.max(...ends) - now;
    return wait > 0 ? Math.ceil(wait / 1000) : undefined;
  }

  return async ({ api, email, password, address }) => {
    const keys = [
      [OF_PERSON, `${api} ${email.toLowerCase()}`],
      [OF_ADDRESS, failureBucket(address)],
    ] as const;
    const seconds = waitFor(keys);
    if (seconds !== undefined) return { outcome: "wait", seconds };
    // Counted before it is known to have failed: many at once are no way around the count.
    for (const [limit, key] of keys) limiter.spend(limit, key, clock());
    const found = await store.signIns.find(api, email);
    const isLong = password.length > MOST_PASSWORD;
    const isRight = await checkPassword(isLong ? "" : password, found?.passwordHash ?? null);
    if (found === undefined || !isRight || isLong) return { outcome: "refused" };
    return { outcome: "signed-in", userId: found.userId };
  };
}

function failures(name: string, windows: CompiledLimit["windows"]): CompiledLimit {
  return { id: `sign-in ${name}`, per: "address", windows, refuseWhen: "any" };
}
