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

/** Of a longer address no user is known. */
const MOST_EMAIL = 254;
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

type Counted = readonly (readonly [CompiledLimit, string])[];

/**
 * Sign-in with e-mail and password. An unknown address costs as much as a wrong password, and both
 * answer alike; failures slow down who guesses one person's password and who tries many people's.
 */
export function createSignIn({ store, clock }: { store: Store; clock: Clock }): SignIn {
  const limiter = createMemoryLimiter({ maxKeys: 100_000 });
  const underway = new Map<string, number>();

  /** Seconds. Tries that nothing is known of yet are not counted, and thus must be few. */
  function waitFor(counted: Counted): number | undefined {
    const now = clock();
    const ends = counted.map(([limit, key]) => limiter.peek(limit, key, now).retryAt ?? now);
    const wait = Math.max(...ends) - now;
    if (wait > 0) return Math.ceil(wait / 1000);
    const isMany = counted.some(([limit, key]) => {
      const most = Math.min(...limit.windows.map(({ max }) => max));
      return (underway.get(`${limit.id} ${key}`) ?? 0) >= most;
    });
    return isMany ? 1 : undefined;
  }

  function note(counted: Counted, change: 1 | -1): void {
    for (const [limit, key] of counted) {
      const name = `${limit.id} ${key}`;
      const tries = (underway.get(name) ?? 0) + change;
      if (tries === 0) underway.delete(name);
      else underway.set(name, tries);
    }
  }

  async function check({ api, email, password }: SignInAttempt): Promise<string | undefined> {
    const found = await store.signIns.find(api, email);
    const isLong = password.length > MOST_PASSWORD;
    const isRight = await checkPassword(isLong ? "" : password, found?.passwordHash ?? null);
    return isRight && !isLong ? found?.userId : undefined;
  }

  return async (attempt) => {
    const { api, email, address } = attempt;
    const counted = [
      [OF_PERSON, `${api} ${email.slice(0, MOST_EMAIL).toLowerCase()}`],
      [OF_ADDRESS, failureBucket(address)],
    ] as const;
    const seconds = waitFor(counted);
    if (seconds !== undefined) return { outcome: "wait", seconds };
    note(counted, 1);
    try {
      const userId = await check(attempt);
      if (userId !== undefined) return { outcome: "signed-in", userId };
      for (const [limit, key] of counted) limiter.spend(limit, key, clock());
      return { outcome: "refused" };
    } finally {
      note(counted, -1);
    }
  };
}

function failures(name: string, windows: CompiledLimit["windows"]): CompiledLimit {
  return { id: `sign-in ${name}`, per: "address", windows, refuseWhen: "any" };
}
