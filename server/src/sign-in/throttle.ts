import {
  type Clock,
  type CompiledLimit,
  createMemoryLimiter,
  failureBucket,
} from "@latchkey/engine";
import type { Tried } from "./people.ts";

/** What a try counts against: a limit, and whose it is. */
export type Counted = readonly (readonly [CompiledLimit, string])[];

/** Slows down who guesses. */
export interface Throttle {
  /** Runs the check, unless too many failed; what it answers `undefined` to is counted. */
  attempt<Right extends object>(
    counted: Counted,
    check: () => Promise<Right | undefined>,
  ): Promise<Tried<Right>>;
  /** Counts one, whatever comes of it, and says whether there was room for it. */
  admits(counted: Counted): boolean;
}

/** Failures of one person, wherever they come from, and of one address, whoever is tried. */
const OF_PERSON = failures("person", [
  { name: "burst", max: 5, windowSeconds: 60, blockSeconds: 60 },
  { name: "hour", max: 30, windowSeconds: 3600, blockSeconds: 900 },
]);
const OF_ADDRESS = failures("address", [
  { name: "burst", max: 20, windowSeconds: 60, blockSeconds: 60 },
  { name: "hour", max: 200, windowSeconds: 3600, blockSeconds: 900 },
]);
const MAILS_TO_PERSON = failures("mail person", [
  { name: "hour", max: 3, windowSeconds: 3600, blockSeconds: 0 },
]);
const MAILS_OF_ADDRESS = failures("mail address", [
  { name: "hour", max: 20, windowSeconds: 3600, blockSeconds: 0 },
]);

/** Tries to be someone, who is named; an IPv6 address counts with its /64. */
export const triesOf = (name: string, address: string | null): Counted => [
  [OF_PERSON, name],
  ...triesFrom(address),
];

/** Tries to be anyone. */
export const triesFrom = (address: string | null): Counted => [
  [OF_ADDRESS, failureBucket(address ?? undefined)],
];

/** Mails that are asked for. */
export const mailsTo = (name: string, address: string | null): Counted => [
  [MAILS_TO_PERSON, name],
  [MAILS_OF_ADDRESS, failureBucket(address ?? undefined)],
];

/** One count for all ways of signing in; it lives in this process. */
export function createThrottle({ clock }: { readonly clock: Clock }): Throttle {
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

  function spend(counted: Counted): void {
    for (const [limit, key] of counted) limiter.spend(limit, key, clock());
  }

  return {
    async attempt(counted, check) {
      const seconds = waitFor(counted);
      if (seconds !== undefined) return { outcome: "wait", seconds };
      note(counted, 1);
      try {
        const right = await check();
        if (right !== undefined) return { outcome: "right", ...right };
        spend(counted);
        return { outcome: "refused" };
      } finally {
        note(counted, -1);
      }
    },
    admits(counted) {
      if (waitFor(counted) !== undefined) return false;
      spend(counted);
      return true;
    },
  };
}

function failures(name: string, windows: CompiledLimit["windows"]): CompiledLimit {
  return { id: `sign-in ${name}`, per: "address", windows, refuseWhen: "any" };
}
