import type { Clock, CompiledPolicy, Decision, LimitState, WindowState } from "@latchkey/engine";
import type { NearLimit } from "../store/near-limits.ts";
import { startRepeating } from "../store/repeating.ts";
import { type Store, systemContext } from "../store/store.ts";
import type { StoreLog } from "../store/store-log.ts";

type Windows = Pick<LimitState, "windows">;

/** That a window of a credential was told of. */
interface Telling {
  readonly name: string;
  /** From then on it is another window, in Unix milliseconds. */
  readonly until: number;
  readonly keptUntil: number;
}

/** Tells accounts that they come near a limit, off the path of the decision. */
export interface NearLimits {
  /** Remembers where the limit of a decision stood; never throws, never waits. */
  see(api: string, decision: Decision): void;
  /** The same of what a verifier counted. */
  seeReported(api: string, credentialId: string, limit: Windows): void;
  /** Looks now. Never rejects. */
  look(): Promise<void>;
  stop(): Promise<void>;
}

interface NearLimitParts {
  readonly store: Pick<Store, "write">;
  /** By slug. */
  readonly policies: ReadonlyMap<string, CompiledPolicy>;
  readonly clock: Clock;
  readonly log: StoreLog;
}

const EVERY_MILLIS = 2000;
/** Credentials of an API looked at in one round; of a window that fills, the next round knows too. */
const MOST_SEEN = 50_000;
const MOST_AT_ONCE = 500;
/** Of a credential, in an hour: hardly a limit has more, but whoever may report could make them up. */
const MOST_TOLD = 8;
/** Shorter windows are there for bursts: full now, empty in a moment. */
const SHORTEST_SECONDS = 60;
const HOUR = 3_600_000;

/**
 * Looks every two seconds. Of each window of a credential one event is told, on whichever node looks
 * first, and of windows shorter than an hour one in an hour.
 */
export function startNearLimits({ store, policies, clock, log }: NearLimitParts): NearLimits {
  /** By API, then by credential. */
  let seen = new Map<string, Map<string, Windows>>();
  /** What this node knows that was told, by credential. */
  const told = new Map<string, readonly Telling[]>();

  function nearOf(api: string, states: ReadonlyMap<string, Windows>, at: number): NearLimit[] {
    const percent = policies.get(api)?.policy.limitNearPercent ?? 100;
    return [...states].flatMap(([credentialId, { windows }]) =>
      windows
        .filter((window) => window.resetAt > at && isNear(window, percent))
        .map((window) => ({ credentialId, window, toldUntil: toldUntil(window, at) })),
    );
  }

  async function tell(): Promise<void> {
    const at = clock();
    const states = seen;
    seen = new Map();
    forgetTold(at);
    for (const [api, some] of states) {
      const near = nearOf(api, some, at).filter((each) => mayTell(api, each, at));
      for (let from = 0; from < near.length; from += MOST_AT_ONCE) {
        const part = near.slice(from, from + MOST_AT_ONCE);
        await store.write("tellOfNearLimits", { near: part }, systemContext(api, at));
        for (const each of part) noteTold(api, each, at);
      }
    }
  }

  function mayTell(api: string, { credentialId, window }: NearLimit, at: number): boolean {
    const tellings = told.get(nameOf(api, credentialId)) ?? [];
    const isTold = tellings.some(({ name, until }) => name === window.name && until > at);
    return !isTold && tellings.length < MOST_TOLD;
  }

  function noteTold(api: string, { credentialId, window, toldUntil }: NearLimit, at: number): void {
    const credential = nameOf(api, credentialId);
    const tellings = told.get(credential) ?? [];
    const telling = {
      name: window.name,
      until: toldUntil,
      keptUntil: Math.max(toldUntil, at + HOUR),
    };
    // The store knows what was told, too; and a verifier may have made up all that are here.
    if (tellings.length === 0 && told.size >= MOST_SEEN) told.clear();
    told.set(credential, [...tellings, telling]);
  }

  function forgetTold(at: number): void {
    for (const [credential, tellings] of told) {
      const kept = tellings.filter(({ keptUntil }) => keptUntil > at);
      if (kept.length === 0) told.delete(credential);
      else if (kept.length < tellings.length) told.set(credential, kept);
    }
  }

  const looking = startRepeating({
    everyMillis: EVERY_MILLIS,
    round: tell,
    onError: (error) => log.warn({ err: error }, "could not tell of limits that are near"),
  });

  function remember(api: string, credentialId: string, limit: Windows): void {
    let ofApi = seen.get(api);
    if (ofApi === undefined) {
      ofApi = new Map();
      seen.set(api, ofApi);
    }
    // A verifier may make them up: it pushes none of another API aside.
    if (ofApi.size < MOST_SEEN || ofApi.has(credentialId)) ofApi.set(credentialId, limit);
  }

  return {
    see(api, decision) {
      const { limit, principal } = decision;
      const credentialId = principal?.credentialId ?? null;
      if (limit === undefined || credentialId === null) return;
      // Other refusals tell of the limit of anybody at the address.
      if (decision.outcome === "deny" && decision.reason !== "rate_limited") return;
      remember(api, credentialId, limit);
    },
    seeReported: remember,
    look: () => looking.now(),
    stop: () => looking.stop(),
  };
}

function isNear({ limit, remaining, windowSeconds }: WindowState, percent: number): boolean {
  return windowSeconds >= SHORTEST_SECONDS && (limit - remaining) * 100 >= limit * percent;
}

function toldUntil({ resetAt, windowSeconds }: WindowState, at: number): number {
  const length = windowSeconds * 1000;
  // A verifier's clock may be ahead.
  return length < HOUR ? at + HOUR : Math.min(resetAt, at + length);
}

function nameOf(api: string, credentialId: string): string {
  return `${api} ${credentialId}`;
}
